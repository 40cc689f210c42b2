package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// tensorArrays are TensorFlow 1's operators on lists of tensors. Each takes the handle of an array and a float that flows from what changes the array to what
// reads it. Here the list itself flows that way; the handle only says what the array was declared as.
var tensorArrays = []Op{
	{Name: "TensorArrayV3", Results: []string{"handle", "flow"}, To: "FILL", Lower: lowerTensorArray},
	{Name: "TensorArrayWriteV3", Results: []string{"flow_out"}, To: "EXPAND_DIMS RESHAPE PACK DYNAMIC_UPDATE_SLICE PAD", Lower: lowerArrayWrite},
	{Name: "TensorArrayReadV3", To: "GATHER UNPACK", Lower: func(c *Context) { c.Out(c.getItem(c.List(2), c.scalar32(c.In(1)), nil)) }},
	{Name: "TensorArrayGatherV3", To: "GATHER SLICE PACK", Lower: lowerArrayGather},
	{Name: "TensorArrayScatterV3", To: "SCATTER_ND PAD", Note: "indices from 0 on, or constant ones", Lower: lowerArrayScatter},
	{Name: "TensorArraySizeV3", To: "SHAPE STRIDED_SLICE", Lower: func(c *Context) { c.Out(c.scalarOf(c.lengthOf(c.List(1)))) }},
	{Name: "TensorArraySplitV3", To: "RESHAPE", Note: "equal lengths only", Lower: lowerArraySplit},
	{Name: "TensorArrayConcatV3", Results: []string{"value", "lengths"}, To: "RESHAPE", Note: "elements of one shape only", Lower: lowerArrayConcat},
	{Name: "TensorArrayCloseV3", Lower: func(*Context) {}},
	{Name: "TensorArrayGradV3", Note: "gradients are not part of a model"},
	{Name: "TensorArrayGradWithShape", Note: "gradients are not part of a model"},
}

// tensorArray is what the handle of an array stands for.
type tensorArray struct{ dynamic bool } // whether it grows where it is written behind its end

func lowerTensorArray(c *Context) {
	l := &List{DType: c.Type("dtype", tensor.Invalid), Count: c.dimOf(c.In(0))}
	if s, unranked := c.ShapeAttr("element_shape"); !unranked {
		l.Element = build.Fixed(s...)
	}
	handle := &Resource{Kind: "tensor array", Name: c.Def.Name, State: &tensorArray{c.Bool("dynamic_size", false)}}
	c.OutEdges(Edge{Resource: handle}, Edge{List: l})
}

// growing reports whether the array whose handle is operand 0 grows.
func (c *Context) growing() bool {
	if r := c.Edge(0).Resource; r != nil {
		if a, ok := r.State.(*tensorArray); ok {
			return a.dynamic
		}
	}
	build.Refuse("input 0 is no handle of a tensor array")
	return false
}

func lowerArrayWrite(c *Context) {
	l, index := c.List(3), c.scalar32(c.In(1))
	if c.growing() {
		l = c.growList(l, c.Emit("ADD", &op.Arith{}, index, c.Builder.Int(c.name("one"), 1)))
	}
	c.OutEdges(Edge{List: c.setItem(l, index, c.In(2))})
}

// counted reports whether v is 0, 1, 2 and so on.
func (c *Context) counted(v *ir.Value) bool {
	if known, ok := c.Known(v); ok {
		for i, x := range known {
			if x != i {
				return false
			}
		}
		return len(v.Type.Shape) == 1
	}
	n := c.maker(v)
	if n == nil || n.Op != "RANGE" || len(n.Inputs) != 3 {
		return false
	}
	start, ok := c.Known(n.Inputs[0])
	step, ok2 := c.Known(n.Inputs[2])
	return ok && ok2 && len(start) == 1 && start[0] == 0 && len(step) == 1 && step[0] == 1
}

// maker returns the node of the graph that makes v, or nil.
func (c *Context) maker(v *ir.Value) *ir.Node {
	for _, n := range c.Graph.Nodes {
		if slices.Contains(n.Outputs, v) {
			return n
		}
	}
	return nil
}

func lowerArrayGather(c *Context) {
	l, at := c.List(2), c.In(1)
	var element []build.Dim
	if s, unranked := c.ShapeAttr("element_shape"); !unranked {
		element = build.Fixed(s...)
	}
	v := c.packItems(c.tensorOf(l, element))
	if !c.counted(at) {
		c.Out(c.Emit("GATHER", &op.Gather{}, v, at))
		return
	}
	n := c.scalarOf(c.Dims(c.name("count"), at)[0])
	if rest, ok := c.Known(c.Emit("SUB", &op.Arith{}, c.scalarOf(c.lengthOf(&List{Value: v})), n)); !ok || len(rest) != 1 || rest[0] != 0 {
		v = c.cutList(&List{Value: v}, n).Value
	}
	c.Out(v)
}

func lowerArrayScatter(c *Context) {
	l, v := c.List(3), c.In(2)
	if len(v.Type.Shape) == 0 {
		build.Damaged("a scalar has no elements")
	}
	if l.Value != nil {
		build.Refuse("scatters into an array that has been written to")
	}
	length := c.scalarOf(c.lengthOf(l))
	if c.counted(c.In(1)) {
		c.OutEdges(Edge{List: c.growList(&List{Value: v}, length)})
		return
	}
	at, size := c.indices(1), 0
	for _, i := range at {
		if i < 0 || i >= constLimit {
			build.Damaged("the index %d", i)
		}
		size = max(size, i+1)
	}
	c.checkRows(v, at)
	c.OutEdges(Edge{List: c.growList(&List{Value: c.place(v, at, size)}, length)})
}

func lowerArraySplit(c *Context) {
	l := c.List(3)
	parts := c.splitRows(c.In(1), c.indices(2), l.Element)
	c.OutEdges(Edge{List: c.growList(parts, c.scalarOf(c.lengthOf(l)))})
}

func lowerArrayConcat(c *Context) {
	var element []build.Dim
	if s, unranked := c.ShapeAttr("element_shape_except0"); !unranked {
		element = append(build.Fixed(-1), build.Fixed(s...)...)
	}
	c.Out(c.joinRows(c.List(1), element))
}
