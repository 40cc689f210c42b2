package graphdef

import (
	"math/bits"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// bitwises are the operators on the bits of integers. TFLite has XOR and a shift to the right; the others are exact sums of those.
var bitwises = []Op{
	{Name: "BitwiseXor", To: "BITWISE_XOR BITCAST", Lower: two(pairs((*Context).xor))},
	{Name: "BitwiseAnd", To: "BITWISE_XOR RIGHT_SHIFT FLOOR_MOD ADD SUB MUL CAST BITCAST", Lower: two(pairs((*Context).and))},
	{Name: "BitwiseOr", To: "BITWISE_XOR RIGHT_SHIFT FLOOR_MOD ADD SUB MUL CAST BITCAST", Lower: two(pairs((*Context).or))},
	{Name: "Invert", To: "BITWISE_XOR SUB", Lower: one((*Context).invert)},
	{Name: "LeftShift", To: "MUL POW MINIMUM MAXIMUM CAST", Lower: two((*Context).leftShift)},
	{Name: "RightShift", To: "RIGHT_SHIFT FLOOR_DIV CAST", Lower: two((*Context).rightShift)},
}

// pairs computes on integers of 64 bits as pairs of 32.
func pairs(f func(c *Context, x, y *ir.Value) *ir.Value) func(c *Context, x, y *ir.Value) *ir.Value {
	return func(c *Context, x, y *ir.Value) *ir.Value {
		d := x.Type.DType
		if d.Size() < 8 || x.Const != nil && y.Const != nil {
			return f(c, x, y)
		}
		return c.reread(f(c, c.reread(x, i32), c.reread(y, i32)), d)
	}
}

func (c *Context) xor(x, y *ir.Value) *ir.Value { return c.apply("BITWISE_XOR", x, y) }

// and is x & y.
//
// Of the halves a = x >> 1, b = y >> 1: a + b = (a ^ b) + 2·(a & b), and nothing overflows, so that x & y but for its lowest bit is a + b - (a ^ b).
func (c *Context) and(x, y *ir.Value) *ir.Value {
	if x.Const != nil {
		x, y = y, x
	}
	d := x.Type.DType
	switch d {
	case tensor.Int8, tensor.Int16, tensor.UInt8, tensor.UInt16:
		return c.castTo(c.and(c.castTo(x, i32), c.castTo(y, i32)), d)
	case tensor.UInt32:
		return c.relabel(c.and(c.relabel(x, i32), c.relabel(y, i32)), d)
	case i64:
		return c.reread(c.and(c.reread(x, i32), c.reread(y, i32)), d)
	case i32:
	default:
		build.Refuse("bits of %v", d)
	}
	if mask, ok := c.Known(y); ok && len(mask) == 1 && mask[0] != build.Unknown {
		switch m := int32(mask[0]); {
		case m == -1<<31: // see signBitOf
			return c.apply("MUL", c.apply("RIGHT_SHIFT", x, c.number(x, 31)), c.number(x, -1<<31))
		case m > 0 && m&(m+1) == 0 && m < 1<<30: // low bits
			return c.apply("FLOOR_MOD", x, c.number(x, float64(m)+1))
		case m < 0 && bits.OnesCount32(uint32(m))+bits.TrailingZeros32(uint32(m)) == 32 && m != -1: // high bits
			return c.apply("SUB", x, c.apply("FLOOR_MOD", x, c.number(x, -float64(m))))
		}
	}
	one, two := c.number(x, 1), c.number(x, 2)
	a, b := c.apply("RIGHT_SHIFT", x, one), c.apply("RIGHT_SHIFT", y, one)
	high := c.apply("SUB", c.apply("ADD", a, b), c.apply("BITWISE_XOR", a, b))
	low := c.apply("MUL", c.apply("FLOOR_MOD", x, two), c.apply("FLOOR_MOD", y, two))
	return c.apply("ADD", high, low)
}

// or is x | y = (x ^ y) + (x & y).
func (c *Context) or(x, y *ir.Value) *ir.Value {
	return c.apply("ADD", c.xor(x, y), c.and(x, y))
}

// invert is ~x = -1 - x.
func (c *Context) invert(x *ir.Value) *ir.Value {
	if elementwises["SUB"].takes(x.Type.DType) {
		return c.apply("SUB", c.number(x, -1), x)
	}
	ones := -1.0
	switch d := x.Type.DType; d {
	case tensor.UInt8, tensor.UInt16, tensor.UInt32:
		ones = float64(uint(1)<<d.Bits() - 1)
	}
	return c.apply("BITWISE_XOR", x, c.number(x, ones))
}

// leftShift is x·2^y, with y limited to the bits that there are.
func (c *Context) leftShift(x, y *ir.Value) *ir.Value {
	if by, ok := c.Known(y); ok && len(by) == 1 && by[0] >= 0 && by[0] < min(x.Type.DType.Bits(), 53) {
		return c.apply("MUL", x, c.number(x, float64(uint64(1)<<by[0])))
	}
	if d := x.Type.DType; d.Size() < 8 {
		by := c.castTo(y, i32)
		by = c.apply("MINIMUM", c.apply("MAXIMUM", by, c.number(by, 0)), c.number(by, float64(d.Bits()-1)))
		power := c.apply("POW", c.number(by, 2), by)
		return c.castTo(c.apply("MUL", c.castTo(x, i32), power), d)
	}
	return c.apply("MUL", x, c.apply("POW", c.number(x, 2), y))
}

// rightShift keeps the sign. Integers of 64 bits take it where they are narrow.
func (c *Context) rightShift(x, y *ir.Value) *ir.Value {
	if x.Type.DType != i64 || x.Const != nil && y.Const != nil {
		return c.apply("RIGHT_SHIFT", x, y)
	}
	if !c.fit32([]*ir.Value{x, y}) {
		build.Refuse("shifts of %v are not possible in TFLite", i64)
	}
	return c.castTo(c.apply("RIGHT_SHIFT", c.castTo(x, i32), c.castTo(y, i32)), i64)
}
