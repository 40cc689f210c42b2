package keras

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// one makes a rule of what it computes of operand x, in floats.
func one(f func(c *Context, x *ir.Value) *ir.Value) func(c *Context) any {
	return func(c *Context) any { return f(c, c.real(c.operand(0, "x"))) }
}

// two makes a rule of what it computes of two operands of one type.
func two(f func(c *Context, x, y *ir.Value) *ir.Value) func(c *Context) any {
	return func(c *Context) any {
		x, y := c.alike(c.operand(0, "x1"), c.operand(1, "x2"))
		return f(c, x, y)
	}
}

// arithmetic are operations, element by element, that are made of several operators.
var arithmetic = slices.Concat(
	unaries("Arcsinh=Asinh Arccosh=Acosh Arctanh=Atanh Erfinv=Erfinv I0=BesselI0 BitwiseInvert=Invert BitwiseNot=Invert"),
	pairwise("LogicalXor=NotEqual BitwiseAnd=BitwiseAnd BitwiseOr=BitwiseOr BitwiseXor=BitwiseXor BitwiseLeftShift=LeftShift LeftShift=LeftShift "+
		"BitwiseRightShift=RightShift RightShift=RightShift"),
	[]Layer{
		{Class: "Exp2", Call: one(func(c *Context, x *ir.Value) *ir.Value { return c.TF("Pow", nil, c.F32(2), x) })},
		{Class: "Log2", Call: one(func(c *Context, x *ir.Value) *ir.Value { return c.log(2, x) })},
		{Class: "Log10", Call: one(func(c *Context, x *ir.Value) *ir.Value { return c.log(10, x) })},
		{Class: "Deg2rad", Call: one(func(c *Context, x *ir.Value) *ir.Value { return c.mul(x, c.F32(math.Pi/180)) })},
		{Class: "Rad2deg", Call: one(func(c *Context, x *ir.Value) *ir.Value { return c.mul(x, c.F32(180/math.Pi)) })},
		{Class: "Cbrt", Call: one(func(c *Context, x *ir.Value) *ir.Value {
			return c.mul(c.TF("Sign", nil, x), c.TF("Pow", nil, c.TF("Abs", nil, x), c.F32(1./3)))
		})},
		{Class: "Trunc", Call: one(func(c *Context, x *ir.Value) *ir.Value {
			return c.where(c.TF("Less", nil, x, c.F32(0)), c.TF("Ceil", nil, x), c.TF("Floor", nil, x))
		})},
		{Class: "Sinc", Call: one(func(c *Context, x *ir.Value) *ir.Value {
			turn := c.mul(x, c.F32(math.Pi))
			return c.where(c.TF("Equal", nil, x, c.F32(0)), c.F32(1), c.div(c.TF("Sin", nil, turn), turn))
		})},
		{Class: "Signbit", Call: one(func(c *Context, x *ir.Value) *ir.Value {
			return c.TF("Less", nil, c.TF("Bitcast", graphdef.Attrs{"type": tensor.Int32}, x), c.I32(0))
		})},
		{Class: "Angle", Call: one(func(c *Context, x *ir.Value) *ir.Value {
			return c.where(c.TF("Less", nil, x, c.F32(0)), c.F32(math.Pi), c.F32(0))
		})},
		{Class: "Real", Call: callFirst},
		{Class: "Conjugate", Call: callFirst},
		{Class: "Conj", Call: callFirst},
		{Class: "Isposinf", Call: one(func(c *Context, x *ir.Value) *ir.Value { return c.TF("Equal", nil, x, c.F32(float32(math.Inf(1)))) })},
		{Class: "Isneginf", Call: one(func(c *Context, x *ir.Value) *ir.Value { return c.TF("Equal", nil, x, c.F32(float32(math.Inf(-1)))) })},
		{Class: "NanToNum", Call: one(func(c *Context, x *ir.Value) *ir.Value {
			x = c.where(c.TF("IsNan", nil, x), c.F32(c.num("nan", 0)), x)
			x = c.where(c.TF("Equal", nil, x, c.F32(float32(math.Inf(1)))), c.F32(c.num("posinf", math.MaxFloat32)), x)
			return c.where(c.TF("Equal", nil, x, c.F32(float32(math.Inf(-1)))), c.F32(c.num("neginf", -math.MaxFloat32)), x)
		})},
		{Class: "Hypot", Call: two(func(c *Context, x, y *ir.Value) *ir.Value {
			x, y = c.TF("Abs", nil, c.real(x)), c.TF("Abs", nil, c.real(y))
			most := c.TF("Maximum", nil, x, y)
			ratio := c.TF("DivNoNan", nil, c.TF("Minimum", nil, x, y), most)
			return c.mul(most, c.TF("Sqrt", nil, c.add(c.F32(1), c.TF("Square", nil, ratio))))
		})},
		{Class: "Logaddexp", Call: two(func(c *Context, x, y *ir.Value) *ir.Value { return c.logSum(x, y, 1) })},
		{Class: "Logaddexp2", Call: two(func(c *Context, x, y *ir.Value) *ir.Value { return c.logSum(x, y, math.Ln2) })},
		{Class: "Fmod", Call: two(func(c *Context, x, y *ir.Value) *ir.Value {
			return c.mul(c.TF("Sign", nil, x), c.TF("FloorMod", nil, c.TF("Abs", nil, x), c.TF("Abs", nil, y)))
		})},
		{Class: "Heaviside", Call: two(func(c *Context, x, y *ir.Value) *ir.Value {
			x, y = c.real(x), c.real(y)
			return c.where(c.TF("Less", nil, x, c.F32(0)), c.F32(0), c.where(c.TF("Greater", nil, x, c.F32(0)), c.F32(1), y))
		})},
		{Class: "Ldexp", Call: func(c *Context) any {
			return c.mul(c.real(c.operand(0, "x1")), c.TF("Pow", nil, c.F32(2), c.real(c.operand(1, "x2"))))
		}},
		{Class: "Isclose", Call: two(func(c *Context, x, y *ir.Value) *ir.Value {
			if !f32(x) {
				return c.TF("Equal", nil, x, y)
			}
			far := c.add(c.mul(c.TF("Abs", nil, y), c.F32(c.num("rtol", 1e-5))), c.F32(c.num("atol", 1e-8)))
			near := c.TF("LessEqual", nil, c.TF("Abs", nil, c.sub(x, y)), far)
			if !c.flag("equal_nan", false) {
				return near
			}
			return c.TF("LogicalOr", nil, near, c.TF("LogicalAnd", nil, c.TF("IsNan", nil, x), c.TF("IsNan", nil, y)))
		})},
		{Class: "Select", Call: callSelect},
		{Class: "Glu", Call: func(c *Context) any {
			x := c.operand(0, "x")
			half := c.split(x, axis(c.whole("axis", -1), len(x.Type.Shape)), 2)
			return c.mul(half[0], c.TF("Sigmoid", nil, half[1]))
		}},
		{Class: "Sparsemax", Call: func(c *Context) any {
			x := c.operand(0, "x")
			return c.lastly(x, c.whole("axis", -1), func(v *ir.Value) *ir.Value { return sparsemax(c, v) })
		}},
		{Class: "ConvertToTensor", Call: callConvert},
		{Class: "Array", Call: callConvert},
		{Class: "SaturateCast", Call: func(c *Context) any {
			d := c.word("dtype")
			x := c.operand(0, "x")
			if low, high, ok := bounds(d); ok && f32(x) {
				x = c.clip(x, low, high)
			}
			return c.cast(x, d)
		}},
	},
)

