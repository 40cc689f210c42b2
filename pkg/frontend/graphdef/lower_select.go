package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// selections are the operators that choose between two tensors.
var selections = []Op{
	{Name: "Select", To: "SELECT SELECT_V2", Lower: lowerSelect},
	{Name: "SelectV2", To: "SELECT SELECT_V2 BROADCAST_TO", Lower: func(c *Context) { c.Out(c.either(c.In(0), c.In(1), c.In(2))) }},
}

// selectRank is up to which rank SELECT_V2 broadcasts.
const selectRank = 5

// lowerSelect is Select, whose condition has the shape of both operands, is one truth value, or has one for each row.
func lowerSelect(c *Context) {
	condition, x, y := c.In(0), c.In(1), c.In(2)
	if len(condition.Type.Shape) == 1 && len(x.Type.Shape) > 1 {
		dims := c.Dims(c.name("condition"), condition)
		for range len(x.Type.Shape) - 1 {
			dims = append(dims, build.Dim{Size: 1})
		}
		if c.SameShape(x, y) {
			c.Out(c.selected("SELECT", condition, x, y))
			return
		}
		condition = c.Reshape(c.name("condition"), condition, dims)
	}
	c.Out(c.either(condition, x, y))
}

// either is x where the condition holds, else y; the three broadcast.
func (c *Context) either(condition, x, y *ir.Value) *ir.Value {
	if condition.Type.DType != tensor.Bool {
		build.Damaged("the condition is %v", condition.Type.DType)
	}
	if x.Type.DType != y.Type.DType {
		build.Damaged("the operands are %v and %v", x.Type.DType, y.Type.DType)
	}
	all := c.broadcast(selectRank, condition, x, y)
	if shape := all[0].Type.Shape; shape.Static() && shape.Equal(all[1].Type.Shape) && shape.Equal(all[2].Type.Shape) {
		return c.selected("SELECT", all...)
	}
	return c.selected("SELECT_V2", all...)
}

// selectable lists the element types that the runtime's kernels move, by their size the first that stands in for others.
var selectable = []tensor.DType{tensor.Int8, tensor.Int16, i32, i64, f32, tensor.Bool, tensor.UInt8, tensor.UInt32}

func (c *Context) selected(op string, in ...*ir.Value) *ir.Value {
	d := in[1].Type.DType
	if slices.Contains(selectable, d) || in[0].Const != nil && in[1].Const != nil && in[2].Const != nil {
		return c.emitBroadcast(op, d, in...)
	}
	for _, t := range selectable {
		if t.Size() == d.Size() && d.Size() > 0 {
			return c.relabel(c.emitBroadcast(op, t, in[0], c.relabel(in[1], t), c.relabel(in[2], t)), d)
		}
	}
	build.Refuse("%v can't be selected in TFLite", d)
	return nil
}
