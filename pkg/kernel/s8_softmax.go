package kernel

// S8Softmax is SOFTMAX of int8 rows with results of scale 1/256 and zero point -128. It is immutable, and goroutines may share it.
type S8Softmax struct {
	exp [256]int32 // of the distance from the greatest element of a row, in Q0; 0 where it is too large to matter
}

// NewS8Softmax prepares a softmax. scale is the operand's scale times beta times 2^26, at least 1; differences below least count as minus infinity.
func NewS8Softmax(scale Multiplier, least int) *S8Softmax {
	s := new(S8Softmax)
	for i := range s.exp {
		if -i >= least {
			s.exp[i] = expNegative(scale.Rescale(-int32(i)))
		}
	}
	return s
}

// Run stores for each row of n elements of src the share of each element's power of e in the row's sum.
func (s *S8Softmax) Run(dst, src []int8, n int) {
	for at := 0; at+n <= len(src) && n > 0; at += n {
		row, out := src[at:at+n], dst[at:at+n]
		most := int8(-128)
		for _, q := range row {
			most = max(most, q)
		}
		sum := int32(0) // in Q12
		for _, q := range row {
			sum += ShiftRound(s.exp[int(most)-int(q)], 12)
		}
		scale, shift := reciprocal(sum, 12)
		for i, q := range row {
			p := ShiftRound(HighMul(scale, s.exp[int(most)-int(q)]), shift+31-8)
			out[i] = int8(min(max(p-128, -128), 127))
		}
	}
}
