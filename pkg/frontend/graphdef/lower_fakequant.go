package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// fakeQuants are the operators that round real numbers to those that integers of a few bits can stand for. Of constants that is done at once. Else it is QUANTIZE
// and DEQUANTIZE where their 8 bits are the operator's, and arithmetic where not.
var fakeQuants = []Op{
	{Name: "FakeQuantWithMinMaxArgs", To: rounding, Lower: func(c *Context) {
		c.fakeQuant(c.scalar(c.Float("min", -6)), c.scalar(c.Float("max", 6)))
	}},
	{Name: "FakeQuantWithMinMaxVars", To: rounding, Lower: func(c *Context) { c.fakeQuant(c.In(1), c.In(2)) }},
	{Name: "FakeQuantWithMinMaxVarsPerChannel", To: rounding, Lower: func(c *Context) { c.fakeQuant(c.In(1), c.In(2)) }},
	{Name: "QuantizeAndDequantizeV2", To: rounding, Lower: func(c *Context) { c.quantizeAndDequantize(c.Int("num_bits", 8)) }},
	{Name: "QuantizeAndDequantizeV3", To: rounding, Lower: func(c *Context) { c.quantizeAndDequantize(c.intOf(c.In(3), "the number of bits")) }},
	{Name: "QuantizeAndDequantizeV4", To: rounding, Lower: func(c *Context) { c.quantizeAndDequantize(c.Int("num_bits", 8)) }},
	{Name: "QuantizeV2", Note: "tensors of quantized types"},
	{Name: "Dequantize", Note: "tensors of quantized types"},
	{Name: "QuantizedConv2D", Note: "tensors of quantized types"},
	{Name: "QuantizedMatMul", Note: "tensors of quantized types"},
	{Name: "Requantize", Note: "tensors of quantized types"},
}

const rounding = "QUANTIZE DEQUANTIZE MINIMUM MAXIMUM SUB MUL DIV ADD FLOOR ROUND REDUCE_MIN REDUCE_MAX"

// fakeQuant rounds operand 0 to the numbers lo + i·scale, where i goes from 0, or from 1 where the range is narrow, to 2^bits - 1, and the range is moved so that
// 0 is one of them. The range is a scalar, or a vector for the last dimension.
func (c *Context) fakeQuant(lo, hi *ir.Value) {
	x, bits := c.In(0), c.Int("num_bits", 8)
	if bits < 2 || bits > 16 {
		build.Damaged("%d bits", bits)
	}
	narrow := c.Bool("narrow_range", false)
	least, most := float32(0), float32(int(1)<<bits-1)
	if narrow {
		least = 1
	}
	span := c.Emit("MAXIMUM", nil, c.sub(hi, lo), c.scalar(smallest)) // of an empty range all is 0
	scale, inverse := c.div(span, c.scalar(most-least)), c.div(c.scalar(most-least), span)
	zero := c.add(c.sub(c.scalar(least), c.div(lo, scale)), c.scalar(0.5))
	zero = c.clamped(c.Emit("FLOOR", nil, zero), least, most)
	if s, z := single32(scale), single32(zero); x.Const == nil && bits == 8 && !narrow && s > 0 && !math.IsInf(float64(s), 0) {
		c.Out(c.through(x, tensor.UInt8, s, int64(z)))
		return
	}
	lo, hi = c.mul(c.sub(c.scalar(least), zero), scale), c.mul(c.sub(c.scalar(most), zero), scale)
	x = c.Emit("MAXIMUM", nil, c.Emit("MINIMUM", nil, x, hi), lo)
	steps := c.Emit("FLOOR", nil, c.add(c.mul(c.sub(x, lo), inverse), c.scalar(0.5)))
	c.Out(c.add(c.mul(steps, scale), lo))
}

// single32 returns the one element of a constant, NaN if v is none.
func single32(v *ir.Value) float32 {
	if v.Const == nil || v.Type.DType != f32 || v.Const.Elements() != 1 {
		return float32(math.NaN())
	}
	return tensor.View[float32](v.Const)[0]
}

