package graphdef

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// pools are the operators that join the elements of each window.
var pools = []Op{
	{Name: "MaxPool", To: maxPool.ops, Lower: inFloat32(func(c *Context) { maxPool.lower2D(c) })},
	{Name: "AvgPool", To: avgPool.ops, Lower: inFloat32(func(c *Context) { avgPool.lower2D(c) })},
	{Name: "MaxPoolV2", To: maxPool.ops, Lower: inFloat32(func(c *Context) { maxPool.lower2D(c) }), Note: "the size of windows and the strides must be constant"},
	{Name: "MaxPool3D", To: maxPool.ops, Lower: inFloat32(func(c *Context) { maxPool.lower3D(c) })},
	{Name: "AvgPool3D", To: avgPool.ops, Lower: inFloat32(func(c *Context) { avgPool.lower3D(c) })},
	{
		Name: "MaxPoolWithArgmax", Results: []string{"output", "argmax"}, To: maxPool.ops + " STRIDED_SLICE GREATER MAXIMUM SELECT_V2 GATHER ADD CAST",
		Lower: inFloat32(lowerArgmaxPool), Note: "positions in small windows over images of known size only",
	},
	{Name: "FractionalMaxPool", Note: "it is random"},
	{Name: "FractionalAvgPool", Note: "it is random"},
	{Name: "MaxPoolGrad", Note: gradientsOnly},
	{Name: "MaxPool3DGrad", Note: gradientsOnly},
	{Name: "AvgPoolGrad", Note: gradientsOnly},
	{Name: "AvgPool3DGrad", Note: gradientsOnly},
}

// pool is a kind of pools: the operators for windows over images, and over channels.
type pool struct{ images, channels, ops string }

var (
	maxPool = pool{"MAX_POOL_2D", "REDUCE_MAX", "MAX_POOL_2D PADV2 TRANSPOSE RESHAPE REDUCE_MAX"}
	avgPool = pool{"AVERAGE_POOL_2D", "MEAN", "AVERAGE_POOL_2D TRANSPOSE RESHAPE MEAN"}
)

// shortIntegers are the integers that float32 holds all of.
var shortIntegers = []tensor.DType{tensor.Int8, tensor.UInt8, tensor.Int16, tensor.UInt16}

func (p pool) lower2D(c *Context) {
	x, back := c.images(0, 4)
	size, strides := c.IntList("ksize"), c.IntList("strides")
	if c.Len() > 1 { // MaxPoolV2
		size, strides = c.known(1, "size of windows"), c.known(2, "strides")
	}
	size, strides = c.perDimension("ksize", size, 4, 1), c.perDimension("strides", strides, 4, 1)
	if slices.Min(append(slices.Clone(size), strides...)) < 1 {
		build.Damaged("windows are %v with strides %v", size, strides)
	}
	padding, pads := c.padding(4)
	switch {
	case size[0] != 1 || strides[0] != 1:
		build.Refuse("windows over samples")
	case size[3] != 1 || strides[3] != 1:
		c.Out(back(p.overChannels(c, x, size, strides)))
		return
	}
	switch d := x.Type.DType; {
	case p == maxPool && (d == i32 || d == i64):
		c.Out(back(c.greatest(x, size[1:3], strides[1:3])))
		return
	case p == maxPool && slices.Contains(shortIntegers, d):
		wide := back
		x, back = c.castTo(x, f32), func(v *ir.Value) *ir.Value { return c.castTo(wide(v), d) }
	}
	if pads != nil {
		x = c.pad(x, pads, -math.MaxFloat32) // below all others
	}
	c.Out(back(c.Emit(p.images, p.attr(padding, size[1:3], strides[1:3]), x)))
}

// attr are the attributes of a pool over images.
func (p pool) attr(padding op.Padding, size, strides []int) *op.Pool2D {
	return &op.Pool2D{Padding: padding, FilterH: size[0], FilterW: size[1], StrideH: strides[0], StrideW: strides[1]}
}

// overChannels joins every size[3] channels, which is all that TensorFlow's own kernels can do over channels.
func (p pool) overChannels(c *Context, x *ir.Value, size, strides []int) *ir.Value {
	n := c.dim(x, 3, "number of channels")
	if !slices.Equal(size, strides) || size[1] != 1 || size[2] != 1 || n%size[3] != 0 {
		build.Refuse("windows over channels that are not groups of them")
	}
	dims := c.Dims(c.name("x"), x)
	y := c.Reshape(c.name("groups"), x, append(dims[:3:3], build.Fixed(n/size[3], size[3])...))
	return c.Emit(p.channels, &op.Reduce{}, y, c.Ints(c.name("axis"), 4))
}

// lower3D joins each window of planes after the windows of each plane: both a maximum and a mean over real cells are made of those of parts of
// one size.
func (p pool) lower3D(c *Context) {
	x, back := c.images(0, 5)
	size, strides := c.spatial("ksize", c.IntList("ksize"), 5), c.spatial("strides", c.IntList("strides"), 5)
	padding, pads := c.padding(5)
	if pads != nil {
		build.Refuse("padding EXPLICIT")
	}
	dims := c.Dims(c.name("x"), x)
	y := c.Reshape(c.name("planes"), x, []build.Dim{{Size: -1}, dims[2], dims[3], dims[4]})
	y = c.Emit(p.images, p.attr(padding, size[1:], strides[1:]), y)
	if size[0] == 1 && strides[0] == 1 {
		plane := c.Dims(c.name("plane"), y)
		c.Out(back(c.Reshape(c.name("volumes"), y, []build.Dim{dims[0], dims[1], plane[1], plane[2], plane[3]})))
		return
	}
	plane := c.Dims(c.name("plane"), y)
	y = c.Reshape(c.name("rows"), y, []build.Dim{dims[0], dims[1], {Size: -1}, plane[3]})
	y = c.Emit(p.images, p.attr(padding, []int{size[0], 1}, []int{strides[0], 1}), y)
	depth := c.Dims(c.name("depth"), y)[1]
	c.Out(back(c.Reshape(c.name("volumes"), y, []build.Dim{dims[0], depth, plane[1], plane[2], plane[3]})))
}

// lowerArgmaxPool adds the positions of the greatest elements, which take an operator or more for each cell of a window.
func lowerArgmaxPool(c *Context) {
	maxPool.lower2D(c)
	var at *ir.Value
	if f := build.Try(func() {
		x, _ := c.images(0, 4)
		if c.Bool("include_batch_in_index", false) {
			build.Refuse("positions that count the samples too")
		}
		at = c.positions(x, c.spatial("ksize", c.IntList("ksize"), 4), c.spatial("strides", c.IntList("strides"), 4))
	}); f != nil {
		c.OutEdges(c.unsupported(f.Error()))
		return
	}
	at = c.castTo(at, c.Type("Targmax", i64))
	c.Rename(at, c.Def.Name+":1")
	c.OutEdges(Edge{Value: at})
}
