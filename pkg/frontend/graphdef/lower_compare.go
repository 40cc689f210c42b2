package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// comparisons are the operators that make truth values of two elements.
var comparisons = []Op{
	{Name: "Equal", To: "EQUAL REDUCE_ALL", Lower: equality("EQUAL")},
	{Name: "NotEqual", To: "NOT_EQUAL REDUCE_ANY", Lower: equality("NOT_EQUAL")},
	{Name: "Less", To: "LESS", Lower: two((*Context).less)},
	{Name: "LessEqual", To: "LESS_EQUAL", Lower: plain("LESS_EQUAL")},
	{Name: "Greater", To: "GREATER", Lower: plain("GREATER")},
	{Name: "GreaterEqual", To: "GREATER_EQUAL", Lower: plain("GREATER_EQUAL")},
	{Name: "LogicalAnd", To: "LOGICAL_AND", Lower: plain("LOGICAL_AND")},
	{Name: "LogicalOr", To: "LOGICAL_OR", Lower: plain("LOGICAL_OR")},
	{Name: "ApproximateEqual", To: "SUB ABS NEG MAXIMUM LESS", Lower: two(func(c *Context, x, y *ir.Value) *ir.Value {
		return c.apply("LESS", c.abs(c.minus(x, y)), c.number(x, float64(c.Float("tolerance", 1e-5))))
	})},
}

// equality makes the rule of Equal or NotEqual.
func equality(name string) func(*Context) {
	return inFloat32(func(c *Context) {
		x, y := c.In(0), c.In(1)
		shape, err := tensor.Broadcast(x.Type.Shape, y.Type.Shape)
		if err != nil && !c.Bool("incompatible_shape_error", true) {
			c.Out(c.Const(c.name("differ"), scalar(tensor.Bool, float64(truth(name == "NOT_EQUAL")))))
			return
		}
		if err != nil {
			build.Damaged("%w", err)
		}
		switch x.Type.DType {
		case tensor.String:
			if y.Type.DType != tensor.String {
				build.Damaged("the operands are %v and %v", x.Type.DType, y.Type.DType)
			}
			c.Out(c.EmitAs(name, nil, []ir.Type{{DType: tensor.Bool, Shape: shape}}, x, y)[0])
		case tensor.Complex64:
			c.Out(c.complexEqual(name, x, y))
		default:
			c.Out(c.apply(name, x, y))
		}
	})
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// less knows Keras' test of the sign bit of integers, and with it of floats: (x & least) < 0 is x < 0.
func (c *Context) less(x, y *ir.Value) *ir.Value {
	if bits := c.signBitOf(x); bits != nil {
		if zero, ok := c.Known(y); ok && len(zero) == 1 && zero[0] == 0 {
			x = bits
		}
	}
	return c.apply("LESS", x, y)
}

// signBitOf returns the integers whose sign bits alone v holds, as andSign makes them, or nil.
func (c *Context) signBitOf(v *ir.Value) *ir.Value {
	n := c.producer(v)
	if n == nil || n.Op != "MUL" || v.Type.DType != i32 || !isLeast(n.Inputs[1]) {
		return nil
	}
	shift := c.producer(n.Inputs[0])
	if shift == nil || shift.Op != "RIGHT_SHIFT" {
		return nil
	}
	if by, ok := c.Known(shift.Inputs[1]); !ok || len(by) != 1 || by[0] != 31 {
		return nil
	}
	return shift.Inputs[0]
}

// isLeast reports whether v is a constant of one element, the least int32.
func isLeast(v *ir.Value) bool {
	if v.Const == nil || v.Type.DType != i32 {
		return false
	}
	x, err := v.Const.Ints()
	return err == nil && len(x) == 1 && x[0] == -1<<31
}

// complexEqual compares the pairs of parts.
func (c *Context) complexEqual(name string, x, y *ir.Value) *ir.Value {
	join := "REDUCE_ALL"
	if name == "NOT_EQUAL" {
		join = "REDUCE_ANY"
	}
	both := c.apply(name, c.parts(x), c.parts(y))
	return c.Emit(join, &op.Reduce{}, both, c.Ints(c.name("axis"), len(both.Type.Shape)-1))
}
