package keras

import (
	"encoding/json"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
)

// merges are the layers that join several tensors.
var merges = []Layer{
	{Class: "Add", Call: merging((*Context).add)},
	{Class: "Subtract", Call: merging((*Context).sub)},
	{Class: "Multiply", Call: merging((*Context).mul)},
	{Class: "Maximum", Call: merging(func(c *Context, x, y *ir.Value) *ir.Value { return c.TF("Maximum", nil, x, y) })},
	{Class: "Minimum", Call: merging(func(c *Context, x, y *ir.Value) *ir.Value { return c.TF("Minimum", nil, x, y) })},
	{Class: "Average", Call: func(c *Context) any {
		sum := c.merge((*Context).add)
		return c.mul(sum, c.F32(1/float32(len(c.operands()))))
	}},
	{Class: "Concatenate", Call: func(c *Context) any {
		list := c.operands()
		if len(list) == 0 {
			build.Damaged("joins no tensors")
		}
		return c.concat(axis(c.Config.int("axis", -1), len(list[0].Type.Shape)), list...)
	}},
	{Class: "Dot", Call: callDot},
	{Class: "CustomScaleLayer", Call: func(c *Context) any { return c.add(c.In(0), c.mul(c.In(1), c.F32(c.Config.float("scale", 1)))) },
		Note: "of keras.applications"},
}

func merging(f func(c *Context, x, y *ir.Value) *ir.Value) func(c *Context) any {
	return func(c *Context) any { return c.merge(f) }
}

// operands returns the tensors to merge; numbers among them become constants.
func (c *Context) operands() []*ir.Value {
	var list []*ir.Value
	for _, x := range flatten(c.Args) {
		switch x := x.(type) {
		case *ir.Value:
			list = append(list, x)
		case json.Number:
			list = append(list, c.F32(number("argument", x)))
		}
	}
	return list
}

// merge folds an operation of two tensors over all; a tensor of lower rank gets dimensions of 1 behind its batch.
func (c *Context) merge(f func(c *Context, x, y *ir.Value) *ir.Value) *ir.Value {
	list := c.operands()
	if len(list) == 0 {
		build.Damaged("merges no tensors")
	}
	rank := 0
	for _, v := range list {
		rank = max(rank, len(v.Type.Shape))
	}
	for i, v := range list {
		if r := len(v.Type.Shape); r > 1 && r < rank {
			dims := c.Dims(v)
			wide := append([]build.Dim{dims[0]}, build.Fixed(ones(rank-r)...)...)
			list[i] = c.Reshape(v, append(wide, dims[1:]...)...)
		}
	}
	out := list[0]
	for _, v := range list[1:] {
		out = f(c, out, v)
	}
	return out
}

// callDot multiplies two batches of tensors along one axis of each.
func callDot(c *Context) any {
	list := c.operands()
	if len(list) != 2 {
		build.Damaged("is called with %d tensors, not 2", len(list))
	}
	x, y := list[0], list[1]
	pair := c.Config.ints("axes", 2)
	if len(pair) != 2 {
		build.Damaged("no axes")
	}
	a, b := axis(pair[0], len(x.Type.Shape)), axis(pair[1], len(y.Type.Shape))
	if c.Config.bool("normalize", false) {
		x, y = c.unit(x, a), c.unit(y, b)
	}
	letters := "abcdefghijklmnopqrstuvwxy"
	left, right, out := []byte("z"), []byte("z"), []byte("z")
	next := 0
	for i := 1; i < len(x.Type.Shape); i++ {
		if i == a {
			left = append(left, 'Z')
			continue
		}
		left, out = append(left, letters[next]), append(out, letters[next])
		next++
	}
	for i := 1; i < len(y.Type.Shape); i++ {
		if i == b {
			right = append(right, 'Z')
			continue
		}
		right, out = append(right, letters[next]), append(out, letters[next])
		next++
	}
	equation := string(left) + "," + string(right) + "->" + string(out)
	v := c.TF("Einsum", graphdef.Attrs{"equation": equation, "N": 2}, x, y)
	if len(out) == 1 {
		return c.TF("ExpandDims", nil, v, c.I32(1))
	}
	return v
}

// unit divides by the Euclidean norm along an axis.
func (c *Context) unit(x *ir.Value, a int) *ir.Value {
	sum := c.reduce("Sum", c.TF("Square", nil, x), true, a)
	return c.mul(x, c.TF("Rsqrt", nil, c.TF("Maximum", nil, sum, c.F32(1e-12))))
}
