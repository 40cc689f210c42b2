package kernel

import "math/bits"

// S8Quotient is DIV of int8 operands, as TFLite's kernel computes it. That shifts by more than 31 where a dividend is small against the divisor, and then gives results
// that are off by one for 0 and anything for others, the same on x86 and ARM: what models get where they run is more than what they should get.
type S8Quotient struct {
	XZero, YZero int32
	M            int32 // the operands' scales' quotient over the result's scale is M * 2^(Shift-31)
	Shift        int
	Zero, Lo, Hi int32
}

// Row is a Row. A divisor must not stand for 0; the result is Zero where it does.
func (q *S8Quotient) Row(dst, a, b []int8) {
	stretch(dst, a, b, func(a, b int8) int8 {
		x, y := int32(a)-q.XZero, int32(b)-q.YZero
		if y == 0 {
			return int8(min(max(q.Zero, q.Lo), q.Hi))
		}
		if y < 0 {
			x, y = -x, -y
		}
		inverse, shift := reciprocal(y, 31)
		headroom := bits.LeadingZeros32(uint32(x^x>>31)) - 1
		quotient := shiftAny(HighMul(HighMul(x<<headroom, inverse), q.M), max(shift+headroom-q.Shift, 0))
		return int8(min(max(quotient+q.Zero, q.Lo), q.Hi))
	})
}

// shiftAny is ShiftRound with what gemmlowp's code comes to for an n in [32, 63]: the shift is taken modulo 32, and what is not negative counts as rounded up.
func shiftAny(x int32, n int) int32 {
	if n < 32 {
		return ShiftRound(x, n)
	}
	y := x >> (n - 32)
	if x >= 0 {
		y++
	}
	return y
}
