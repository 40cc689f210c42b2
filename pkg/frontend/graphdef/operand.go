package graphdef

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// index32 returns an operand of indices or sizes as int32. Constants beyond its range are limited to it: as ends of slices they mean the same.
func (c *Context) index32(v *ir.Value) *ir.Value {
	if v.Type.DType == i32 {
		return v
	}
	if v.Const == nil {
		return c.castTo(v, i32)
	}
	list, err := v.Const.Ints()
	if err != nil {
		build.Damaged("%w", err)
	}
	narrow := make([]int32, len(list))
	for i, x := range list {
		narrow[i] = int32(min(max(x, math.MinInt32), math.MaxInt32))
	}
	return c.Const(c.name("index"), tensor.I32(v.Type.Shape, narrow...))
}

// constant32 is index32 for constants; others stay as they are, for operators that take int64 as well.
func (c *Context) constant32(v *ir.Value) *ir.Value {
	if v.Const == nil {
		return v
	}
	return c.index32(v)
}

// whole returns the elements of an operand of integers if all of them are known.
func (c *Context) whole(v *ir.Value) ([]int, bool) {
	list, ok := c.Known(v)
	return list, ok && !slices.Contains(list, build.Unknown)
}

// intOf returns the one element of an operand, which must be known.
func (c *Context) intOf(v *ir.Value, what string) int {
	list, ok := c.whole(v)
	if !ok {
		build.Refuse("%s is no constant", what)
	}
	if len(list) != 1 {
		build.Damaged("%s has %d elements", what, len(list))
	}
	return list[0]
}

// axis returns the axis of a tensor of the given rank that an operand names, which must be known.
func (c *Context) axis(v *ir.Value, rank int) int { return axisOf(c.intOf(v, "the axis"), rank) }

// axisOf resolves a negative axis.
func axisOf(axis, rank int) int {
	a, err := tensor.Axis(axis, rank)
	if err != nil {
		build.Damaged("%w", err)
	}
	return a
}

// length returns the number of elements of a vector such as a shape, which must be known.
func length(v *ir.Value, what string) int {
	if len(v.Type.Shape) != 1 || v.Type.Shape[0] < 0 {
		build.Refuse("the number of elements of %s is not known", what)
	}
	if v.Type.Shape[0] > maxVector {
		build.Refuse("%s has %d elements", what, v.Type.Shape[0])
	}
	return v.Type.Shape[0]
}

// atLeast1 returns v, or the vector of its one element if it is a scalar.
func (c *Context) atLeast1(v *ir.Value) *ir.Value {
	if len(v.Type.Shape) == 0 {
		return c.Emit("RESHAPE", &op.Reshape{}, v, c.Ints(c.name("shape"), 1))
	}
	return v
}

// unknownShape is the shape of a tensor of which only the rank is known.
func unknownShape(rank int) tensor.Shape {
	s := make(tensor.Shape, rank)
	for i := range s {
		s[i] = -1
	}
	return s
}

// carriers lists element types that can stand for others of their size in operators that only move elements.
var carriers = []tensor.DType{tensor.Float32, tensor.Int32, tensor.UInt8, tensor.Int8, tensor.Bool, tensor.Int16, tensor.Int64}

// as returns v as one of the element types, which an operator that only moves elements takes, by reading its bytes as those of another type
// where that is needed. back takes results to v's own type.
func (c *Context) as(v *ir.Value, types ...tensor.DType) (w *ir.Value, back func(*ir.Value) *ir.Value) {
	d := v.Type.DType
	if slices.Contains(types, d) {
		return v, func(v *ir.Value) *ir.Value { return v }
	}
	for _, to := range carriers {
		if to.Bits() == d.Bits() && slices.Contains(types, to) {
			return c.bitcast(v, to), func(v *ir.Value) *ir.Value { return c.bitcast(v, d) }
		}
	}
	build.Refuse("TFLite can't do this with elements of %v", d)
	return nil, nil
}

// bitcast reads the bytes of v as elements of a type of the same size.
func (c *Context) bitcast(v *ir.Value, d tensor.DType) *ir.Value {
	if v.Type.DType == d {
		return v
	}
	return c.EmitAs("BITCAST", nil, []ir.Type{{DType: d, Shape: v.Type.Shape}}, v)[0]
}

// zero returns a scalar 0 of an element type, an empty string if that is its type.
func (c *Context) zero(d tensor.DType) *ir.Value {
	if d == tensor.String {
		return c.Const(c.name("zero"), &tensor.Tensor{DType: d, Shape: tensor.Shape{}, Data: Strings([][]byte{nil})})
	}
	if d.Size() == 0 {
		build.Refuse("there is no 0 of %v", d)
	}
	return c.Const(c.name("zero"), tensor.New(d, tensor.Shape{}))
}

// one returns a scalar 1 of an element type.
func (c *Context) one(d tensor.DType) *ir.Value {
	one := c.castTo(c.Builder.Int(c.name("one"), 1), d)
	if one.Const == nil {
		build.Refuse("there is no 1 of %v", d)
	}
	return one
}
