package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
)

// channelsFirst reads data_format: whether channels are dimension 1 (NCHW, NCDHW) and not the last one, as in all that TFLite's operators take.
func (c *Context) channelsFirst() bool {
	switch f := c.String("data_format", ""); f {
	case "", "NHWC", "NDHWC", "NWC":
		return false
	case "NCHW", "NCDHW", "NCW":
		return true
	default:
		build.Refuse("data_format %q", f)
		return false
	}
}

// transpose permutes v's dimensions. It returns v itself where they stay in their order.
func (c *Context) transpose(v *ir.Value, perm ...int) *ir.Value {
	if slices.IsSorted(perm) {
		return v
	}
	return c.Emit("TRANSPOSE", nil, v, c.Ints(c.name("perm"), perm...))
}

// reshape gives v a shape in which one dimension may be -1. It returns v itself where it has that shape.
func (c *Context) reshape(v *ir.Value, shape ...int) *ir.Value {
	return c.Reshape(c.name("reshape"), v, build.Fixed(shape...))
}

// toLast moves the channels from dimension 1 to the end.
func (c *Context) toLast(v *ir.Value) *ir.Value {
	perm := []int{0}
	for i := 2; i < len(v.Type.Shape); i++ {
		perm = append(perm, i)
	}
	return c.transpose(v, append(perm, 1)...)
}

// toFirst undoes toLast.
func (c *Context) toFirst(v *ir.Value) *ir.Value {
	last := len(v.Type.Shape) - 1
	perm := []int{0, last}
	for i := 1; i < last; i++ {
		perm = append(perm, i)
	}
	return c.transpose(v, perm...)
}

// images is operand i, images or volumes of the given rank, with the channels last, and what brings the node's result into the node's own layout.
func (c *Context) images(i, rank int) (x *ir.Value, back func(*ir.Value) *ir.Value) {
	x = c.In(i)
	if len(x.Type.Shape) != rank {
		build.Refuse("input %d has shape %v, want rank %d", i, x.Type.Shape, rank)
	}
	if c.channelsFirst() {
		return c.toLast(x), c.toFirst
	}
	return x, func(v *ir.Value) *ir.Value { return v }
}

// perDimension brings a list with a number, or per numbers, for each dimension of the node's layout into the order with the channels last.
func (c *Context) perDimension(what string, list []int, rank, per int) []int {
	if len(list) != rank*per {
		build.Damaged("%s has %d elements, want %d", what, len(list), rank*per)
	}
	if !c.channelsFirst() {
		return list
	}
	return slices.Concat(list[:per], list[2*per:], list[per:2*per])
}

// known returns the elements of operand i, which must follow from the graph alone.
func (c *Context) known(i int, what string) []int {
	list, ok := c.Known(c.In(i))
	if !ok || slices.Contains(list, build.Unknown) {
		build.Refuse("the %s must be known when converting", what)
	}
	return list
}

// dim returns dimension i of v, which must be known.
func (c *Context) dim(v *ir.Value, i int, what string) int {
	if i < 0 {
		i += len(v.Type.Shape)
	}
	if i < 0 || i >= len(v.Type.Shape) || v.Type.Shape[i] < 0 {
		build.Refuse("the %s must be known when converting, the shape is %v", what, v.Type.Shape)
	}
	return v.Type.Shape[i]
}

// ranked demands a value of the given rank.
func ranked(v *ir.Value, rank int, what string) *ir.Value {
	if len(v.Type.Shape) != rank {
		build.Refuse("the %s has shape %v, want rank %d", what, v.Type.Shape, rank)
	}
	return v
}
