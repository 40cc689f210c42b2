package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// splits are the operators that cut a tensor along an axis.
var splits = []Op{
	{Name: "Split", Results: []string{"output"}, To: "SPLIT SPLIT_V BITCAST", Lower: lowerSplit},
	{Name: "SplitV", Results: []string{"output"}, To: "SPLIT_V BITCAST", Lower: lowerSplitV},
	{Name: "Unpack", Results: []string{"output"}, To: "UNPACK STRIDED_SLICE BITCAST", Lower: lowerUnpack},
}

var (
	splitTypes  = []tensor.DType{tensor.Float32, tensor.Int32, tensor.UInt8, tensor.Int8, tensor.Int16}
	splitVTypes = []tensor.DType{tensor.Float32, tensor.Int32, tensor.UInt8, tensor.Int8, tensor.Int16, tensor.Int64}
	unpackTypes = []tensor.DType{tensor.Float32, tensor.Int32, tensor.UInt8, tensor.Int8, tensor.Bool, tensor.Int16}
)

func lowerSplit(c *Context) {
	axis, x, n := c.In(0), c.In(1), c.count("num_split")
	rank := len(x.Type.Shape)
	if n == 1 {
		c.Out(x)
		return
	}
	if x.Type.DType.Bits() == 64 {
		a := c.axis(axis, rank)
		if d := x.Type.Shape[a]; d < 0 || d%n != 0 {
			build.Refuse("dimension %d of %v can't be split into %d", a, x.Type, n)
		}
		sizes := make([]int, n)
		for i := range sizes {
			sizes[i] = x.Type.Shape[a] / n
		}
		c.splitV(x, c.Ints(c.name("sizes"), sizes...), c.Builder.Int(c.name("axis"), a), nil)
		return
	}
	y, back := c.as(x, splitTypes...)
	if _, ok := c.whole(axis); ok {
		axis = c.Builder.Int(c.name("axis"), c.axis(axis, rank))
	}
	c.Out(each(c.EmitAs("SPLIT", &op.Split{Count: n}, alike(typed(y.Type.DType, unknownShape(rank)...), n), axis, y), back)...)
}

// count returns an attribute that is a number of results.
func (c *Context) count(name string) int {
	n := c.Int(name, 0)
	if n < 1 || n > 1<<16 {
		build.Damaged("%s is %d", name, n)
	}
	return n
}

// alike returns n types that are the same.
func alike(t ir.Type, n int) []ir.Type {
	list := make([]ir.Type, n)
	for i := range list {
		list[i] = t
	}
	return list
}

func lowerSplitV(c *Context) {
	x, sizes, n := c.In(0), c.index32(c.In(1)), c.count("num_split")
	axis := c.axis(c.In(2), len(x.Type.Shape))
	if length(sizes, "the list of sizes") != n {
		build.Damaged("%v do not fit %d results", sizes.Type, n)
	}
	if n == 1 {
		c.Out(x)
		return
	}
	shape := x.Type.Shape.Clone()
	for i := range shape {
		if shape[i] = likeOf(x, i); i == axis {
			shape[i] = -1
		}
	}
	c.splitV(x, sizes, c.Builder.Int(c.name("axis"), axis), shape)
}

// splitV emits SPLIT_V; shape is that of results whose sizes are not known.
func (c *Context) splitV(x, sizes, axis *ir.Value, shape tensor.Shape) {
	y, back := c.as(x, splitVTypes...)
	n := sizes.Type.Shape[0]
	c.Out(each(c.EmitAs("SPLIT_V", &op.Split{Count: n}, alike(typed(y.Type.DType, shape...), n), y, sizes, axis), back)...)
}

func lowerUnpack(c *Context) {
	x := c.In(0)
	rank := len(x.Type.Shape)
	axis := axisOf(c.Int("axis", 0), rank)
	n := c.Int("num", 0)
	if d := x.Type.Shape[axis]; d >= 0 && d != n || n < 0 || n > 1<<16 {
		build.Damaged("dimension %d of %v has not %d slices", axis, x.Type, n)
	}
	shape := append(x.Type.Shape[:axis:axis], x.Type.Shape[axis+1:]...)
	list := make([]*ir.Value, n)
	switch {
	case n == 1 && x.Type.Shape[axis] == 1:
		drop := make([]bool, rank)
		drop[axis] = true
		list[0] = c.squeeze(x, drop)
	case x.Type.DType.Bits() == 64 || x.Type.DType == tensor.String || x.Type.Shape[axis] < 0:
		for i := range list {
			list[i] = c.pick(x, axis, i)
		}
	case n > 0:
		y, back := c.as(x, unpackTypes...)
		list = each(c.EmitAs("UNPACK", &op.Unpack{Count: n, Axis: axis}, alike(typed(y.Type.DType, shape...), n), y), back)
	}
	c.Out(list...)
}

// each applies f to each of the values.
func each(values []*ir.Value, f func(*ir.Value) *ir.Value) []*ir.Value {
	list := make([]*ir.Value, len(values))
	for i, v := range values {
		list[i] = f(v)
	}
	return list
}

// pick returns the slice with an index along an axis, without that axis.
func (c *Context) pick(x *ir.Value, axis, index int) *ir.Value {
	p := make([]position, len(x.Type.Shape))
	for i := range p {
		p[i] = everything
	}
	p[axis] = single(build.Dim{Size: index}, build.Dim{Size: index + 1})
	return c.cut(x, p)
}
