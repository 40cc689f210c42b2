package kernel

import "math"

// s8Vector is a Row on int8 as variants compute it.
type s8Vector struct {
	code       s8RowCode
	swapped    bool // the operands
	parameters s8RowParameters
}

// s8RowCode names a Row on int8 that has a variant.
type s8RowCode uint8

const (
	s8SumRow s8RowCode = iota
	s8DifferenceRow
	s8SquaredDifferenceRow
	s8ProductRow
	s8PreluRow
	s8MaximumRow
	s8MinimumRow
)

// s8RowParameters are numbers, each repeated for whole registers. The kernels know their order.
type s8RowParameters [s8ParameterCount][8]uint32

const (
	s8XZero = iota
	s8YZero
	s8Move           // is added to a sum
	s8Low            // the lower 16 bits
	s8First          // multiplier
	s8Second         = s8First + 5
	s8ResultZero     = s8Second + 5
	s8ResultLo       = s8ResultZero + 1
	s8ResultHi       = s8ResultLo + 1
	s8ParameterCount = s8ResultHi + 1

	s8InvertX, s8InvertY = s8XZero, s8Low // the bits that a difference inverts
)

// words sets a parameter of 32 bits.
func (p *s8RowParameters) words(i int, v int32) {
	for k := range p[i] {
		p[i][k] = uint32(v)
	}
}

// multiplier sets the parameters of a multiplier of numbers, shifted left by up before, that are no further from zero than most. It reports whether the kernels can compute
// with it.
func (p *s8RowParameters) multiplier(i int, m Multiplier, up int, most int64) bool {
	p.words(i, int32(m.m))
	for k := 0; k < len(p[i+1]); k += 2 { // half a unit of the first rounding, and of the second
		p[i+1][k], p[i+1][k+1] = 1<<31, uint32(m.half)
	}
	p.words(i+2, int32(m.left)+int32(up)+1)
	p.words(i+3, int32(m.right))
	p.words(i+4, int32(m.less))
	shifted := most << (int(m.left) + up)
	return int(m.left)+up+1 < 32 && shifted < 1<<30 && shifted*m.m>>31+m.half < math.MaxInt32
}

// result sets what is added to results at last, and their limits.
func (p *s8RowParameters) result(zero, lo, hi int32) bool {
	p.words(s8ResultZero, zero&0xffff*(1<<16+1))
	p.words(s8ResultLo, lo&0xff*0x1010101)
	p.words(s8ResultHi, hi&0xff*0x1010101)
	return -128 <= zero && zero <= 127 && -128 <= lo && lo <= hi && hi <= 127
}

// isHalf reports whether a multiplier is 1/2.
func (m *Multiplier) isHalf() bool { return m.m == 1<<30 && m.left == 0 && m.right == 0 }

// vector returns what variants compute, or nil: one of the operands must be rescaled by 1/2. That is exact and thus no more than a shift, and may be
// computed of the operand with its zero point, which is subtracted from the sum.
func (s *S8Sum) vector(xZero, yZero int32, x, y Multiplier, sign int32) *s8Vector {
	v := &s8Vector{code: s8SumRow}
	negX, negY := false, sign < 0
	if !x.isHalf() {
		v.swapped = true
		xZero, yZero, x, y, negX, negY = yZero, xZero, y, x, negY, negX
	}
	p := &v.parameters
	move := -xZero << (sumShift - 1)
	if sign < 0 {
		v.code = s8DifferenceRow
		if negX { // the opposite of x is the number of its inverted bits and 1
			p.words(s8InvertX, -1)
			move = (xZero + 1) << (sumShift - 1)
		}
		if negY {
			p.words(s8InvertY, -1)
			move++
		}
	}
	p.words(s8YZero, yZero)
	p.words(s8Move, move)
	if !x.isHalf() || !p.multiplier(s8First, y, sumShift, 255) || !p.multiplier(s8Second, s.out, 0, 1<<(sumShift+8)) || !p.result(s.zero, s.lo, s.hi) {
		return nil
	}
	return v
}

// vector is as that of S8Sum.
func (d *S8SquaredDifference) vector(xZero, yZero int32, x, y Multiplier) *s8Vector {
	const most = 255 * S8DifferenceUnit // of a difference: half of it from each operand
	v := &s8Vector{code: s8SquaredDifferenceRow}
	if !x.isHalf() {
		v.swapped = true
		xZero, yZero, x, y = yZero, xZero, y, x
	}
	p := &v.parameters
	p.operands(xZero, yZero)
	if !x.isHalf() || !p.multiplier(s8First, y, 7, 255) || !p.multiplier(s8Second, d.out, 0, most*most) || !p.result(d.zero, -128, 127) {
		return nil
	}
	return v
}

func (p *S8Product) vector() *s8Vector {
	v := &s8Vector{code: s8ProductRow}
	to := &v.parameters
	to.operands(p.XZero, p.YZero)
	if !to.multiplier(s8First, p.Scale, 0, 255*255) || !to.result(p.Zero, p.Lo, p.Hi) {
		return nil
	}
	return v
}

func (p *S8Prelu) vector() *s8Vector {
	v := &s8Vector{code: s8PreluRow}
	to := &v.parameters
	to.operands(p.XZero, p.YZero)
	if !to.multiplier(s8First, p.Same, 0, 255) || !to.multiplier(s8Second, p.Slope, 0, 255*255) || !to.result(p.Zero, -128, 127) {
		return nil
	}
	return v
}

// operands sets zero points, and what keeps the lower bits of an operand.
func (p *s8RowParameters) operands(xZero, yZero int32) {
	p.words(s8XZero, xZero)
	p.words(s8YZero, yZero)
	p.words(s8Low, 0xffff)
}
