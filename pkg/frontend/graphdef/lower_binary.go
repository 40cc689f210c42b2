package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// binaries are the operators on pairs of elements.
var binaries = []Op{
	{Name: "Add", To: "ADD", Lower: two((*Context).plus)},
	{Name: "AddV2", To: "ADD", Lower: two((*Context).plus)},
	{Name: "Sub", To: "SUB", Lower: two((*Context).minus)},
	{Name: "Mul", To: "MUL", Lower: two((*Context).times)},
	{Name: "Div", To: "DIV MUL REAL", Lower: two((*Context).over)},
	{Name: "RealDiv", To: "DIV MUL REAL", Lower: two((*Context).over)},
	{Name: "TruncateDiv", To: "DIV LESS CEIL FLOOR SELECT SELECT_V2", Lower: two((*Context).truncateDiv)},
	{Name: "FloorDiv", To: "FLOOR_DIV", Lower: plain("FLOOR_DIV")},
	{Name: "FloorMod", To: "FLOOR_MOD", Lower: plain("FLOOR_MOD")},
	{Name: "Mod", To: "DIV MUL SUB ABS NEG MAXIMUM FLOOR_MOD SIGN MINIMUM", Lower: two((*Context).truncateMod)},
	{Name: "TruncateMod", To: "DIV MUL SUB ABS NEG MAXIMUM FLOOR_MOD SIGN MINIMUM", Lower: two((*Context).truncateMod)},
	{Name: "Maximum", To: "MAXIMUM", Lower: plain("MAXIMUM")},
	{Name: "Minimum", To: "MINIMUM", Lower: plain("MINIMUM")},
	{Name: "Pow", To: "POW MUL SQRT RSQRT", Lower: two((*Context).pow)},
	{Name: "SquaredDifference", To: "SQUARED_DIFFERENCE SUB SQUARE MUL", Lower: two((*Context).squaredDifference)},
	{Name: "DivNoNan", To: "EQUAL DIV SELECT SELECT_V2", Lower: two(noNaN("DIV"))},
	{Name: "MulNoNan", To: "EQUAL MUL SELECT SELECT_V2", Lower: two(noNaN("MUL"))},
	{Name: "Xdivy", To: "EQUAL DIV SELECT SELECT_V2", Lower: two(zeroFirst(func(c *Context, x, y *ir.Value) *ir.Value { return c.over(x, y) }))},
	{Name: "Xlogy", To: "EQUAL LOG MUL SELECT SELECT_V2", Lower: two(zeroFirst(func(c *Context, x, y *ir.Value) *ir.Value {
		return c.apply("MUL", c.apply("LOG", y), x)
	}))},
	{Name: "Xlog1py", To: "EQUAL ADD LOG MINIMUM SUB MUL SELECT SELECT_V2", Lower: two(zeroFirst(func(c *Context, x, y *ir.Value) *ir.Value {
		return c.apply("MUL", c.log1p(y), x)
	}))},
	{Name: "AddN", To: "ADD_N ADD", Lower: lowerAddN},
	{Name: "AccumulateNV2", To: "ADD_N ADD", Lower: lowerAddN},
	{Name: "ClipByValue", To: "MINIMUM MAXIMUM", Lower: inFloat32(lowerClip)},
	{Name: "Cross", To: "GATHER MUL SUB", Lower: two((*Context).cross)},
}

// two makes the rule of an operator of two operands.
func two(f func(c *Context, x, y *ir.Value) *ir.Value) func(*Context) {
	return inFloat32(func(c *Context) { c.Out(f(c, c.In(0), c.In(1))) })
}

func (c *Context) plus(x, y *ir.Value) *ir.Value {
	if x.Type.DType == tensor.Complex64 {
		return c.onParts("ADD", x, y)
	}
	return c.apply("ADD", x, y)
}

func (c *Context) minus(x, y *ir.Value) *ir.Value {
	if x.Type.DType == tensor.Complex64 {
		return c.onParts("SUB", x, y)
	}
	return c.apply("SUB", x, y)
}

func (c *Context) times(x, y *ir.Value) *ir.Value {
	if x.Type.DType == tensor.Complex64 {
		return c.complexMul(x, y)
	}
	return c.apply("MUL", x, y)
}

func (c *Context) over(x, y *ir.Value) *ir.Value {
	if x.Type.DType == tensor.Complex64 {
		return c.complexDiv(x, y)
	}
	return c.apply("DIV", x, y)
}

// truncateDiv rounds the quotient towards zero.
func (c *Context) truncateDiv(x, y *ir.Value) *ir.Value {
	q := c.apply("DIV", x, y)
	if !x.Type.DType.Float() {
		return q
	}
	return c.either(c.apply("LESS", q, c.number(q, 0)), c.apply("CEIL", q), c.apply("FLOOR", q))
}

