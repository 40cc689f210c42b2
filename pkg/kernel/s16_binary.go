package kernel

import "math"

// S16Sum are ADD and SUB of int16 operands of any scales. As S8Sum, but with a unit of 2^15.
type S16Sum struct {
	X, Y, Out Multiplier
	Sign      int32 // -1 for a difference
	Lo, Hi    int32
}

// S16SumUnit is 2^15, by which operands are multiplied before they are rescaled to the common scale.
const S16SumUnit = 1 << 15

// Row is a Row.
func (s *S16Sum) Row(dst, a, b []int16) {
	stretch(dst, a, b, func(x, y int16) int16 {
		sum := s.X.Rescale(int32(x)*S16SumUnit) + s.Sign*s.Y.Rescale(int32(y)*S16SumUnit)
		return int16(min(max(s.Out.Rescale(sum), s.Lo), s.Hi))
	})
}

// S16ShiftedSum are ADD and SUB of int16 operands of scales that are powers of two: each is divided by one, and rounded, halves away from zero.
type S16ShiftedSum struct {
	X, Y   int   // the powers' exponents, in [0, 15]
	Sign   int32 // -1 for a difference
	Lo, Hi int32
}

// Row is a Row.
func (s *S16ShiftedSum) Row(dst, a, b []int16) {
	stretch(dst, a, b, func(x, y int16) int16 {
		sum := ShiftRound(int32(x), s.X) + s.Sign*ShiftRound(int32(y), s.Y)
		return int16(min(max(sum, s.Lo), s.Hi))
	})
}

// S16Product is MUL of int16 operands: their product, rescaled.
type S16Product struct {
	Scale  Multiplier
	Lo, Hi int32
}

// Row is a Row.
func (p *S16Product) Row(dst, a, b []int16) {
	stretch(dst, a, b, func(x, y int16) int16 { return int16(min(max(p.Scale.Rescale(int32(x)*int32(y)), p.Lo), p.Hi)) })
}

// S16Rescale are operators on one int16: multiples of what is negative and of what is not, limited to [Lo, Hi].
type S16Rescale struct {
	Negative, Other Multiplier
	Opposite        bool // the negative ones' multiple has the other sign
	Lo, Hi          int32
}

// Apply stores the function of every element of src in dst, which may be src.
func (r *S16Rescale) Apply(dst, src []int16) {
	for i, q := range src[:len(dst)] {
		var v int32
		switch {
		case q >= 0:
			v = r.Other.Rescale(int32(q))
		case r.Opposite:
			v = -r.Negative.Rescale(int32(q))
		default:
			v = r.Negative.Rescale(int32(q))
		}
		dst[i] = int16(min(max(v, r.Lo), r.Hi))
	}
}

// S16Abs stores the magnitudes of src, rescaled if there is a scale, in dst; beyond the greatest int16 they are that.
func S16Abs(dst, src []int16, scale *Multiplier) {
	for i, q := range src[:len(dst)] {
		v := max(int32(q), -int32(q))
		if scale != nil {
			v = scale.Rescale(v)
		}
		dst[i] = int16(min(max(v, math.MinInt16), math.MaxInt16))
	}
}