// alike gives two operands one type, as NumPy does: floats, if one has them, else the wider.
func (c *Context) alike(x, y *ir.Value) (_, _ *ir.Value) {
	order := []tensor.DType{tensor.Bool, tensor.UInt8, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64, tensor.Float32}
	a, b := x.Type.DType, y.Type.DType
	if a == b {
		return x, y
	}
	if slices.Index(order, a) < slices.Index(order, b) {
		return c.TF("Cast", graphdef.Attrs{"SrcT": a, "DstT": b}, x), y
	}
	return x, c.TF("Cast", graphdef.Attrs{"SrcT": b, "DstT": a}, y)
}

// bounds are the least and greatest numbers of narrow integers, by name.
func bounds(name string) (low, high float32, ok bool) {
	b, ok := map[string][2]float32{"int8": {-128, 127}, "uint8": {0, 255}, "int16": {-32768, 32767}, "uint16": {0, 65535}}[name]
	return b[0], b[1], ok
}

// logSum is the logarithm of a sum of powers, of e or of the base whose natural logarithm is given.
func (c *Context) logSum(x, y *ir.Value, base float32) *ir.Value {
	x, y = c.real(x), c.real(y)
	far := c.scaled(c.neg(c.TF("Abs", nil, c.sub(x, y))), base)
	rest := c.TF("Log1p", nil, c.TF("Exp", nil, far))
	return c.add(c.TF("Maximum", nil, x, y), c.scaled(rest, 1/base))
}

// callSelect takes each element from the first choice whose condition holds.
func callSelect(c *Context) any {
	conditions, choices := c.tensors(c.param(0, "condlist")), c.tensors(c.param(1, "choicelist"))
	if len(conditions) != len(choices) || len(choices) == 0 {
		build.Damaged("%d conditions for %d choices", len(conditions), len(choices))
	}
	y := c.like(choices[0], 0)
	if c.param(2, "default") != nil {
		y = c.operand(2, "default")
	}
	for i, choice := range slices.Backward(choices) {
		x, other := c.alike(choice, y)
		y = c.where(conditions[i], x, other)
	}
	return y
}

// callConvert gives a tensor another type, if it names one.
func callConvert(c *Context) any {
	x := c.operand(0, "x")
	if d := c.word("dtype"); d != "" {
		return c.cast(x, d)
	}
	return x
}

// lastly applies what works along the last axis to another one.
func (c *Context) lastly(x *ir.Value, a int, f func(*ir.Value) *ir.Value) *ir.Value {
	rank := len(x.Type.Shape)
	if a = axis(a, rank); a == rank-1 {
		return f(x)
	}
	perm := counting(rank)
	perm[a], perm[rank-1] = rank-1, a
	return c.transpose(f(c.transpose(x, perm...)), perm...)
}

// sparsemax is the nearest point, to those along the last axis, whose elements are not negative and add up to 1.
func sparsemax(c *Context, x *ir.Value) *ir.Value {
	rank, n := len(x.Type.Shape), c.Last(x)
	sorted := c.TFs("TopKV2", graphdef.Attrs{"sorted": true}, x, c.I32(n))[0]
	sums := c.TF("Cumsum", nil, sorted, c.I32(rank-1))
	places := make([]float32, n)
	for i := range places {
		places[i] = float32(i + 1)
	}
	count := c.Floats(tensor.Shape{n}, places...)
	kept := c.TF("Greater", nil, c.sub(sorted, c.div(c.sub(sums, c.F32(1)), count)), c.F32(0))
	// As Keras does it: all sums that are kept, not the last of them.
	total := c.reduce("Sum", c.where(kept, sums, c.F32(0)), true, rank-1)
	least := c.div(c.sub(total, c.F32(1)), c.reduce("Sum", c.real(kept), true, rank-1))
	return c.TF("Relu", nil, c.sub(x, least))
}
