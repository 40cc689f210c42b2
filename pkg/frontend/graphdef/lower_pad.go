package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// paddings are the operators that surround a tensor.
var paddings = []Op{
	{Name: "Pad", To: "PAD RESHAPE BITCAST", Lower: func(c *Context) { c.Out(c.surround(c.In(0), c.In(1), nil)) }},
	{Name: "PadV2", To: "PADV2 RESHAPE BITCAST", Lower: func(c *Context) { c.Out(c.surround(c.In(0), c.In(1), c.In(2))) }},
	{Name: "MirrorPad", To: "MIRROR_PAD BITCAST", Lower: lowerMirrorPad},
	{Name: "MirrorPadGrad", Note: "gradients are not part of a model"},
}

// padRank is the number of dimensions that PAD takes.
const padRank = 5

var (
	padTypes       = []tensor.DType{tensor.Float32, tensor.Int32, tensor.Int64, tensor.Bool, tensor.Int8, tensor.UInt8, tensor.Int16}
	mirrorPadTypes = []tensor.DType{tensor.Float32, tensor.Int32, tensor.Int64, tensor.Int8, tensor.UInt8}
)

// surround pads x by an operand of shape [rank, 2], with zeros if value is nil.
func (c *Context) surround(x, pads, value *ir.Value) *ir.Value {
	rank := len(x.Type.Shape)
	if !pads.Type.Shape.Equal(tensor.Shape{rank, 2}) {
		build.Damaged("paddings of %v do not fit %v", pads.Type, x.Type)
	}
	if list, ok := c.whole(pads); ok {
		return c.padded(x, list, value)
	}
	if rank > padRank {
		build.Refuse("unknown paddings of %d dimensions", rank)
	}
	y, back := c.as(x, padTypes...)
	types := []ir.Type{typed(y.Type.DType, unknownShape(rank)...)}
	if value == nil {
		return back(c.EmitAs("PAD", nil, types, y, pads)[0])
	}
	value, _ = c.as(value, padTypes...)
	return back(c.EmitAs("PADV2", nil, types, y, pads, value)[0])
}

// padded pads x by two numbers for each dimension, with zeros if value is nil.
func (c *Context) padded(x *ir.Value, pads []int, value *ir.Value) *ir.Value {
	busy := make([]bool, len(x.Type.Shape))
	for i := range busy {
		busy[i] = pads[2*i] != 0 || pads[2*i+1] != 0
	}
	if !slices.Contains(busy, true) {
		return x
	}
	y, back := c.as(x, padTypes...)
	if value != nil {
		value, _ = c.as(value, padTypes...)
	}
	return back(c.byDims(y, busy, padRank, func(x *ir.Value, dims []int) *ir.Value {
		list := make([]int32, 2*len(dims))
		for i, d := range dims {
			if d >= 0 {
				list[2*i], list[2*i+1] = int32(pads[2*d]), int32(pads[2*d+1])
			}
		}
		operand := c.Const(c.name("paddings"), tensor.I32(tensor.Shape{len(dims), 2}, list...))
		if value == nil {
			return c.Emit("PAD", nil, x, operand)
		}
		return c.Emit("PADV2", nil, x, operand, value)
	}))
}

func lowerMirrorPad(c *Context) {
	x, pads := c.In(0), c.constant32(c.In(1))
	attr := &op.MirrorPad{Mode: op.Reflect}
	switch mode := c.String("mode", ""); mode {
	case "REFLECT":
	case "SYMMETRIC":
		attr.Mode = op.Symmetric
	default:
		build.Damaged("the mode is %q", mode)
	}
	if list, ok := c.whole(pads); ok && !slices.ContainsFunc(list, func(n int) bool { return n != 0 }) {
		c.Out(x)
		return
	}
	y, back := c.as(x, mirrorPadTypes...)
	c.Out(back(c.EmitAs("MIRROR_PAD", attr, []ir.Type{typed(y.Type.DType, unknownShape(len(x.Type.Shape))...)}, y, pads)[0]))
}
