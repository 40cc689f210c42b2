package graphdef

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
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
}

func (c *Context) shapeOf(v *ir.Value) *ir.Value {
	return c.Emit("SHAPE", &op.Shape{OutType: c.Type("out_type", i32)}, v)
}
