package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// concats are the operators that join tensors.
var concats = []Op{
	{Name: "Concat", To: "CONCATENATION BITCAST", Lower: func(c *Context) { c.concat(0, c.Ins(1, -1)) }},
	{Name: "ConcatV2", To: "CONCATENATION BITCAST", Lower: func(c *Context) { c.concat(c.Len()-1, c.Ins(0, -2)) }},
	{Name: "ParallelConcat", To: "CONCATENATION BITCAST", Lower: func(c *Context) { c.Out(c.joined(c.Ins(0, -1), 0)) }},
	{Name: "Pack", To: "PACK RESHAPE EXPAND_DIMS CONCATENATION", Lower: lowerPack},
}

var (
	concatTypes = []tensor.DType{
		tensor.Float32, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.Int32, tensor.Int64, tensor.Bool, tensor.UInt32,
	}
	packTypes = []tensor.DType{tensor.Float32, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.Int32, tensor.Int64, tensor.UInt32}
)

func (c *Context) concat(axis int, parts []*ir.Value) {
	if len(parts) == 0 {
		build.Damaged("there is nothing to join")
	}
	c.Out(c.joined(parts, c.axis(c.In(axis), len(parts[0].Type.Shape))))
}

// joined puts tensors one behind the other along an axis, without those that are empty there.
func (c *Context) joined(parts []*ir.Value, axis int) *ir.Value {
	var list []*ir.Value
	for _, v := range parts {
		if axis < 0 || axis >= len(v.Type.Shape) {
			build.Damaged("%v has no axis %d", v.Type, axis)
		}
		if v.Type.Shape[axis] != 0 {
			list = append(list, v)
		}
	}
	if len(parts) == 0 {
		build.Damaged("there is nothing to join")
	}
	switch len(list) {
	case 0:
		return parts[0]
	case 1:
		return list[0]
	}
	var back func(*ir.Value) *ir.Value
	for i := range list {
		list[i], back = c.as(list[i], concatTypes...)
	}
	return back(c.Emit("CONCATENATION", &op.Concat{Axis: axis}, list...))
}

func lowerPack(c *Context) {
	parts := c.Ins(0, -1)
	if len(parts) == 0 {
		build.Damaged("there is nothing to pack")
	}
	axis := axisOf(c.Int("axis", 0), len(parts[0].Type.Shape)+1)
	for _, p := range parts {
		if len(p.Type.Shape) != len(parts[0].Type.Shape) {
			build.Damaged("%v can't be packed with %v", parts[0].Type, p.Type)
		}
	}
	if d := parts[0].Type.DType; len(parts) == 1 || d == tensor.Bool {
		for i := range parts {
			parts[i] = c.expand(parts[i], axis)
		}
		c.Out(c.joined(parts, axis))
		return
	}
	var back func(*ir.Value) *ir.Value
	for i := range parts {
		parts[i], back = c.as(parts[i], packTypes...)
	}
	c.Out(back(c.Emit("PACK", &op.Pack{Count: len(parts), Axis: axis}, parts...)))
}
