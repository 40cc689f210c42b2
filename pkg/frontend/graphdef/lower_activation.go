package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// activations are the functions that follow layers.
var activations = []Op{
	{Name: "Relu", To: "RELU MAXIMUM", Lower: inFloat32(lowerRelu)},
	{Name: "Relu6", To: "RELU6 MAXIMUM MINIMUM", Lower: inFloat32(lowerRelu6)},
	{Name: "LeakyRelu", To: "LEAKY_RELU", Lower: inFloat32(lowerLeakyRelu)},
	{Name: "Elu", To: "ELU", Lower: inFloat32(func(c *Context) { c.Out(c.Emit("ELU", nil, c.In(0))) })},
	{Name: "Selu", To: "GREATER MUL EXP SUB SELECT", Lower: inFloat32(lowerSelu)},
	{Name: "Softplus", To: "RELU ABS NEG EXP ADD LOG", Lower: inFloat32(lowerSoftplus), Note: "in a form that does not overflow; what is below 6e-8 is 0"},
	{Name: "Softsign", To: "ABS ADD DIV", Lower: inFloat32(lowerSoftsign)},
	{Name: "Softmax", To: "SOFTMAX", Lower: inFloat32(func(c *Context) { c.Out(c.Emit("SOFTMAX", &op.Softmax{Beta: 1}, c.In(0))) })},
	{Name: "LogSoftmax", To: "LOG_SOFTMAX", Lower: inFloat32(func(c *Context) { c.Out(c.Emit("LOG_SOFTMAX", nil, c.In(0))) })},
	{Name: "Erf", To: "GELU", Lower: inFloat32(func(c *Context) { c.errorFunction("TF_ERF", kernel.F32Erf) }), Note: "within GELU, or on constants"},
	{Name: "Erfc", To: "GELU", Lower: inFloat32(func(c *Context) { c.errorFunction("TF_ERFC", kernel.F32Erfc) }), Note: "within GELU, or on constants"},
}

func lowerRelu(c *Context) {
	x := c.In(0)
	if x.Type.DType == f32 {
		c.Out(c.Emit("RELU", nil, x))
		return
	}
	c.Out(c.apply("MAXIMUM", x, c.number(x, 0)))
}

func lowerRelu6(c *Context) {
	x := c.In(0)
	if x.Type.DType == f32 {
		c.Out(c.Emit("RELU6", nil, x))
		return
	}
	c.Out(c.apply("MINIMUM", c.apply("MAXIMUM", x, c.number(x, 0)), c.number(x, 6)))
}

func lowerLeakyRelu(c *Context) {
	alpha := c.Float("alpha", 0.2)
	if alpha == 1 {
		c.Out(c.In(0))
		return
	}
	c.Out(c.Emit("LEAKY_RELU", &op.LeakyRelu{Alpha: alpha}, c.In(0)))
}

// The constants of SELU (Klambauer et al., 2017): λ, and λ·α.
const (
	seluScale = 1.0507009873554804934193349852946
	seluAlpha = 1.7580993408473768599402175208123
)

// lowerSelu lowers λ·x where x is positive, else λ·α·(e^x - 1).
func lowerSelu(c *Context) {
	x := c.In(0)
	positive := c.Emit("GREATER", nil, x, c.scalar(0))
	low := c.mul(c.sub(c.Emit("EXP", nil, x), c.scalar(1)), c.scalar(seluAlpha))
	c.Out(c.Emit("SELECT", nil, positive, c.mul(x, c.scalar(seluScale)), low))
}

// lowerSoftplus lowers log(1 + e^x) as max(x, 0) + log(1 + e^-|x|), in which nothing overflows.
func lowerSoftplus(c *Context) {
	x := c.In(0)
	small := c.Emit("EXP", nil, c.Emit("NEG", nil, c.Emit("ABS", nil, x)))
	c.Out(c.add(c.Emit("RELU", nil, x), c.Emit("LOG", nil, c.add(small, c.scalar(1)))))
}

func lowerSoftsign(c *Context) {
	x := c.In(0)
	c.Out(c.div(x, c.add(c.Emit("ABS", nil, x), c.scalar(1))))
}

// errorFunction emits a mark that a pass joins with its surroundings to GELU, since TFLite has no operator for it.
func (c *Context) errorFunction(mark string, f func(float32) float32) {
	x := c.In(0)
	if x.Const == nil {
		c.Out(c.EmitAs(mark, nil, []ir.Type{x.Type}, x)...)
		return
	}
	if x.Type.DType != f32 {
		build.Refuse("%v", x.Type.DType)
	}
	y := tensor.New(f32, x.Type.Shape)
	kernel.F32Map(tensor.View[float32](y), tensor.View[float32](x.Const), f)
	c.Out(c.Const(c.Def.Name, y))
}
