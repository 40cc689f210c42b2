package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// lowerTransposeConv lowers the gradient of a convolution by its images, which is what models use as a transposed convolution. The operands are the
// shape of the result, the filter of the convolution, HWIO, and its results.
func lowerTransposeConv(c *Context) { c.transposeConv(ranked(c.In(1), 4, "filter")) }

// lowerTransposeDepthwise is lowerTransposeConv for a convolution of each channel for itself, by a filter that is zero between channels.
func lowerTransposeDepthwise(c *Context) { c.transposeConv(c.dense(ranked(c.In(1), 4, "filter"))) }

// maxDense bounds the elements of a filter that is mostly zeros.
const maxDense = 1 << 24

// dense makes of a filter for each channel, HWCM, one for all of them, [H, W, C, C·M].
func (c *Context) dense(filter *ir.Value) *ir.Value {
	shape := filter.Type.Shape
	if filter.Const == nil || filter.Type.DType != f32 {
		build.Refuse("the filter must be constant")
	}
	channels, multiplier := shape[2], shape[3]
	wide := tensor.Shape{shape[0], shape[1], channels, channels * multiplier}
	if n := wide.Elements(); n < 0 || n > maxDense {
		build.Refuse("a filter of %v for each channel, as %v", shape, wide)
	}
	t := tensor.New(f32, wide)
	for i, x := range tensor.View[float32](filter.Const) {
		row, m := i/multiplier, i%multiplier // row counts taps and channels
		tensor.View[float32](t)[row*channels*multiplier+row%channels*multiplier+m] = x
	}
	return c.Const(c.name("filter"), t)
}

func (c *Context) transposeConv(filter *ir.Value) {
	w := c.window(4)
	x, back := c.images(2, 4)
	per := c.dim(filter, 2, "filter")
	sizes, groups := c.resultSizes(x, w, per)
	attr := &op.TransposeConv{Padding: w.padding, StrideH: w.strides[0], StrideW: w.strides[1]}
	if groups > 1 {
		sizes = c.vector(c.slice(sizes, 0, 3), c.Ints(c.name("channels"), per))
	}
	y := c.grouped(groups, x, c.dilate(filter, w.dilations), 3, func(x, filter *ir.Value) *ir.Value {
		return c.Emit("TRANSPOSE_CONV", attr, sizes, c.transpose(filter, 2, 0, 1, 3), x)
	})
	c.Out(back(c.crop(y, w.pads)))
}

// lowerTransposeConv3D is lowerTransposeConv for volumes, whose filter stays as it is, DHWIO.
func lowerTransposeConv3D(c *Context) {
	w := c.window(5)
	x, back := c.images(2, 5)
	filter := ranked(c.In(1), 5, "filter")
	sizes, groups := c.resultSizes(x, w, c.dim(filter, 3, "filter"))
	if groups != 1 {
		build.Refuse("%d groups", groups)
	}
	y := c.Emit("CONV_3D_TRANSPOSE", &op.Conv3D{
		Padding: w.padding, StrideD: w.strides[0], StrideH: w.strides[1], StrideW: w.strides[2],
		DilationD: w.dilations[0], DilationH: w.dilations[1], DilationW: w.dilations[2],
	}, sizes, filter, x)
	c.Out(back(c.crop(y, w.pads)))
}

// resultSizes returns the shape of a transposed convolution's result, channels last and before pads are cropped, and the number of groups of
// per channels each. Operand 0 is that shape in the node's layout, or the spatial part of it.
func (c *Context) resultSizes(x *ir.Value, w window, per int) (sizes *ir.Value, groups int) {
	sizes = c.castTo(c.In(0), i32)
	rank := len(x.Type.Shape)
	known, ok := c.Known(sizes)
	if !ok || len(known) != rank && len(known) != rank-2 {
		build.Refuse("the rank of the result must be known when converting")
	}
	groups = 1
	if len(known) == rank {
		order := c.perDimension("input_sizes", known, rank, 1)
		channels := order[rank-1]
		if channels != build.Unknown && per > 0 {
			groups = channels / per
		}
		if c.channelsFirst() {
			at := []int{0}
			for i := 2; i < rank; i++ {
				at = append(at, i)
			}
			sizes = c.Emit("GATHER", &op.Gather{}, sizes, c.Ints(c.name("order"), append(at, 1)...))
		}
		if n := x.Type.Shape[0]; order[0] != n && (order[0] != build.Unknown || n >= 0) {
			sizes = c.vector(c.slice(c.Shape(c.name("shape"), x), 0, 1), c.slice(sizes, 1, rank)) // the number of samples is that of x
		}
	} else {
		sizes = c.vector(c.slice(c.Shape(c.name("shape"), x), 0, 1), sizes, c.Ints(c.name("channels"), per))
	}
	if w.pads != nil {
		more := make([]int, rank)
		for i := range more {
			more[i] = w.pads[2*i] + w.pads[2*i+1]
		}
		sizes = c.Emit("ADD", &op.Arith{}, sizes, c.Ints(c.name("pads"), more...))
	}
	return sizes, groups
}

// vector joins vectors.
func (c *Context) vector(parts ...*ir.Value) *ir.Value {
	return c.Emit("CONCATENATION", &op.Concat{}, parts...)
}

// slice returns elements begin to end, without end, of a vector.
func (c *Context) slice(v *ir.Value, begin, end int) *ir.Value {
	return c.Emit("STRIDED_SLICE", &op.StridedSlice{}, v, c.Ints(c.name("begin"), begin), c.Ints(c.name("end"), end), c.Ints(c.name("stride"), 1))
}

// dilate spreads the taps of a filter over the given distances, with zeros between them.
func (c *Context) dilate(filter *ir.Value, distances []int) *ir.Value {
	if slices.Max(distances) == 1 {
		return filter
	}
	n := len(distances)
	var apart, spread, size []int
	pads := make([]int32, 4*n+2)
	for i, d := range distances {
		k := c.dim(filter, i, "filter")
		if k < 1 || d > 1<<16 {
			build.Refuse("a filter of %d with dilation %d", k, d)
		}
		apart, spread, size = append(apart, k, 1), append(spread, k*d), append(size, (k-1)*d+1)
		pads[4*i+3] = int32(d - 1)
	}
	last := []int{c.dim(filter, n, "filter"), c.dim(filter, n+1, "filter")}
	v := c.reshape(filter, append(apart, last[0]*last[1])...)
	v = c.Emit("PAD", nil, v, c.Const(c.name("paddings"), tensor.I32(tensor.Shape{2*n + 1, 2}, pads...)))
	v = c.reshape(v, append(spread, last...)...)
	return c.Emit("SLICE", nil, v, c.Ints(c.name("begin"), make([]int, n+2)...), c.Ints(c.name("size"), append(size, last...)...))
}

// crop removes from y what EXPLICIT padding adds to it.
func (c *Context) crop(y *ir.Value, pads []int) *ir.Value {
	if pads == nil {
		return y
	}
	rank := len(pads) / 2
	begin, end, all := make([]int, rank), make([]int, rank), 0
	for i := range begin {
		begin[i], end[i] = pads[2*i], -pads[2*i+1]
		if end[i] == 0 {
			all |= 1 << i
		}
	}
	return c.Emit("STRIDED_SLICE", &op.StridedSlice{EndMask: all}, y, c.Ints(c.name("begin"), begin...), c.Ints(c.name("end"), end...),
		c.Ints(c.name("stride"), slices.Repeat([]int{1}, rank)...))
}
