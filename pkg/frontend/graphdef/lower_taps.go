package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// taps is a window over images for which TFLite has no operator: it is taken apart into one slice of the images for each of its cells.
type taps struct {
	size, strides, rates []int
	pads                 []int // before and after each dimension
}

// maxTaps bounds the cells of such a window.
const maxTaps = 64

// taps lays a window over the rows and columns of x.
func (c *Context) taps(x *ir.Value, size, strides, rates []int) taps {
	padding, pads := c.padding(4)
	t := taps{size, strides, rates, pads}
	if pads == nil {
		t.pads = make([]int, 8)
	}
	if size[0] > maxTaps || size[1] > maxTaps || size[0]*size[1] > maxTaps {
		build.Refuse("a window of %d×%d, of which each cell becomes an operator", size[0], size[1])
	}
	for d := range size {
		if rates[d] > 1<<20 || strides[d] > 1<<20 {
			build.Refuse("a window with rate %d and stride %d", rates[d], strides[d])
		}
		if padding != op.Same {
			continue
		}
		total := t.span(d) - 1
		if strides[d] > 1 {
			n := c.dim(x, 1+d, "height and width")
			total = max(0, (n+strides[d]-1)/strides[d]*strides[d]-strides[d]+t.span(d)-n)
		}
		t.pads[2+2*d], t.pads[3+2*d] = total/2, total-total/2
	}
	return t
}

// span is how far the window reaches along a dimension.
func (t *taps) span(d int) int { return (t.size[d]-1)*t.rates[d] + 1 }

// slices returns for each cell of the window, by rows, what the positions of the window have there; outside of x that is the given number.
func (c *Context) slices(x *ir.Value, t taps, outside float64) (list []*ir.Value) {
	padded := false
	for _, n := range t.pads {
		padded = padded || n > 0
	}
	if padded {
		pads := make([]int32, len(t.pads))
		for i, n := range t.pads {
			pads[i] = int32(n)
		}
		x = c.Emit("PADV2", nil, x, c.Const(c.name("paddings"), tensor.I32(tensor.Shape{4, 2}, pads...)), c.number(x, outside))
	}
	for cell := range t.size[0] * t.size[1] {
		at := []int{cell / t.size[1] * t.rates[0], cell % t.size[1] * t.rates[1]}
		end, mask := []int{0, at[0] + 1 - t.span(0), at[1] + 1 - t.span(1), 0}, 1|1<<3
		for d := 1; d < 3; d++ {
			if end[d] == 0 {
				mask |= 1 << d
			}
		}
		list = append(list, c.Emit("STRIDED_SLICE", &op.StridedSlice{EndMask: mask}, x, c.Ints(c.name("begin"), 0, at[0], at[1], 0), c.Ints(c.name("end"), end...),
			c.Ints(c.name("stride"), 1, t.strides[0], t.strides[1], 1)))
	}
	return list
}

// lowerDilation lowers the morphological dilation: the greatest sum of a cell of the filter, HWC, and what lies below it.
func lowerDilation(c *Context) {
	x, filter := ranked(c.In(0), 4, "images"), ranked(c.In(1), 3, "filter")
	size := []int{c.dim(filter, 0, "filter"), c.dim(filter, 1, "filter")}
	t := c.taps(x, size, c.spatial("strides", c.IntList("strides"), 4), c.spatial("rates", c.IntList("rates"), 4))
	cells := c.reshape(filter, -1, c.dim(filter, 2, "filter"))
	var y *ir.Value
	for i, v := range c.slices(x, t, -math.MaxFloat32) {
		cell := c.Emit("STRIDED_SLICE", &op.StridedSlice{EndMask: 2, ShrinkAxisMask: 1}, cells,
			c.Ints(c.name("begin"), i, 0), c.Ints(c.name("end"), i+1, 0), c.Ints(c.name("stride"), 1, 1))
		if v = c.add(v, cell); y == nil {
			y = v
		} else {
			y = c.apply("MAXIMUM", y, v)
		}
	}
	c.Out(y)
}

// greatest is a pool of the greatest elements of integers, for which TFLite's has no kernel.
func (c *Context) greatest(x *ir.Value, size, strides []int) *ir.Value {
	d := x.Type.DType
	lowest := map[tensor.DType]float64{i32: math.MinInt32, i64: math.MinInt64}
	if lowest[d] == 0 {
		build.Refuse("windows over %v", d)
	}
	var y *ir.Value
	for i, v := range c.slices(x, c.taps(x, size, strides, []int{1, 1}), lowest[d]) {
		if i == 0 {
			y = v
		} else {
			y = c.apply("MAXIMUM", y, v)
		}
	}
	return y
}

// positions returns where in its sample, counted over rows, columns and channels, the greatest element of each window lies, the first one of several.
func (c *Context) positions(x *ir.Value, size, strides []int) *ir.Value {
	t := c.taps(x, size, strides, []int{1, 1})
	if len(x.Type.Shape) != 4 || size[0]*size[1] == 1 {
		build.Refuse("positions in windows of one cell")
	}
	var best, at *ir.Value
	for i, v := range c.slices(x, t, -math.MaxFloat32) {
		if number := c.Builder.Int(c.name("cell"), i); best == nil {
			best, at = v, number
		} else {
			at = c.Emit("SELECT_V2", nil, c.apply("GREATER", v, best), number, at)
			best = c.apply("MAXIMUM", best, v)
		}
	}
	width, channels := c.dim(x, 2, "width"), c.dim(x, 3, "number of channels")
	rows, columns := c.dim(best, 1, "height"), c.dim(best, 2, "width")
	var steps []int
	for cell := range size[0] * size[1] {
		steps = append(steps, (cell/size[1]*width+cell%size[1])*channels)
	}
	if n := c.dim(x, 1, "height"); n > math.MaxInt32/max(1, width*channels) || rows*columns*channels > 1<<24 {
		build.Refuse("positions in images of %v", x.Type.Shape)
	}
	base := tensor.New(i32, tensor.Shape{rows, columns, channels})
	for i := range tensor.View[int32](base) {
		row, column, channel := i/channels/columns*strides[0]-t.pads[2], i/channels%columns*strides[1]-t.pads[4], i%channels
		tensor.View[int32](base)[i] = int32((row*width+column)*channels + channel)
	}
	return c.add(c.Emit("GATHER", &op.Gather{}, c.Ints(c.name("steps"), steps...), at), c.Const(c.name("base"), base))
}
