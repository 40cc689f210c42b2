package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// complexes are the operators on complex numbers. A complex number is the pair of its parts in memory, so that BITCAST takes it apart, and puts it together.
var complexes = []Op{
	{Name: "Complex", To: "PACK BITCAST", Lower: func(c *Context) { c.Out(c.complex(c.In(0), c.In(1))) }},
	{Name: "Real", To: "REAL", Lower: partRule("REAL")},
	{Name: "Imag", To: "IMAG ZEROS_LIKE", Lower: partRule("IMAG")},
	{Name: "ComplexAbs", To: "COMPLEX_ABS ABS", Lower: partRule("COMPLEX_ABS")},
	{Name: "Angle", To: "REAL IMAG ATAN2", Lower: func(c *Context) {
		x := c.In(0)
		c.Out(c.apply("ATAN2", c.part("IMAG", x), c.part("REAL", x)))
	}},
	{Name: "Conj", To: "BITCAST MUL", Lower: func(c *Context) { c.Out(c.conjugate(c.In(0))) }},
}

func partRule(op string) func(*Context) {
	return func(c *Context) {
		x := c.In(0)
		if d := x.Type.DType; d.Float() { // a real number is its own real part
			switch op {
			case "REAL":
				c.OutEdges(Edge{Value: x})
			case "IMAG":
				c.Out(c.Emit("ZEROS_LIKE", nil, x))
			default:
				c.Out(c.abs(x))
			}
			return
		}
		c.Out(c.part(op, x))
	}
}

// part is REAL, IMAG or COMPLEX_ABS of x.
func (c *Context) part(op string, x *ir.Value) *ir.Value {
	if x.Type.DType != tensor.Complex64 {
		build.Refuse("parts of %v", x.Type.DType)
	}
	return c.Emit(op, nil, x)
}

// parts is x with a last dimension of 2: its real and imaginary parts.
func (c *Context) parts(x *ir.Value) *ir.Value {
	if x.Type.DType != tensor.Complex64 {
		build.Refuse("parts of %v", x.Type.DType)
	}
	return c.reread(x, f32)
}

// complex joins real and imaginary parts, which broadcast.
func (c *Context) complex(re, im *ir.Value) *ir.Value {
	if re.Type.DType != f32 || im.Type.DType != f32 {
		build.Refuse("complex numbers of %v", re.Type.DType)
	}
	both := c.broadcast(0, re, im)
	pair := c.Emit("PACK", &op.Pack{Count: 2, Axis: len(both[0].Type.Shape)}, both...)
	return c.reread(pair, tensor.Complex64)
}

// onParts applies an elementwise operator to real and imaginary parts.
func (c *Context) onParts(op string, x, y *ir.Value) *ir.Value {
	return c.reread(c.apply(op, c.parts(x), c.parts(y)), tensor.Complex64)
}

func (c *Context) conjugate(x *ir.Value) *ir.Value {
	if x.Type.DType != tensor.Complex64 {
		return x
	}
	signs := c.Const(c.name("signs"), tensor.F32(tensor.Shape{2}, 1, -1))
	return c.reread(c.apply("MUL", c.parts(x), signs), tensor.Complex64)
}

func (c *Context) complexMul(x, y *ir.Value) *ir.Value {
	if y.Type.DType != x.Type.DType {
		build.Damaged("the operands are %v and %v", x.Type.DType, y.Type.DType)
	}
	return c.Emit("MUL", &op.Fused{}, c.broadcast(elementwises["MUL"].rank, x, y)...)
}

// complexDiv is x·ȳ / |y|², the last as y·ȳ.
func (c *Context) complexDiv(x, y *ir.Value) *ir.Value {
	over := c.conjugate(y)
	size := c.part("REAL", c.complexMul(y, over))
	dims := append(c.Dims(c.name("divisor"), size), build.Dim{Size: 1})
	return c.reread(c.apply("DIV", c.parts(c.complexMul(x, over)), c.Reshape(c.name("divisor"), size, dims)), tensor.Complex64)
}
