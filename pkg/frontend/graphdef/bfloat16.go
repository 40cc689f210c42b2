package graphdef

import (
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// TFLite has no bfloat16. A tensor of it is one of float32 here, which holds all its numbers: graphs compute more precisely than TensorFlow does, and
// inputs and outputs are float32. Constants are rounded where the model rounds them.

// standIn returns the element type that tensors have here for one of TensorFlow's.
func standIn(d tensor.DType) tensor.DType {
	if d == tensor.BFloat16 {
		return f32
	}
	return d
}

// widened returns t as its stand-in.
func widened(t *tensor.Tensor) *tensor.Tensor {
	if t == nil || t.DType != tensor.BFloat16 {
		return t
	}
	wide := tensor.New(f32, t.Shape)
	kernel.BF16ToF32(tensor.View[float32](wide), tensor.View[uint16](t))
	return wide
}

func lowerCast(c *Context) {
	v := c.convert(c.In(0), c.Type("DstT", tensor.Invalid))
	if a := c.attr("DstT"); a != nil && a.Type.Base() == tfpb.Bfloat16 {
		v = c.toBFloat16(v)
	}
	c.Out(v)
}

// toBFloat16 rounds constants, and tells users what becomes of the rest.
func (c *Context) toBFloat16(v *ir.Value) *ir.Value {
	if v.Const == nil {
		c.Note("bfloat16 is computed in float32, since TFLite has no such type")
		return v
	}
	return c.Const(c.name("bf16"), widened(c.convert(v, tensor.BFloat16).Const))
}
