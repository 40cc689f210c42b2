package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// reshapes are the operators that give the same elements another shape.
var reshapes = []Op{
	{Name: "Reshape", To: "RESHAPE", Lower: lowerReshape},
	{Name: "ExpandDims", To: "RESHAPE EXPAND_DIMS", Lower: lowerExpandDims},
	{Name: "Squeeze", To: "RESHAPE SQUEEZE", Lower: lowerSqueeze},
}

func lowerReshape(c *Context) {
	x, shape := c.In(0), c.index32(c.In(1))
	rank := length(shape, "the shape")
	y := c.EmitAs("RESHAPE", &op.Reshape{}, []ir.Type{typed(x.Type.DType, unknownShape(rank)...)}, x, shape)[0]
	c.Out(same(x, y))
}

// same returns x in the place of y, which has the same elements, if it has its shape too; y is dead then.
func same(x, y *ir.Value) *ir.Value {
	if y.Const == nil && x.Type.Static() && x.Type.DType == y.Type.DType && x.Type.Shape.Equal(y.Type.Shape) {
		return x
	}
	return y
}

func lowerExpandDims(c *Context) {
	x, at := c.In(0), c.In(1)
	rank := len(x.Type.Shape) + 1
	if _, ok := c.whole(at); !ok {
		c.Out(c.EmitAs("EXPAND_DIMS", nil, []ir.Type{typed(x.Type.DType, unknownShape(rank)...)}, x, at)[0])
		return
	}
	c.Out(c.expand(x, c.axis(at, rank)))
}

// expand inserts a dimension of 1.
func (c *Context) expand(x *ir.Value, at int) *ir.Value {
	return c.inserted(x, slices.Insert(x.Type.Shape.Clone(), at, 1), func() *ir.Value {
		return c.Emit("EXPAND_DIMS", nil, x, c.Builder.Int(c.name("axis"), at))
	})
}

// inserted reshapes x to a shape in which dimensions of 1 are added or dropped. Where more than one dimension is unknown the other way is gone.
func (c *Context) inserted(x *ir.Value, shape []int, otherwise func() *ir.Value) *ir.Value {
	unknown := 0
	for _, d := range shape {
		if d < 0 {
			unknown++
		}
	}
	if unknown > 1 {
		return otherwise()
	}
	return c.Reshape(c.name("reshape"), x, build.Fixed(shape...))
}

func lowerSqueeze(c *Context) {
	x := c.In(0)
	drop := make([]bool, len(x.Type.Shape))
	dims := c.IntList("squeeze_dims", c.IntList("axis")...)
	for _, d := range dims {
		drop[axisOf(d, len(drop))] = true
	}
	for i, d := range x.Type.Shape {
		switch {
		case len(dims) == 0 && d < 0:
			build.Refuse("whether dimension %d of %v is dropped depends on its size: give the inputs' shapes", i, x.Type.Shape)
		case len(dims) == 0:
			drop[i] = d == 1
		case drop[i] && d >= 0 && d != 1:
			build.Damaged("dimension %d of %v is not 1", i, x.Type.Shape)
		}
	}
	c.Out(c.squeeze(x, drop))
}

// squeeze drops dimensions, which are 1.
func (c *Context) squeeze(x *ir.Value, drop []bool) *ir.Value {
	var shape, dims []int
	for i, d := range x.Type.Shape {
		if !drop[i] {
			shape = append(shape, d)
			continue
		}
		dims = append(dims, i)
	}
	if len(dims) == 0 {
		return x
	}
	return c.inserted(x, shape, func() *ir.Value {
		types := []ir.Type{typed(x.Type.DType, shape...)}
		return c.EmitAs("SQUEEZE", &op.Squeeze{Dims: dims}, types, x)[0]
	})
}
