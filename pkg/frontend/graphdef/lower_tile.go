package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// tiles are the operators that repeat a tensor.
var tiles = []Op{
	{Name: "Tile", To: "TILE BITCAST", Lower: lowerTile},
	{Name: "BroadcastTo", To: "BROADCAST_TO RESHAPE BITCAST", Lower: func(c *Context) { c.Out(c.broadcastTo(c.In(0), c.constant32(c.In(1)))) }},
}

// broadcastRank is the number of dimensions that BROADCAST_TO takes.
const broadcastRank = 8

var (
	tileTypes      = []tensor.DType{tensor.Float32, tensor.Int32, tensor.Int64, tensor.UInt8, tensor.Int8, tensor.Bool, tensor.Int16, tensor.String}
	broadcastTypes = []tensor.DType{tensor.Float32, tensor.Int32, tensor.Int64, tensor.UInt8, tensor.Int8, tensor.Bool, tensor.Int16, tensor.UInt32}
)

func lowerTile(c *Context) {
	x, times := c.In(0), c.constant32(c.In(1))
	rank := len(x.Type.Shape)
	if length(times, "the multiples") != rank {
		build.Damaged("multiples of %v do not fit %v", times.Type, x.Type)
	}
	if list, ok := c.whole(times); ok && !slices.ContainsFunc(list, func(n int) bool { return n != 1 }) {
		c.Out(x)
		return
	}
	y, back := c.as(x, tileTypes...)
	c.Out(back(c.EmitAs("TILE", nil, []ir.Type{typed(y.Type.DType, unknownShape(rank)...)}, y, times)[0]))
}

// broadcastTo repeats x to a shape.
func (c *Context) broadcastTo(x, shape *ir.Value) *ir.Value {
	rank := length(shape, "the shape")
	if want, ok := c.whole(shape); ok && x.Type.Static() {
		switch s := tensor.Shape(want); {
		case s.Equal(x.Type.Shape):
			return x
		case s.Elements() == x.Type.Shape.Elements():
			if all, err := tensor.Broadcast(x.Type.Shape, want); err != nil || !all.Equal(s) {
				build.Damaged("shape %v does not broadcast to %v", x.Type.Shape, s)
			}
			return c.reshape(x, want...)
		case rank > broadcastRank:
			return c.repeat(x, want)
		}
	}
	if rank > broadcastRank {
		build.Refuse("an unknown shape of %d dimensions", rank)
	}
	y, back := c.as(x, broadcastTypes...)
	return back(c.EmitAs("BROADCAST_TO", nil, []ir.Type{typed(y.Type.DType, unknownShape(rank)...)}, y, shape)[0])
}

// repeat is broadcastTo for shapes of any number of known dimensions, by TILE.
func (c *Context) repeat(x *ir.Value, want []int) *ir.Value {
	shape := slices.Clone(want)
	times := slices.Clone(want)
	for i := range shape {
		j := i - (len(want) - len(x.Type.Shape))
		if shape[i] = 1; j >= 0 {
			shape[i] = x.Type.Shape[j]
		}
		switch {
		case shape[i] == want[i]:
			times[i] = 1
		case shape[i] != 1:
			build.Damaged("shape %v does not broadcast to %v", x.Type.Shape, want)
		}
	}
	y, back := c.as(x, tileTypes...)
	return back(c.Emit("TILE", nil, c.reshape(y, shape...), c.Ints(c.name("multiples"), times...)))
}
