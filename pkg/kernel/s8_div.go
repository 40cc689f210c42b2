package kernel

import "math/bits"

// S8Quotient is DIV of int8 operands.
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
		quotient := HighMul(HighMul(x<<headroom, inverse), q.M)
		quotient = ShiftRound(quotient, min(max(shift+headroom-q.Shift, 0), 31))
		return int8(min(max(quotient+q.Zero, q.Lo), q.Hi))
	})
}
