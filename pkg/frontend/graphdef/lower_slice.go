package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// slicings are the operators that take a part of a tensor, or replace it.
var slicings = []Op{
	{Name: "Slice", To: "SLICE RESHAPE BITCAST", Lower: lowerSlice},
	{Name: "StridedSlice", To: "STRIDED_SLICE SLICE RESHAPE EXPAND_DIMS PACK BITCAST", Lower: lowerStridedSlice},
	{Name: "StridedSliceGrad", To: "PAD SCATTER_ND RESHAPE", Note: "constant indices only", Lower: lowerStridedSliceGrad},
	{Name: "TensorStridedSliceUpdate", To: "DYNAMIC_UPDATE_SLICE GATHER SELECT_V2 RESHAPE", Note: "constant indices only", Lower: lowerStridedUpdate},
	{Name: "XlaDynamicSlice", To: "SLICE MAXIMUM MINIMUM", Lower: lowerDynamicSlice},
	{Name: "XlaDynamicUpdateSlice", To: "DYNAMIC_UPDATE_SLICE BITCAST", Lower: func(c *Context) {
		c.Out(c.updateSlice(c.In(0), c.In(1), c.index32(c.In(2))))
	}},
}

// sliceRank is the number of dimensions that SLICE and STRIDED_SLICE take.
const sliceRank = 6

var (
	sliceTypes = []tensor.DType{
		tensor.Float32, tensor.Int32, tensor.Int64, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.Bool, tensor.UInt32, tensor.String,
	}
	updateSliceTypes = []tensor.DType{tensor.Float32, tensor.Int32, tensor.Int64, tensor.Int8, tensor.Bool}
)

func lowerSlice(c *Context) {
	x, begin, size := c.In(0), c.constant32(c.In(1)), c.constant32(c.In(2))
	rank := len(x.Type.Shape)
	if length(begin, "begin") != rank || length(size, "size") != rank {
		build.Damaged("begin of %v and size of %v do not fit %v", begin.Type, size.Type, x.Type)
	}
	from, known := c.whole(begin)
	count, sized := c.whole(size)
	counts, _ := c.Known(size) // as far as they are
	whole, busy := known && sized, make([]bool, rank)
	shape := unknownShape(rank)
	for i, d := range x.Type.Shape {
		busy[i] = !known || !sized || from[i] != 0 || count[i] != -1 && (d < 0 || count[i] != d)
		whole = whole && !busy[i]
		switch {
		case sized && count[i] >= 0:
			shape[i] = count[i]
		case !busy[i], known && counts != nil && from[i] == 0 && counts[i] == -1:
			shape[i] = likeOf(x, i)
		case counts != nil && counts[i] >= 0:
			shape[i] = counts[i]
		}
	}
	switch {
	case whole:
		c.Out(x)
		return
	case begin.Type.DType != size.Type.DType:
		begin, size = c.index32(begin), c.index32(size)
	}
	y, back := c.as(x, sliceTypes...)
	if rank <= sliceRank || !known || !sized {
		c.Out(back(c.EmitAs("SLICE", nil, []ir.Type{typed(y.Type.DType, shape...)}, y, begin, size)[0]))
		return
	}
	c.Out(back(c.byDims(y, busy, sliceRank, func(x *ir.Value, dims []int) *ir.Value {
		b, s := make([]int, len(dims)), make([]int, len(dims))
		for i, d := range dims {
			if s[i] = -1; d >= 0 {
				b[i], s[i] = from[d], count[d]
			}
		}
		return c.Emit("SLICE", nil, x, c.Ints(c.name("begin"), b...), c.Ints(c.name("size"), s...))
	})))
}

// likeOf returns dimension i of x, as a declared shape has it.
func likeOf(x *ir.Value, i int) int {
	if d := x.Type.Shape[i]; d >= 0 {
		return d
	}
	return build.Like(i)
}

// position is what a slice takes of a dimension: from begin to end, as in Python. All of it if all is set.
type position struct {
	begin, end  build.Dim
	stride      int
	first, last bool // begin or end does not count, and the slice goes as far as it can
	drop        bool // the dimension, of which one element is taken, is dropped
	all         bool
}

// everything is the position that takes all.
var everything = position{all: true, first: true, last: true, stride: 1, end: build.Dim{Size: 0}}

// single is the position that takes one element and drops the dimension.
func single(begin, end build.Dim) position {
	return position{begin: begin, end: end, stride: 1, drop: true}
}

