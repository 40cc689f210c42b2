package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// gradients are the operators that training adds, as far as they are elementwise.
var gradients = []Op{
	{Name: "SigmoidGrad", To: "SUB MUL", Lower: two(func(c *Context, y, dy *ir.Value) *ir.Value {
		return c.apply("MUL", c.apply("MUL", dy, y), c.apply("SUB", c.number(y, 1), y))
	})},
	{Name: "TanhGrad", To: "MUL SUB SQUARE", Lower: two(func(c *Context, y, dy *ir.Value) *ir.Value {
		return c.apply("MUL", dy, c.apply("SUB", c.number(y, 1), c.square(y)))
	})},
	{Name: "SqrtGrad", To: "MUL DIV EQUAL SELECT SELECT_V2", Note: "0 where the gradient is 0", Lower: two(func(c *Context, y, dy *ir.Value) *ir.Value {
		return c.where("EQUAL", dy, 0, dy, c.apply("DIV", c.apply("MUL", dy, c.number(y, 0.5)), y))
	})},
	{Name: "RsqrtGrad", To: "MUL SQUARE", Lower: two(func(c *Context, y, dy *ir.Value) *ir.Value {
		return c.apply("MUL", c.apply("MUL", dy, c.number(y, -0.5)), c.apply("MUL", y, c.square(y)))
	})},
	{Name: "ReciprocalGrad", To: "MUL NEG SQUARE", Lower: two((*Context).reciprocalGradient)},
	{Name: "InvGrad", To: "MUL NEG SQUARE", Lower: two((*Context).reciprocalGradient)},
	{Name: "ReluGrad", To: "GREATER SELECT SELECT_V2", Lower: two(func(c *Context, dy, x *ir.Value) *ir.Value {
		return c.where("GREATER", x, 0, dy, c.number(dy, 0))
	})},
	{Name: "Relu6Grad", To: "GREATER LESS LOGICAL_AND SELECT SELECT_V2", Lower: two(func(c *Context, dy, x *ir.Value) *ir.Value {
		inside := c.apply("LOGICAL_AND", c.apply("GREATER", x, c.number(x, 0)), c.apply("LESS", x, c.number(x, 6)))
		return c.either(inside, dy, c.number(dy, 0))
	})},
	{Name: "LeakyReluGrad", To: "GREATER MUL SELECT SELECT_V2", Lower: two(func(c *Context, dy, x *ir.Value) *ir.Value {
		return c.where("GREATER", x, 0, dy, c.apply("MUL", dy, c.number(dy, float64(c.Float("alpha", 0.2)))))
	})},
	{Name: "EluGrad", To: "LESS ADD MUL SELECT SELECT_V2", Lower: two(func(c *Context, dy, y *ir.Value) *ir.Value {
		return c.where("LESS", y, 0, c.apply("MUL", dy, c.apply("ADD", y, c.number(y, 1))), dy)
	})},
	{Name: "SeluGrad", To: "LESS ADD MUL SELECT SELECT_V2", Lower: two(func(c *Context, dy, y *ir.Value) *ir.Value {
		const scale, scaleAlpha = 1.0507009873554804934193349852946, 1.7580993408473768599402175208123
		low := c.apply("MUL", dy, c.apply("ADD", y, c.number(y, scaleAlpha)))
		return c.where("LESS", y, 0, low, c.apply("MUL", dy, c.number(dy, scale)))
	})},
	{Name: "SoftplusGrad", To: "LOGISTIC MUL", Lower: two(func(c *Context, dy, x *ir.Value) *ir.Value {
		return c.apply("MUL", dy, c.apply("LOGISTIC", x))
	})},
	{Name: "SoftsignGrad", To: "ABS ADD SQUARE MUL DIV", Lower: two(func(c *Context, dy, x *ir.Value) *ir.Value {
		return c.apply("DIV", dy, c.square(c.apply("ADD", c.abs(x), c.number(x, 1))))
	})},
	{Name: "BroadcastGradientArgs", Results: []string{"r0", "r1"}, Note: "only of known shapes", Lower: lowerBroadcastGradientArgs},
}

// where is a where x compares with a number, else b.
func (c *Context) where(compare string, x *ir.Value, number float64, a, b *ir.Value) *ir.Value {
	return c.either(c.apply(compare, x, c.number(x, number)), a, b)
}

// reciprocalGradient is -dy·y².
func (c *Context) reciprocalGradient(y, dy *ir.Value) *ir.Value {
	return c.apply("MUL", c.apply("NEG", dy), c.square(y))
}

// lowerBroadcastGradientArgs lists for two shapes the axes along which each is repeated when they broadcast.
func lowerBroadcastGradientArgs(c *Context) {
	var shapes [2][]int
	for i := range shapes {
		list, ok := c.Known(c.In(i))
		for _, d := range list {
			ok = ok && d != build.Unknown
		}
		if !ok {
			build.Refuse("the shapes must be known when converting")
		}
		shapes[i] = list
	}
	rank := max(len(shapes[0]), len(shapes[1]))
	var axes [2][]int32
	for axis := range rank {
		var d [2]int
		for i, s := range shapes {
			d[i] = 1
			if j := axis - (rank - len(s)); j >= 0 {
				d[i] = s[j]
			}
		}
		for i := range axes {
			if d[i] == 1 && (d[1-i] != 1 || len(shapes[i]) < rank && axis < rank-len(shapes[i]) || d[0] == d[1]) {
				axes[i] = append(axes[i], int32(axis))
			}
		}
	}
	t := c.In(0).Type.DType
	c.Out(
		c.castTo(c.Const(c.name("r0"), tensor.I32(tensor.Shape{len(axes[0])}, axes[0]...)), t),
		c.castTo(c.Const(c.name("r1"), tensor.I32(tensor.Shape{len(axes[1])}, axes[1]...)), t))
}
