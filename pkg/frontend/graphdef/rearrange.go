package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// rearranged makes a tensor of elements of x: for each index of the leading dimensions it takes elements of the last ones, of which there are known numbers, and
// gives them a new shape. index has for each new element the number of an old one; a negative one stands for the scalar pad.
func (c *Context) rearranged(x *ir.Value, lead int, index []int, shape tensor.Shape, pad *ir.Value) *ir.Value {
	inner := x.Type.Shape[lead:]
	if !inner.Static() || inner.Elements() > maxPlaces || len(index) > maxPlaces {
		build.Refuse("matrices of shape %v: their size must be known, and not be large", inner)
	}
	dims := c.Dims(c.name("dims"), x)
	batch := build.Dim{Size: 1}
	for _, d := range dims[:lead] {
		batch = c.timesDim(batch, d)
	}
	take, keep, all := make([]int, len(index)), make([]bool, len(index)), true
	for i, j := range index {
		take[i], keep[i] = max(j, 0), j >= 0
		all = all && keep[i]
	}
	y := c.gather(c.Reshape(c.name("flat"), x, []build.Dim{batch, {Size: inner.Elements()}}), c.Ints(c.name("index"), take...), 1, 0)
	if !all {
		mask := c.Const(c.name("mask"), tensor.Of(tensor.Bool, tensor.Shape{len(keep)}, keep))
		y = c.selectV2(mask, y, pad)
	}
	return c.Reshape(c.name("result"), y, append(dims[:lead:lead], build.Fixed(shape...)...))
}

// appended joins two tensors along one dimension, into which all but the leading ones are joined first.
func (c *Context) appended(a, b *ir.Value, lead int) *ir.Value {
	flat := func(v *ir.Value) *ir.Value {
		if len(v.Type.Shape) < lead {
			build.Damaged("%v has less than %d dimensions", v.Type, lead)
		}
		inner := v.Type.Shape[lead:]
		if !inner.Static() {
			build.Refuse("matrices of the unknown shape %v", inner)
		}
		return c.Reshape(c.name("flat"), v, append(c.Dims(c.name("dims"), v)[:lead], build.Dim{Size: inner.Elements()}))
	}
	a, back := c.as(flat(a), concatTypes...)
	b, _ = c.as(flat(b), concatTypes...)
	return back(c.Emit("CONCATENATION", &op.Concat{Axis: lead}, a, b))
}