// cut takes a part of x, with a position for each of its dimensions.
func (c *Context) cut(x *ir.Value, positions []position) *ir.Value {
	busy, drop := make([]bool, len(positions)), make([]bool, len(positions))
	idle := true
	for i, p := range positions {
		busy[i], drop[i] = !p.all, p.drop
		idle = idle && p.all
	}
	if idle {
		return x
	}
	y, back := c.as(x, sliceTypes...)
	if len(positions) <= sliceRank {
		return back(c.stridedSlice(y, positions))
	}
	y = c.byDims(y, busy, sliceRank, func(x *ir.Value, dims []int) *ir.Value {
		list := make([]position, len(dims))
		for i, d := range dims {
			if list[i] = everything; d >= 0 {
				list[i] = positions[d]
				list[i].drop = false
			}
		}
		return c.stridedSlice(x, list)
	})
	return back(c.squeeze(y, drop))
}

// stridedSlice emits STRIDED_SLICE.
func (c *Context) stridedSlice(x *ir.Value, positions []position) *ir.Value {
	attr := &op.StridedSlice{}
	begin, end, stride := make([]build.Dim, len(positions)), make([]build.Dim, len(positions)), make([]int, len(positions))
	shape := tensor.Shape{}
	for i, p := range positions {
		begin[i], end[i], stride[i] = p.begin, p.end, p.stride
		if p.all {
			end[i] = build.Dim{Size: max(x.Type.Shape[i], 0)}
		}
		if p.first {
			attr.BeginMask |= 1 << i
		}
		if p.last {
			attr.EndMask |= 1 << i
		}
		switch {
		case p.drop:
			attr.ShrinkAxisMask |= 1 << i
		case p.all:
			shape = append(shape, likeOf(x, i))
		default:
			shape = append(shape, p.count(x.Type.Shape[i]))
		}
	}
	types := []ir.Type{typed(x.Type.DType, shape...)}
	return c.EmitAs("STRIDED_SLICE", attr, types, x,
		c.Vector(c.name("begin"), begin), c.Vector(c.name("end"), end), c.Ints(c.name("strides"), stride...))[0]
}

// count returns how many elements a position takes of a dimension, -1 if that is not known.
func (p position) count(size int) int {
	if size < 0 || !p.first && p.begin.Value != nil || !p.last && p.end.Value != nil || p.stride == 0 {
		return -1
	}
	from, to := p.bounds(size)
	if p.stride > 0 {
		return max(0, (to-from+p.stride-1)/p.stride)
	}
	return max(0, (from-to-p.stride-1)/-p.stride)
}

// bounds returns where a position begins and ends in a dimension; both must be known.
func (p position) bounds(size int) (from, to int) {
	lo, hi := 0, size
	if p.stride < 0 {
		lo, hi = -1, size-1
	}
	at := func(d build.Dim, open bool, otherwise int) int {
		x := d.Size
		switch {
		case open:
			return otherwise
		case x < 0:
			x += size
		}
		return max(lo, min(x, hi))
	}
	if p.drop {
		from = p.begin.Size
		if from < 0 {
			from += size
		}
		return from, from + 1
	}
	if p.stride < 0 {
		return at(p.begin, p.first, hi), at(p.end, p.last, lo)
	}
	return at(p.begin, p.first, lo), at(p.end, p.last, hi)
}

func lowerDynamicSlice(c *Context) {
	x, begin, size := c.In(0), c.index32(c.In(1)), c.index32(c.In(2))
	count, ok := c.whole(size)
	if !ok || len(count) != len(x.Type.Shape) {
		build.Refuse("the size is no constant")
	}
	room := c.sub(c.Vector(c.name("dims"), c.Dims(c.name("dims"), x)), size)
	begin = c.Emit("MAXIMUM", nil, c.Emit("MINIMUM", nil, begin, room), c.Builder.Int(c.name("zero"), 0))
	y, back := c.as(x, sliceTypes...)
	c.Out(back(c.EmitAs("SLICE", nil, []ir.Type{typed(y.Type.DType, count...)}, y, begin, size)[0]))
}

// updateSlice replaces the part of x that begins at start.
func (c *Context) updateSlice(x, update, start *ir.Value) *ir.Value {
	y, back := c.as(x, updateSliceTypes...)
	update, _ = c.as(update, updateSliceTypes...)
	return back(c.Emit("DYNAMIC_UPDATE_SLICE", nil, y, update, start))
}
