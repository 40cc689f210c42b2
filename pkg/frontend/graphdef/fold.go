package graphdef

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// fold computes an elementwise operator on constants of a type that TFLite has no kernel for. It returns nil if an operand is no constant, or if there is no
// such arithmetic.
func (c *Context) fold(name string, in []*ir.Value) *ir.Value {
	for _, v := range in {
		if v.Const == nil {
			return nil
		}
	}
	switch in[0].Type.DType {
	case tensor.Float64:
		if v := foldRows(c, foldFloat64(name), in); v != nil {
			return v
		}
		return c.through32(name, in) // curves are known to 24 bits
	case tensor.BFloat16:
		return c.through32(name, in)
	case tensor.Int64:
		return foldRows(c, foldIntegers[int64](name), in)
	case tensor.UInt64:
		return foldRows(c, foldIntegers[uint64](name), in)
	}
	return nil
}

// through32 computes on constants as float32.
func (c *Context) through32(name string, in []*ir.Value) *ir.Value {
	narrow := make([]*ir.Value, len(in))
	for i, v := range in {
		narrow[i] = c.convert(v, f32)
	}
	r := c.apply(name, narrow...)
	if elementwises[name].truth {
		return r
	}
	return c.convert(r, in[0].Type.DType)
}

// rows are a kernel of one operand or of two, with results of the same type or truth values.
type rows[T tensor.Element] struct {
	one  func(dst, a []T)
	two  kernel.Row[T, T]
	test kernel.Row[T, bool]
}

func foldRows[T tensor.Element](c *Context, r rows[T], in []*ir.Value) *ir.Value {
	x := in[0].Const
	if r.one != nil {
		c.charge(x.Elements())
		out := tensor.New(x.DType, x.Shape)
		r.one(tensor.View[T](out), tensor.View[T](x))
		return c.Const(c.name("folded"), out)
	}
	if r.two == nil && r.test == nil {
		return nil
	}
	y := in[1].Const
	shape, err := tensor.Broadcast(x.Shape, y.Shape)
	if n := shape.Elements(); err != nil || n > foldElements || len(shape) > kernel.MaxRank {
		return nil
	}
	c.charge(shape.Elements())
	if r.test != nil {
		out := tensor.New(tensor.Bool, shape)
		kernel.Binary(tensor.View[bool](out), tensor.View[T](x), x.Shape, tensor.View[T](y), y.Shape, r.test)
		return c.Const(c.name("folded"), out)
	}
	out := tensor.New(x.DType, shape)
	kernel.Binary(tensor.View[T](out), tensor.View[T](x), x.Shape, tensor.View[T](y), y.Shape, r.two)
	return c.Const(c.name("folded"), out)
}

// foldElements bounds what constants broadcast to.
const foldElements = 1 << 22

// foldNumbers are the kernels that all real numbers have.
func foldNumbers[T interface {
	tensor.Element
	kernel.Number
}](name string) (r rows[T]) {
	switch name {
	case "ADD":
		r.two = kernel.Add[T]
	case "SUB":
		r.two = kernel.Sub[T]
	case "MUL":
		r.two = kernel.Mul[T]
	case "MAXIMUM":
		r.two = kernel.Maximum[T]
	case "MINIMUM":
		r.two = kernel.Minimum[T]
	case "SQUARED_DIFFERENCE":
		r.two = kernel.SquaredDifference[T]
	case "NEG":
		r.one = kernel.Neg[T]
	case "ABS":
		r.one = kernel.Abs[T]
	case "SIGN":
		r.one = kernel.Sign[T]
	case "EQUAL":
		r.test = kernel.Equal[T]
	case "NOT_EQUAL":
		r.test = kernel.NotEqual[T]
	case "LESS":
		r.test = kernel.Less[T]
	case "LESS_EQUAL":
		r.test = kernel.LessEqual[T]
	case "GREATER":
		r.test = kernel.Greater[T]
	case "GREATER_EQUAL":
		r.test = kernel.GreaterEqual[T]
	}
	return r
}

func foldIntegers[T interface {
	tensor.Element
	kernel.Integer
}](name string) rows[T] {
	r := foldNumbers[T](name)
	switch name {
	case "DIV":
		r.two = kernel.TruncDiv[T]
	case "FLOOR_DIV":
		r.two = kernel.FloorDiv[T]
	case "FLOOR_MOD":
		r.two = kernel.FloorMod[T]
	case "POW":
		r.two = kernel.Pow[T]
	case "BITWISE_XOR":
		r.two = kernel.BitwiseXor[T]
	case "RIGHT_SHIFT":
		r.two = kernel.RightShift[T]
	}
	return r
}