// through rounds x to what integers can stand for.
func (c *Context) through(x *ir.Value, d tensor.DType, scale float32, zero int64) *ir.Value {
	q := &ir.Value{Type: typed(d, x.Type.Shape...), Quant: quant.PerTensor(scale, zero)}
	c.EmitInto(c.name("quantize"), "QUANTIZE", nil, []*ir.Value{q}, x)
	return c.EmitAs("DEQUANTIZE", nil, []ir.Type{typed(f32, x.Type.Shape...)}, q)[0]
}

// quantizeAndDequantize rounds operand 0 to multiples of a scale, so that the range's greater side is a whole number of them. The range is that of
// operands 1 and 2, to which the result is limited, or that of operand 0 itself.
func (c *Context) quantizeAndDequantize(bits int) {
	x := c.In(0)
	if bits < 2 || bits > 24 {
		build.Damaged("%d bits", bits)
	}
	least, most := -float32(int(1)<<(bits-1)), float32(int(1)<<(bits-1)-1)
	signed, narrow, axis := c.Bool("signed_input", true), c.Bool("narrow_range", false), c.Int("axis", -1)
	if narrow {
		least++
	}
	if !signed {
		least, most = 0, float32(int(1)<<bits-1)
	}
	given := c.Bool("range_given", false)
	lo, hi := c.rangeOf(x, given, axis)
	// The scale is the greater of what the two sides need; a side of the other sign needs none.
	scale := c.div(hi, c.scalar(most))
	if signed {
		scale = c.Emit("MAXIMUM", nil, scale, c.div(lo, c.scalar(least)))
	}
	scale = c.Emit("MAXIMUM", nil, scale, c.scalar(smallest))
	half := c.String("round_mode", "HALF_TO_EVEN") == "HALF_UP"
	if s := single32(scale); x.Const == nil && given && bits == 8 && !narrow && !half && s > smallest {
		d := tensor.Int8
		if !signed {
			d = tensor.UInt8
		}
		c.Out(c.through(x, d, s, 0))
		return
	}
	if given {
		x = c.Emit("MAXIMUM", nil, c.Emit("MINIMUM", nil, x, c.mul(scale, c.scalar(most))), c.mul(scale, c.scalar(least)))
	}
	steps := c.mul(x, c.div(c.scalar(1), scale))
	if half {
		steps = c.Emit("FLOOR", nil, c.add(steps, c.scalar(0.5)))
	} else {
		steps = c.Emit("ROUND", nil, steps)
	}
	c.Out(c.mul(steps, scale))
}

// smallest is a scale that rounds nothing but 0 to 0, and whose inverse is finite.
const smallest = 1e-35

// rangeOf returns the bounds that are given by operands 1 and 2, or those of x: scalars, or as many as x has indices along an axis if that is not
// negative, in a shape that broadcasts.
func (c *Context) rangeOf(x *ir.Value, given bool, axis int) (lo, hi *ir.Value) {
	rank := len(x.Type.Shape)
	shape := make([]build.Dim, rank)
	var axes []int
	for i := range shape {
		if shape[i] = (build.Dim{Size: 1}); i != axis {
			axes = append(axes, i)
			continue
		}
		shape[i].Size = -1
	}
	if axis >= rank || axis < -1 {
		build.Damaged("%v has no dimension %d", x.Type, axis)
	}
	if !given {
		attr := &op.Reduce{KeepDims: axis >= 0}
		over := c.Ints(c.name("axes"), axes...)
		return c.Emit("REDUCE_MIN", attr, x, over), c.Emit("REDUCE_MAX", attr, x, over)
	}
	lo, hi = c.In(1), c.In(2)
	if axis >= 0 {
		lo, hi = c.Reshape(c.name("lo"), lo, shape), c.Reshape(c.name("hi"), hi, shape)
	}
	return lo, hi
}
