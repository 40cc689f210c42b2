package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// reversals are the operators that turn dimensions around, or move what is in them.
var reversals = []Op{
	{Name: "ReverseV2", To: "REVERSE_V2 BITCAST", Lower: lowerReverseV2},
	{Name: "Reverse", To: "REVERSE_V2 BITCAST", Lower: lowerReverse},
	{Name: "ReverseSequence", To: "REVERSE_SEQUENCE BITCAST", Lower: lowerReverseSequence},
	{Name: "Roll", To: "STRIDED_SLICE CONCATENATION RANGE SUB FLOOR_MOD GATHER", Note: "known axes only", Lower: lowerRoll},
}

var (
	reverseTypes  = []tensor.DType{tensor.Float32, tensor.UInt8, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64, tensor.Bool}
	sequenceTypes = []tensor.DType{tensor.Float32, tensor.UInt8, tensor.Int16, tensor.Int32, tensor.Int64}
)

func lowerReverseV2(c *Context) {
	x := c.In(0)
	axes, ok := c.whole(c.In(1))
	if !ok {
		y, back := c.as(x, reverseTypes...)
		c.Out(back(c.Emit("REVERSE_V2", nil, y, c.index32(c.In(1)))))
		return
	}
	if len(axes) > len(x.Type.Shape) {
		build.Damaged("%d axes of %v", len(axes), x.Type)
	}
	axes = slices.Clone(axes)
	for i := range axes {
		axes[i] = axisOf(axes[i], len(x.Type.Shape))
	}
	c.Out(c.reverse(x, axes))
}

// lowerReverse is ReverseV2 with a truth value for each dimension.
func lowerReverse(c *Context) {
	x := c.In(0)
	flags, ok := c.whole(c.In(1))
	if !ok || len(flags) != len(x.Type.Shape) {
		build.Refuse("the dimensions are no constants")
	}
	var axes []int
	for i, f := range flags {
		if f != 0 {
			axes = append(axes, i)
		}
	}
	c.Out(c.reverse(x, axes))
}

// reverse turns dimensions around. REVERSE_V2 takes several only if they are next to each other.
func (c *Context) reverse(x *ir.Value, axes []int) *ir.Value {
	y, back := c.as(x, reverseTypes...)
	slices.Sort(axes)
	for i := 0; i < len(axes); {
		j := i + 1
		for j < len(axes) && axes[j] == axes[j-1]+1 {
			j++
		}
		y = c.Emit("REVERSE_V2", nil, y, c.Ints(c.name("axes"), axes[i:j]...))
		i = j
	}
	if len(axes) == 0 {
		return x
	}
	return back(y)
}

func lowerReverseSequence(c *Context) {
	x := c.In(0)
	rank := len(x.Type.Shape)
	attr := &op.ReverseSequence{SeqDim: axisOf(c.Int("seq_dim", 0), rank), BatchDim: axisOf(c.Int("batch_dim", 0), rank)}
	y, back := c.as(x, sequenceTypes...)
	c.Out(back(c.Emit("REVERSE_SEQUENCE", attr, y, c.In(1))))
}

func lowerRoll(c *Context) {
	x, shifts := c.In(0), c.atLeast1(c.index32(c.In(1)))
	axes, ok := c.whole(c.In(2))
	if !ok {
		build.Refuse("the axes are no constants")
	}
	if length(shifts, "the shifts") != len(axes) {
		build.Damaged("shifts of %v do not fit %d axes", shifts.Type, len(axes))
	}
	for i, shift := range c.elements(shifts, false) {
		x = c.roll(x, shift, axisOf(axes[i], len(x.Type.Shape)))
	}
	c.Out(x)
}

// roll moves what is along an axis by shift places; what leaves at the end comes back at the beginning.
func (c *Context) roll(x *ir.Value, shift build.Dim, axis int) *ir.Value {
	size := x.Type.Shape[axis]
	if shift.Value != nil || size < 0 {
		n := c.scalarOf(c.Dims(c.name("dims"), x)[axis])
		order := c.EmitAs("RANGE", nil, []ir.Type{typed(i32, size)}, c.Builder.Int(c.name("first"), 0), n, c.Builder.Int(c.name("step"), 1))[0]
		by := shift.Value
		if by == nil {
			by = c.Builder.Int(c.name("shift"), shift.Size)
		}
		return c.gather(x, c.Emit("FLOOR_MOD", nil, c.sub(order, by), n), axis, 0)
	}
	if size == 0 || shift.Size%size == 0 {
		return x
	}
	cut := build.Dim{Size: (size - shift.Size%size) % size} // where the part begins that comes to the front
	front, back := make([]position, len(x.Type.Shape)), make([]position, len(x.Type.Shape))
	for i := range front {
		front[i], back[i] = everything, everything
	}
	front[axis] = position{begin: cut, last: true, stride: 1}
	back[axis] = position{end: cut, first: true, stride: 1}
	return c.joined([]*ir.Value{c.cut(x, front), c.cut(x, back)}, axis)
}
