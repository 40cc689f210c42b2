package kernel

import "math"

// S8Softmax is SOFTMAX of int8 rows with results of scale 1/256 and zero point -128. It is immutable, and goroutines may share it.
type S8Softmax struct {
	exp  [256]int32 // of the distance from the greatest element of a row, in Q0; 0 where it is too large to matter
	term [256]int32 // the same in Q12
}

// NewS8Softmax prepares a softmax. scale is the operand's scale times beta times 2^26, at least 1; differences below least count as minus infinity.
func NewS8Softmax(scale Multiplier, least int) *S8Softmax {
	s := new(S8Softmax)
	for i := range s.exp {
		if -i >= least {
			s.exp[i] = expNegative(scale.Rescale(-int32(i)))
			s.term[i] = ShiftRound(s.exp[i], 12)
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
			sum += s.term[uint8(most-q)]
		}
		scale, shift := reciprocal(sum, 12)
		right := shift + 31 - 8
		if right > 31 { // more than 2^9 times the greatest term
			for i, q := range row {
				p := ShiftRound(HighMul(scale, s.exp[uint8(most-q)]), right)
				out[i] = int8(min(max(p-128, -128), 127))
			}
			continue
		}
		// Neither factor is negative, so that what both roundings add may be added before one shift. The latter is at least 1: a row has a greatest element.
		add := int64(1)<<(30+right) + 1<<30
		for i, q := range row {
			p := (int64(scale)*int64(s.exp[uint8(most-q)]) + add) >> ((31 + right) & 63)
			out[i] = int8(min(p, 255) - 128)
		}
	}
}

// S8LogSoftmax is LOG_SOFTMAX of int8 rows with results of scale 1/16 and zero point 127. It is immutable, and goroutines may share it.
type S8LogSoftmax struct {
	diff, exp [256]int32 // the distance from the greatest element of a row in Q5, and e to its power in Q12
	least     int32      // distances below this are not added up, and give the least result
	back      Multiplier // from Q5 to the operand's scale
}

// NewS8LogSoftmax prepares the operator. scale is the operand's scale times 2^26, at least 1, back its inverse; differences below least count as minus infinity.
func NewS8LogSoftmax(scale, back Multiplier, least int) *S8LogSoftmax {
	s := &S8LogSoftmax{least: int32(least), back: back}
	for i := range s.exp {
		if -i >= least {
			s.diff[i] = scale.Rescale(-int32(i))
			s.exp[i] = ShiftRound(expNegative(s.diff[i]), 12)
		}
	}
	return s
}

// Run stores for each row of n elements of src each element less the logarithm of the sum of the powers of e.
func (s *S8LogSoftmax) Run(dst, src []int8, n int) {
	for at := 0; at+n <= len(src) && n > 0; at += n {
		row, out := src[at:at+n], dst[at:at+n]
		most := int8(-128)
		for _, q := range row {
			most = max(most, q)
		}
		sum := int32(0)
		for _, q := range row {
			sum += s.exp[int(most)-int(q)]
		}
		log := logAboveOne(sum)
		floor := max(s.least-1, s.back.Rescale(log+math.MinInt32))
		for i, q := range row {
			d := int(most) - int(q)
			out[i] = -128
			if -int32(d) > floor {
				out[i] = int8(min(max(ShiftRound(s.diff[d]-log, 31-5-4)+127, -128), 127))
			}
		}
	}
}

// S8L2Normalize stores each row of n elements of src, of the given zero point, over its Euclidean norm in dst, of scale 1/128 and zero point 0.
func S8L2Normalize(dst, src []int8, n int, zero int32) {
	for at := 0; at+n <= len(src) && n > 0; at += n {
		sum := int32(0)
		for _, q := range src[at : at+n] {
			v := int32(q) - zero
			sum += v * v
		}
		m, shift := invSqrt(max(sum, 0))
		scale := NewMultiplier(m, shift+7)
		for i, q := range src[at : at+n] {
			dst[at+i] = int8(min(max(scale.Rescale(int32(q)-zero), -128), 127))
		}
	}
}
