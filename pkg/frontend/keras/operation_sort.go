package keras

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// sorting are the operations on the order of elements, and on elements by their places.
var sorting = []Layer{
	{Class: "Argsort", Call: func(c *Context) any { _, places := c.sorted(); return places }},
	{Class: "Sort", Call: func(c *Context) any { values, _ := c.sorted(); return values }},
	{Class: "TakeAlongAxis", Call: callTakeAlong, Note: "along the last axis"},
	{Class: "Norm", Call: callNorm, Note: "of the orders 1 and 2"},
}

// sorted sorts along the last axis, from the least: the largest first of what is negated.
func (c *Context) sorted() (values, places *ir.Value) {
	x := c.operand(0, "x")
	rank := c.Rank(x, 1, 8)
	if c.param(1, "axis") != nil && axis(c.whole("axis", -1), rank) != rank-1 || x.Type.DType != tensor.Float32 {
		build.Refuse("sorting other than floats along the last axis")
	}
	out := c.TFs("TopKV2", graphdef.Attrs{"sorted": true}, c.neg(x), c.I32(c.Last(x)))
	return c.neg(out[0]), out[1]
}

func callTakeAlong(c *Context) any {
	x, indices := c.operand(0, "x"), c.operand(1, "indices")
	rank := c.Rank(x, 1, 8)
	if c.param(2, "axis") == nil || axis(c.whole("axis", -1), rank) != rank-1 || len(indices.Type.Shape) != rank {
		build.Refuse("elements by places along another axis than the last")
	}
	for i, d := range x.Type.Shape[:rank-1] {
		if d != indices.Type.Shape[i] {
			build.Refuse("elements of a tensor of shape %v by places of shape %v", x.Type.Shape, indices.Type.Shape)
		}
	}
	return c.TF("GatherV2", graphdef.Attrs{"batch_dims": rank - 1}, x, indices, c.I32(rank-1))
}

func callNorm(c *Context) any {
	x := c.operand(0, "x")
	axes, keep := c.over(x), c.flag("keepdims", false)
	switch order := c.param(1, "ord").(type) {
	case nil:
	case string:
		if order != "fro" || len(axes) != 2 {
			build.Refuse("a norm of the order %q", order)
		}
	default:
		n := number("ord", order)
		switch {
		case len(axes) != 1:
			build.Refuse("a norm of matrices of the order %v", n)
		case n == 1:
			return c.reduce("Sum", c.TF("Abs", nil, x), keep, axes...)
		case n != 2:
			build.Refuse("a norm of the order %v", n)
		}
	}
	return c.TF("Sqrt", nil, c.reduce("Sum", c.TF("Square", nil, x), keep, axes...))
}
