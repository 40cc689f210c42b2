package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// scans are the operators whose results hold what was joined so far along an axis.
var scans = []Op{
	{Name: "Cumsum", To: "CUMSUM CAST", Lower: inFloat32(lowerCumsum)},
	{Name: "Cumprod", To: "SLICE PADV2 MUL", Lower: inFloat32(func(c *Context) {
		c.Out(c.scan(c.In(0), 1, func(a, b *ir.Value) *ir.Value { return c.apply("MUL", a, b) }))
	}), Note: "along an axis of known length"},
	{Name: "CumulativeLogsumexp", To: "SLICE PADV2 MAXIMUM SUB EXP ADD LOG", Lower: inFloat32(func(c *Context) {
		c.Out(c.scan(c.In(0), -math.MaxFloat32, c.logAddExp))
	}), Note: "along an axis of known length"},
}

// summable lists the element types that CUMSUM takes.
var summable = elementwise{types: "f32 i32 i64", wraps: true}

func lowerCumsum(c *Context) {
	x, axis := c.In(0), c.In(1)
	d := x.Type.DType
	via := summable.via(d)
	if via == tensor.Invalid {
		build.Refuse("running sums of %v are not possible in TFLite%s", d, wayOut(d))
	}
	attr := &op.Cumsum{Exclusive: c.Bool("exclusive", false), Reverse: c.Bool("reverse", false)}
	if len(x.Type.Shape) == 0 {
		build.Damaged("the operand is a scalar")
	}
	c.Out(c.castTo(c.Emit("CUMSUM", attr, c.castTo(x, via), c.index32(axis)), d))
}

// scan joins along an axis of n elements in log₂ n steps: after each, an element stands for twice as many of those before it. nothing is what join takes to be
// no element.
func (c *Context) scan(x *ir.Value, nothing float64, join func(a, b *ir.Value) *ir.Value) *ir.Value {
	axis := c.axis(c.In(1), len(x.Type.Shape))
	n := x.Type.Shape[axis]
	if n < 0 {
		build.Refuse("the length of the axis must be known when converting")
	}
	back := c.Bool("reverse", false)
	if c.Bool("exclusive", false) {
		x = c.shifted(x, axis, min(1, n), back, nothing)
	}
	for by := 1; by < n; by *= 2 {
		x = join(x, c.shifted(x, axis, by, back, nothing))
	}
	return x
}

// shifted moves the elements along an axis by some places, to the front if back is set, and fills up with a number.
func (c *Context) shifted(x *ir.Value, axis, by int, back bool, number float64) *ir.Value {
	rank := len(x.Type.Shape)
	begin, size, pads := make([]int, rank), make([]int, rank), make([]int32, 2*rank)
	for i := range size {
		size[i] = -1
	}
	size[axis] = x.Type.Shape[axis] - by
	pads[2*axis] = int32(by)
	if back {
		begin[axis] = by
		pads[2*axis], pads[2*axis+1] = 0, int32(by)
	}
	kept := c.Emit("SLICE", nil, x, c.Ints(c.name("begin"), begin...), c.Ints(c.name("size"), size...))
	return c.Emit("PADV2", nil, kept, c.Const(c.name("pads"), tensor.I32(tensor.Shape{rank, 2}, pads...)), c.number(x, number))
}

// logAddExp is ln(e^a + e^b), as m + ln(e^(a-m) + e^(b-m)) for the greater m.
func (c *Context) logAddExp(a, b *ir.Value) *ir.Value {
	m := c.apply("MAXIMUM", a, b)
	sum := c.apply("ADD", c.apply("EXP", c.apply("SUB", a, m)), c.apply("EXP", c.apply("SUB", b, m)))
	return c.apply("ADD", m, c.apply("LOG", sum))
}
