package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// unaries are the operators on each element of one tensor.
var unaries = []Op{
	{Name: "Abs", To: "ABS NEG MAXIMUM COMPLEX_ABS", Lower: one(func(c *Context, x *ir.Value) *ir.Value {
		if x.Type.DType == tensor.Complex64 {
			return c.part("COMPLEX_ABS", x)
		}
		return c.abs(x)
	})},
	{Name: "Neg", To: "NEG BITCAST", Lower: one((*Context).negative)},
	{Name: "Sign", To: "SIGN MAXIMUM MINIMUM", Lower: one((*Context).sign)},
	{Name: "Square", To: "SQUARE MUL", Lower: one((*Context).square)},
	{Name: "Floor", To: "FLOOR", Lower: plain("FLOOR")},
	{Name: "Ceil", To: "CEIL", Lower: plain("CEIL")},
	{Name: "Round", To: "ROUND", Lower: one((*Context).round)},
	{Name: "Rint", To: "ROUND", Lower: one((*Context).round)},
	{Name: "Sqrt", To: "SQRT", Lower: plain("SQRT")},
	{Name: "Rsqrt", To: "RSQRT", Lower: plain("RSQRT")},
	{Name: "Exp", To: "EXP REAL IMAG COS SIN MUL PACK BITCAST", Lower: one((*Context).exp)},
	{Name: "Log", To: "LOG", Lower: plain("LOG")},
	{Name: "Sin", To: "SIN", Lower: plain("SIN")},
	{Name: "Cos", To: "COS", Lower: plain("COS")},
	{Name: "Tanh", To: "TANH", Lower: plain("TANH")},
	{Name: "Sigmoid", To: "LOGISTIC", Lower: plain("LOGISTIC")},
	{Name: "LogicalNot", To: "LOGICAL_NOT", Lower: plain("LOGICAL_NOT")},
	{Name: "Reciprocal", To: "DIV", Lower: one((*Context).reciprocal)},
	{Name: "Inv", To: "DIV", Lower: one((*Context).reciprocal)},
	{Name: "IsNan", To: "NOT_EQUAL", Lower: one((*Context).isNaN)},
	{Name: "IsInf", To: "ABS EQUAL", Lower: one((*Context).isInf)},
	{Name: "IsFinite", To: "ABS LESS", Lower: one((*Context).isFinite)},
	{Name: "Expm1", To: "MUL TANH EXP ADD", Lower: one((*Context).expm1), Note: "accurate near 0 as well"},
	{Name: "Log1p", To: "ADD LOG MINIMUM SUB", Lower: one((*Context).log1p), Note: "accurate near 0 as well"},
}

// one makes the rule of an operator of one operand.
func one(f func(*Context, *ir.Value) *ir.Value) func(*Context) {
	return inFloat32(func(c *Context) { c.Out(f(c, c.In(0))) })
}

// plain makes the rule of an operator that is one of TFLite's.
func plain(op string) func(*Context) {
	n := 1
	if elementwises[op].rank > 0 || op == "ATAN2" {
		n = 2
	}
	return inFloat32(func(c *Context) {
		in := make([]*ir.Value, n)
		for i := range in {
			in[i] = c.In(i)
		}
		c.Out(c.apply(op, in...))
	})
}

// abs is |x|; the least integer is its own.
func (c *Context) abs(x *ir.Value) *ir.Value {
	switch d := x.Type.DType; {
	case unsigned(d):
		return x
	case d == i64 && x.Const == nil:
		return c.apply("MAXIMUM", x, c.apply("NEG", x))
	}
	return c.apply("ABS", x)
}

// exp is e^x, of complex numbers e^re·(cos im + i·sin im).
func (c *Context) exp(x *ir.Value) *ir.Value {
	if x.Type.DType != tensor.Complex64 {
		return c.apply("EXP", x)
	}
	size, angle := c.apply("EXP", c.part("REAL", x)), c.part("IMAG", x)
	return c.complex(c.apply("MUL", size, c.apply("COS", angle)), c.apply("MUL", size, c.apply("SIN", angle)))
}

func (c *Context) negative(x *ir.Value) *ir.Value {
	if x.Type.DType != tensor.Complex64 {
		return c.apply("NEG", x)
	}
	return c.reread(c.apply("NEG", c.parts(x)), x.Type.DType)
}

// sign is -1, 0 or 1.
func (c *Context) sign(x *ir.Value) *ir.Value {
	if x.Type.DType == i64 && x.Const == nil {
		return c.apply("MAXIMUM", c.apply("MINIMUM", x, c.number(x, 1)), c.number(x, -1))
	}
	return c.apply("SIGN", x)
}

func (c *Context) square(x *ir.Value) *ir.Value {
	switch d := x.Type.DType; {
	case d == tensor.Complex64:
		return c.complexMul(x, x)
	case d.Float():
		return c.apply("SQUARE", x)
	}
	return c.apply("MUL", x, x)
}

// round rounds halves to the even number.
func (c *Context) round(x *ir.Value) *ir.Value {
	if !x.Type.DType.Float() {
		return x
	}
	return c.apply("ROUND", x)
}

func (c *Context) reciprocal(x *ir.Value) *ir.Value { return c.apply("DIV", c.number(x, 1), x) }

func (c *Context) isNaN(x *ir.Value) *ir.Value { return c.apply("NOT_EQUAL", x, x) }

func (c *Context) isInf(x *ir.Value) *ir.Value {
	float(x)
	return c.apply("EQUAL", c.abs(x), c.number(x, math.Inf(1)))
}

func (c *Context) isFinite(x *ir.Value) *ir.Value {
	float(x)
	return c.apply("LESS", c.abs(x), c.number(x, math.Inf(1)))
}

// float demands numbers that can be infinite.
func float(x *ir.Value) {
	if !x.Type.DType.Float() {
		build.Damaged("elements of %v", x.Type.DType)
	}
}

// expm1 is e^x - 1 = tanh(x/2)·(e^x + 1), where nothing cancels near 0.
func (c *Context) expm1(x *ir.Value) *ir.Value {
	half := c.apply("TANH", c.apply("MUL", x, c.number(x, 0.5)))
	return c.apply("MUL", half, c.apply("ADD", c.apply("EXP", x), c.number(x, 1)))
}

// log1p is ln(1 + x): the logarithm of the rounded sum, and what rounding took from it, since the derivative is about 1 where that matters: below 1. The sum is
// exact near -1. 1 - (x + 1) is not written as (x + 1) - 1, which a pass might take for x.
func (c *Context) log1p(x *ir.Value) *ir.Value {
	one := c.number(x, 1)
	low := c.apply("MINIMUM", x, one)
	lost := c.apply("ADD", c.apply("SUB", one, c.apply("ADD", low, one)), low)
	return c.apply("ADD", c.apply("LOG", c.apply("ADD", x, one)), lost)
}

// unsigned reports whether a type has no negative numbers.
func unsigned(d tensor.DType) bool {
	switch d {
	case tensor.Bool, tensor.UInt8, tensor.UInt16, tensor.UInt32, tensor.UInt64:
		return true
	}
	return false
}
