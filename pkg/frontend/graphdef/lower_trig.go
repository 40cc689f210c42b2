package graphdef

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// trigonometry holds the functions that TFLite has no operators for, made of those that it has.
var trigonometry = []Op{
	{Name: "Tan", To: "SIN COS DIV", Lower: one((*Context).tan)},
	{Name: "Sinh", To: "TANH EXP NEG ADD MUL", Lower: one((*Context).sinh)},
	{Name: "Cosh", To: "EXP NEG ADD MUL", Lower: one((*Context).cosh)},
	{Name: "Asin", To: "SUB ADD MUL SQRT ATAN2", Lower: one((*Context).asin)},
	{Name: "Acos", To: "SUB ADD MUL SQRT ATAN2", Lower: one((*Context).acos)},
	{Name: "Atan", To: "FILL ATAN2", Lower: one((*Context).atan)},
	{Name: "Atan2", To: "ATAN2", Lower: plain("ATAN2")},
	{Name: "Asinh", To: "ABS MUL ADD SQRT DIV LOG SUB MINIMUM SIGN", Lower: one((*Context).asinh)},
	{Name: "Acosh", To: "SUB ADD SQRT MUL LOG MINIMUM", Lower: one((*Context).acosh)},
	{Name: "Atanh", To: "ABS SIGN SUB ADD DIV LOG MINIMUM MUL", Lower: one((*Context).atanh)},
}

func (c *Context) tan(x *ir.Value) *ir.Value {
	return c.apply("DIV", c.apply("SIN", x), c.apply("COS", x))
}

// sinh is tanh(x)·cosh(x), where nothing cancels near 0.
func (c *Context) sinh(x *ir.Value) *ir.Value {
	return c.apply("MUL", c.apply("TANH", x), c.cosh(x))
}

func (c *Context) cosh(x *ir.Value) *ir.Value {
	sum := c.apply("ADD", c.apply("EXP", x), c.apply("EXP", c.apply("NEG", x)))
	return c.apply("MUL", sum, c.number(x, 0.5))
}

// cathetus is √(1 - x²), as √((1 - x)·(1 + x)), which is accurate near 1.
func (c *Context) cathetus(x *ir.Value) *ir.Value {
	one := c.number(x, 1)
	return c.apply("SQRT", c.apply("MUL", c.apply("SUB", one, x), c.apply("ADD", x, one)))
}

func (c *Context) asin(x *ir.Value) *ir.Value { return c.apply("ATAN2", x, c.cathetus(x)) }

func (c *Context) acos(x *ir.Value) *ir.Value { return c.apply("ATAN2", c.cathetus(x), x) }

func (c *Context) atan(x *ir.Value) *ir.Value { return c.apply("ATAN2", x, c.filled(x, 1)) }

// filled is a tensor of x's type and shape with one number in it.
func (c *Context) filled(x *ir.Value, number float64) *ir.Value {
	return c.Emit("FILL", nil, c.Emit("SHAPE", &op.Shape{OutType: i32}, x), c.number(x, number))
}

// asinh is the sign of x times ln(a + √(a² + 1)) for a = |x|, as log1p(a + a²/(1 + √(a² + 1))), which is accurate near 0.
func (c *Context) asinh(x *ir.Value) *ir.Value {
	a, one := c.abs(x), c.number(x, 1)
	root := c.apply("SQRT", c.apply("ADD", c.apply("MUL", a, a), one))
	rest := c.apply("MUL", a, c.apply("DIV", a, c.apply("ADD", root, one)))
	return c.apply("MUL", c.sign(x), c.log1p(c.apply("ADD", a, rest)))
}

// acosh is ln(x + √(x² - 1)), as log1p(t + √t·√(x + 1)) for t = x - 1, which is accurate near 1.
func (c *Context) acosh(x *ir.Value) *ir.Value {
	t := c.apply("SUB", x, c.number(x, 1))
	root := c.apply("MUL", c.apply("SQRT", t), c.apply("SQRT", c.apply("ADD", x, c.number(x, 1))))
	return c.log1p(c.apply("ADD", t, root))
}

// atanh is the sign of x times ½·ln((1 + a)/(1 - a)) for a = |x|, as ½·log1p(2a/(1 - a)).
func (c *Context) atanh(x *ir.Value) *ir.Value {
	a := c.abs(x)
	ratio := c.apply("DIV", c.apply("ADD", a, a), c.apply("SUB", c.number(x, 1), a))
	return c.apply("MUL", c.log1p(ratio), c.apply("MUL", c.sign(x), c.number(x, 0.5)))
}
