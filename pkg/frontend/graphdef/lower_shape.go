package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// shapes are the operators on the shapes of tensors.
var shapes = []Op{
	{Name: "Shape", To: "SHAPE", Lower: func(c *Context) { c.Out(c.shapeOf(c.In(0))) }},
	{Name: "ShapeN", To: "SHAPE", Lower: func(c *Context) {
		c.Out(each(c.Ins(0, -1), c.shapeOf)...)
	}},
	{Name: "Size", To: "SHAPE REDUCE_PROD", Lower: func(c *Context) {
		c.Out(c.Emit("REDUCE_PROD", &op.Reduce{}, c.shapeOf(c.In(0)), c.Ints(c.name("axes"), 0)))
	}},
	{Name: "Rank", Lower: func(c *Context) { c.Out(c.Builder.Int(c.name("rank"), len(c.In(0).Type.Shape))) }, Note: "folds"},
	{Name: "BroadcastArgs", To: "BROADCAST_ARGS", Lower: func(c *Context) { c.Out(c.Emit("BROADCAST_ARGS", nil, c.In(0), c.In(1))) }},
	{Name: "BroadcastGradientArgs", Results: []string{"r0", "r1"}, Lower: lowerBroadcastGradientArgs, Note: "constant shapes only"},
}

func (c *Context) shapeOf(v *ir.Value) *ir.Value {
	return c.Emit("SHAPE", &op.Shape{OutType: c.Type("out_type", i32)}, v)
}

// lowerBroadcastGradientArgs lists, for each of two shapes, the dimensions of their common shape along which it is repeated.
func lowerBroadcastGradientArgs(c *Context) {
	a, ok := c.whole(c.In(0))
	b, ok2 := c.whole(c.In(1))
	if !ok || !ok2 {
		build.Refuse("the shapes are no constants")
	}
	all, err := tensor.Broadcast(a, b)
	if err != nil {
		build.Damaged("%w", err)
	}
	var list []*ir.Value
	for i, s := range [][]int{a, b} {
		other := [][]int{b, a}[i]
		var axes []int
		for j := range all {
			k, l := j-(len(all)-len(s)), j-(len(all)-len(other))
			if k < 0 || s[k] == 1 && (all[j] != 1 || l < 0 || other[l] == 1) {
				axes = append(axes, j)
			}
		}
		list = append(list, c.castTo(c.Ints(c.name("axes"), axes...), c.In(0).Type.DType))
	}
	c.Out(list...)
}
