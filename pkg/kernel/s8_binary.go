package kernel

// S8Sum are ADD and SUB of int8 operands, each with parameters of its own.
//
// As in TFLite: both operands, less their zero points and times 2^20, are rescaled to a common scale, which is twice the greater of theirs; their sum, or difference, is rescaled to the
// result's scale.
type S8Sum struct {
	x, y         [256]int32 // rescaled operands
	out          Multiplier
	zero, lo, hi int32
	fast         *s8Vector // nil where there is no variant
}

// sumShift is how far operands are shifted left before they are rescaled.
const sumShift = 20

// S8SumUnit is 2^20, what 1 becomes by that.
const S8SumUnit = 1 << sumShift

// NewS8Sum prepares a sum; sign is -1 for a difference. x, y and out are the multipliers of the operands and the result.
func NewS8Sum(xZero, yZero int32, x, y, out Multiplier, sign int32, zero, lo, hi int32) *S8Sum {
	s := &S8Sum{out: out, zero: zero, lo: lo, hi: hi}
	for i := range s.x {
		q := int32(i) - 128
		s.x[i] = x.Rescale((q - xZero) << sumShift)
		s.y[i] = sign * y.Rescale((q-yZero)<<sumShift)
	}
	s.fast = s.vector(xZero, yZero, x, y, sign)
	return s
}

// Row is a Row.
func (s *S8Sum) Row(dst, a, b []int8) {
	if s.fast.row(dst, a, b) {
		return
	}
	if line := lineOf(len(dst), a, b); line > 0 {
		for i := 0; i < len(dst); i += line {
			s.Row(dst[i:i+line], lineAt(a, i, line), lineAt(b, i, line))
		}
		return
	}
	switch {
	case len(a) == len(b):
		b = b[:len(dst)]
		for i, x := range a[:len(dst)] {
			dst[i] = s.of(s.x[int(x)+128] + s.y[int(b[i])+128])
		}
	case len(b) == 1:
		y := s.y[int(b[0])+128]
		for i, x := range a[:len(dst)] {
			dst[i] = s.of(s.x[int(x)+128] + y)
		}
	default:
		x := s.x[int(a[0])+128]
		for i, y := range b[:len(dst)] {
			dst[i] = s.of(x + s.y[int(y)+128])
		}
	}
}

func (s *S8Sum) of(sum int32) int8 {
	return int8(min(max(s.out.Rescale(sum)+s.zero, s.lo), s.hi))
}

// S8SquaredDifference is SQUARED_DIFFERENCE of int8 operands: the square of their difference at a common scale, which is computed as by S8Sum but with 2^7.
type S8SquaredDifference struct {
	x, y [256]int32
	out  Multiplier
	zero int32
	fast *s8Vector
}

// S8DifferenceUnit is 2^7, by which the operands of S8SquaredDifference are multiplied before they are rescaled.
const S8DifferenceUnit = 1 << 7

// NewS8SquaredDifference prepares a squared difference; see NewS8Sum.
func NewS8SquaredDifference(xZero, yZero int32, x, y, out Multiplier, zero int32) *S8SquaredDifference {
	d := &S8SquaredDifference{out: out, zero: zero}
	for i := range d.x {
		q := int32(i) - 128
		d.x[i], d.y[i] = x.Rescale((q-xZero)*S8DifferenceUnit), y.Rescale((q-yZero)*S8DifferenceUnit)
	}
	d.fast = d.vector(xZero, yZero, x, y)
	return d
}

// Row is a Row.
func (d *S8SquaredDifference) Row(dst, a, b []int8) {
	if d.fast.row(dst, a, b) {
		return
	}
	stretch(dst, a, b, func(x, y int8) int8 {
		v := d.x[int(x)+128] - d.y[int(y)+128]
		return int8(min(max(d.out.Rescale(v*v)+d.zero, -128), 127))
	})
}

// S8Product is MUL of int8 operands.
type S8Product struct {
	XZero, YZero int32
	Scale        Multiplier
	Zero, Lo, Hi int32
	fast         *s8Vector
}

// NewS8Product prepares a product.
func NewS8Product(p S8Product) *S8Product {
	p.fast = p.vector()
	return &p
}

// Row is a Row: the product of both operands less their zero points, rescaled.
func (p *S8Product) Row(dst, a, b []int8) {
	if p.fast.row(dst, a, b) {
		return
	}
	stretch(dst, a, b, func(x, y int8) int8 {
		v := p.Scale.Rescale((int32(x)-p.XZero)*(int32(y)-p.YZero)) + p.Zero
		return int8(min(max(v, p.Lo), p.Hi))
	})
}

// S8Prelu is PRELU of an int8 operand with int8 slopes: x less its zero point, rescaled by Same, where that is not negative, else its product with
// the slope, rescaled by Slope.
type S8Prelu struct {
	XZero, YZero int32
	Same, Slope  Multiplier
	Zero         int32
	fast         *s8Vector
}

// NewS8Prelu prepares the operator.
func NewS8Prelu(p S8Prelu) *S8Prelu {
	p.fast = p.vector()
	return &p
}

// Row is a Row.
func (p *S8Prelu) Row(dst, a, b []int8) {
	if p.fast.row(dst, a, b) {
		return
	}
	stretch(dst, a, b, func(x, y int8) int8 {
		v := int32(x) - p.XZero
		if v >= 0 {
			v = p.Same.Rescale(v)
		} else {
			v = p.Slope.Rescale(v * (int32(y) - p.YZero))
		}
		return int8(min(max(v+p.Zero, -128), 127))
	})
}

var s8Greater, s8Lesser = s8Vector{code: s8MaximumRow}, s8Vector{code: s8MinimumRow}

// S8Maximum is MAXIMUM of int8 operands of the same parameters, a Row.
func S8Maximum(dst, a, b []int8) {
	if !s8Greater.row(dst, a, b) {
		Maximum(dst, a, b)
	}
}

// S8Minimum is S8Maximum for MINIMUM.
func S8Minimum(dst, a, b []int8) {
	if !s8Lesser.row(dst, a, b) {
		Minimum(dst, a, b)
	}
}