// truncateMod is the remainder with the sign of x.
func (c *Context) truncateMod(x, y *ir.Value) *ir.Value {
	switch d := x.Type.DType; {
	case unsigned(d):
		return c.apply("FLOOR_MOD", x, y)
	case d.Float() || d == i64:
		return c.apply("MUL", c.apply("FLOOR_MOD", c.abs(x), c.abs(y)), c.sign(x))
	}
	return c.apply("SUB", x, c.apply("MUL", c.apply("DIV", x, y), y))
}

// pow has short forms of some constant powers, and multiplies out small ones of integers that POW has no kernel for.
func (c *Context) pow(x, y *ir.Value) *ir.Value {
	d := x.Type.DType
	if d == f32 && y.Const != nil && y.Type.DType == f32 && len(y.Type.Shape) == 0 && x.Const == nil {
		switch tensor.View[float32](y.Const)[0] {
		case 1:
			return x
		case 2:
			return c.apply("MUL", x, x)
		case 0.5:
			return c.apply("SQRT", x)
		case -0.5:
			return c.apply("RSQRT", x)
		}
	}
	if d.Float() || x.Const != nil && y.Const != nil || elementwises["POW"].via(d) != tensor.Invalid && d != tensor.UInt32 {
		return c.apply("POW", x, y)
	}
	power, ok := c.Known(y)
	if !ok || len(power) != 1 || power[0] < 1 || power[0] > 16 {
		return c.apply("POW", x, y)
	}
	var p *ir.Value
	for n := power[0]; n > 0; n >>= 1 {
		if n&1 != 0 && p == nil {
			p = x
		} else if n&1 != 0 {
			p = c.apply("MUL", p, x)
		}
		if n > 1 {
			x = c.apply("MUL", x, x)
		}
	}
	return p
}

// squaredDifference falls back to two operators where there is no kernel, or it would not broadcast that many dimensions.
func (c *Context) squaredDifference(x, y *ir.Value) *ir.Value {
	e, rank := elementwises["SQUARED_DIFFERENCE"], max(len(x.Type.Shape), len(y.Type.Shape))
	wide := rank > e.rank && rank <= elementwises["SUB"].rank && !c.SameShape(x, y)
	if d := x.Type.DType; wide || e.via(d) != d {
		return c.square(c.apply("SUB", x, y))
	}
	return c.apply("SQUARED_DIFFERENCE", x, y)
}

// noNaN is 0 where y is 0.
func noNaN(op string) func(c *Context, x, y *ir.Value) *ir.Value {
	return func(c *Context, x, y *ir.Value) *ir.Value {
		zero := c.number(y, 0)
		return c.either(c.apply("EQUAL", y, zero), zero, c.apply(op, x, y))
	}
}

// zeroFirst is 0 where x is 0.
func zeroFirst(f func(c *Context, x, y *ir.Value) *ir.Value) func(c *Context, x, y *ir.Value) *ir.Value {
	return func(c *Context, x, y *ir.Value) *ir.Value {
		return c.either(c.apply("EQUAL", x, c.number(x, 0)), x, f(c, x, y))
	}
}

func lowerAddN(c *Context) {
	in := c.Ins(0, -1)
	if len(in) == 0 {
		build.Damaged("has no inputs")
	}
	d, same := in[0].Type.DType, true
	for _, v := range in {
		same = same && v.Type.DType == d && c.SameShape(v, in[0])
	}
	if len(in) > 1 && same && (d == f32 || d == i32) {
		c.Out(c.Emit("ADD_N", nil, in...))
		return
	}
	sum := in[0]
	for _, v := range in[1:] {
		sum = c.plus(sum, v)
	}
	c.Out(sum)
}

func lowerClip(c *Context) {
	c.Out(c.apply("MAXIMUM", c.apply("MINIMUM", c.In(0), c.In(2)), c.In(1)))
}

// cross is the vector product along the last dimension, of 3 elements.
func (c *Context) cross(x, y *ir.Value) *ir.Value {
	turned := func(v *ir.Value, order ...int) *ir.Value {
		return c.Emit("GATHER", &op.Gather{Axis: len(v.Type.Shape) - 1}, v, c.Ints(c.name("order"), order...))
	}
	for _, v := range []*ir.Value{x, y} {
		if n := len(v.Type.Shape); n == 0 || v.Type.Shape[n-1] != 3 {
			build.Damaged("the shape %v does not end in 3", v.Type.Shape)
		}
	}
	return c.apply("SUB",
		c.apply("MUL", turned(x, 1, 2, 0), turned(y, 2, 0, 1)),
		c.apply("MUL", turned(x, 2, 0, 1), turned(y, 1, 2, 0)))
}
