package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// window is how a convolution or a pool slides over images or volumes: one number for each spatial dimension.
type window struct {
	strides, dilations []int
	padding            op.Padding
	pads               []int // of EXPLICIT: before and after each dimension, channels last; nil otherwise
}

// window reads the attributes of a node that slides over tensors of the given rank.
func (c *Context) window(rank int) window {
	ones := slices.Repeat([]int{1}, rank)
	w := window{
		strides:   c.spatial("strides", c.IntList("strides", ones...), rank),
		dilations: c.spatial("dilations", c.IntList("dilations", ones...), rank),
	}
	w.padding, w.pads = c.padding(rank)
	return w
}

// padding reads the attributes that say how the borders are padded.
func (c *Context) padding(rank int) (p op.Padding, pads []int) {
	switch p := c.String("padding", ""); p {
	case "SAME":
		return op.Same, nil
	case "VALID":
		return op.Valid, nil
	case "EXPLICIT":
		pads = c.perDimension("explicit_paddings", c.IntList("explicit_paddings"), rank, 2)
		if slices.ContainsFunc(pads, func(n int) bool { return n < 0 }) || pads[0]+pads[1]+pads[2*rank-2]+pads[2*rank-1] != 0 {
			build.Damaged("explicit_paddings are %v", pads)
		}
		return op.Valid, pads
	default:
		build.Damaged("padding %q", p)
		return 0, nil
	}
}

// spatial returns what a list with a number for each dimension says of the spatial ones, in their order. For the others it must say 1.
func (c *Context) spatial(what string, list []int, rank int) []int {
	list = c.perDimension(what, list, rank, 1)
	if slices.Min(list) < 1 || slices.Max(list) > 1<<30 {
		build.Damaged("%s are %v", what, list)
	}
	if list[0] != 1 || list[rank-1] != 1 {
		build.Refuse("%s over samples or channels", what)
	}
	return list[1 : rank-1]
}

// pad surrounds x with zeros as EXPLICIT padding says, or with the given number.
func (c *Context) pad(x *ir.Value, pads []int, with ...float32) *ir.Value {
	if !slices.ContainsFunc(pads, func(n int) bool { return n != 0 }) {
		return x
	}
	list := make([]int32, len(pads))
	for i, n := range pads {
		list[i] = int32(n)
	}
	before := c.Const(c.name("paddings"), tensor.I32(tensor.Shape{len(pads) / 2, 2}, list...))
	if len(with) > 0 {
		return c.Emit("PADV2", nil, x, before, c.Builder.Float(c.name("border"), with[0]))
	}
	return c.Emit("PAD", nil, x, before)
}

// maxChannels bounds the channels of a result.
const maxChannels = 1 << 24

// zeros returns a constant vector of n zeros, a bias.
func (c *Context) zeros(n int) *ir.Value {
	if n < 0 || n > maxChannels {
		build.Refuse("%d channels", n)
	}
	return c.Const(c.name("bias"), tensor.New(f32, tensor.Shape{n}))
}
