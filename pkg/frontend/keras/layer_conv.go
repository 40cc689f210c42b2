package keras

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
)

// convs are the convolutions.
var convs = []Layer{
	{Class: "Conv1D", Call: func(c *Context) any { return callConv(c, 1) }},
	{Class: "Conv2D", Call: func(c *Context) any { return callConv(c, 2) }},
	{Class: "Conv3D", Call: func(c *Context) any { return callConv(c, 3) }},
	{Class: "DepthwiseConv1D", Call: func(c *Context) any { return callDepthwise(c, 1) }},
	{Class: "DepthwiseConv2D", Call: func(c *Context) any { return callDepthwise(c, 2) }},
	{Class: "SeparableConv1D", Call: func(c *Context) any { return callSeparable(c, 1) }},
	{Class: "SeparableConv2D", Call: func(c *Context) any { return callSeparable(c, 2) }},
	{Class: "Conv1DTranspose", Call: func(c *Context) any { return callConvTranspose(c, 1) }},
	{Class: "Conv2DTranspose", Call: func(c *Context) any { return callConvTranspose(c, 2) }},
	{Class: "Conv3DTranspose", Call: func(c *Context) any { return callConvTranspose(c, 3) }},
	// Names of Keras 1 that files still hold.
	{Class: "Convolution1D", Call: func(c *Context) any { return callConv(c, 1) }},
	{Class: "Convolution2D", Call: func(c *Context) any { return callConv(c, 2) }},
}

// window is how a convolution or a pool moves, of n spatial dimensions.
type window struct {
	n                 int
	strides, dilation []int
	padding           string // "valid", "same" or "causal"
	first             bool   // channels come first
}

func (c *Context) window(n int) window {
	w := window{n: n, padding: c.Config.text("padding", "valid"), first: c.channelsFirst()}
	w.strides = c.Config.ints("strides", n, ones(n)...)
	w.dilation = c.Config.ints("dilation_rate", n, ones(n)...)
	if !slices.Contains([]string{"valid", "same", "causal"}, w.padding) || w.padding == "causal" && n != 1 {
		build.Damaged("padding %q", w.padding)
	}
	return w
}

func ones(n int) []int { return slices.Repeat([]int{1}, n) }

// last brings the channels of x to its last dimension, and back returns the way back.
func (c *Context) last(x *ir.Value, first bool) (y *ir.Value, back func(*ir.Value) *ir.Value) {
	if !first {
		return x, func(v *ir.Value) *ir.Value { return v }
	}
	rank := len(x.Type.Shape)
	in, out := []int{0}, []int{0, rank - 1}
	for i := 2; i < rank; i++ {
		in = append(in, i)
		out = append(out, i-1)
	}
	in = append(in, 1)
	return c.transpose(x, in...), func(v *ir.Value) *ir.Value { return c.transpose(v, out...) }
}

// flat inserts a dimension of 1 in front of the one spatial dimension, so that operators of two take it; lift takes it out again.
func (c *Context) flat(x *ir.Value) *ir.Value { return c.TF("ExpandDims", nil, x, c.I32(1)) }
func (c *Context) lift(x *ir.Value) *ir.Value {
	return c.TF("Squeeze", graphdef.Attrs{"squeeze_dims": []int{1}}, x)
}

// attrs are the attributes of TensorFlow's operators of two or three spatial dimensions, channels last.
func (w window) attrs() graphdef.Attrs {
	strides, dilation := w.strides, w.dilation
	if w.n == 1 {
		strides, dilation = []int{1, strides[0]}, []int{1, dilation[0]}
	}
	wrap := func(list []int) []int { return append(append([]int{1}, list...), 1) }
	padding := "VALID"
	if w.padding == "same" {
		padding = "SAME"
	}
	return graphdef.Attrs{"strides": wrap(strides), "dilations": wrap(dilation), "padding": padding}
}

// causal pads the time axis in front, so that no step sees a later one.
func (c *Context) causal(x *ir.Value, w window, kernel int) *ir.Value {
	if w.padding != "causal" {
		return x
	}
	pads := c.matrix(0, 0, w.dilation[0]*(kernel-1), 0, 0, 0)
	return c.TF("Pad", nil, x, pads)
}

// matrix adds a constant of rows of two integers.
func (c *Context) matrix(list ...int) *ir.Value {
	return c.TF("Reshape", nil, c.I32s(list...), c.I32s(len(list)/2, 2))
}

// convolve emits a convolution of n spatial dimensions, channels last.
func (c *Context) convolve(x, kernel *ir.Value, w window) *ir.Value {
	x = c.causal(x, w, kernel.Type.Shape[0])
	switch w.n {
	case 1:
		return c.lift(c.TF("Conv2D", w.attrs(), c.flat(x), c.TF("ExpandDims", nil, kernel, c.I32(0))))
	case 2:
		return c.TF("Conv2D", w.attrs(), x, kernel)
	}
	return c.TF("Conv3D", w.attrs(), x, kernel)
}

// callConv has a kernel [spatial…, in/groups, filters].
func callConv(c *Context, n int) any {
	w := c.window(n)
	x, back := c.last(c.In(0), w.first)
	c.Rank(x, n+2, n+2)
	filters, groups := c.Config.int("filters", 0), c.Config.int("groups", 1)
	channels := c.Last(x)
	if groups < 1 || channels%groups != 0 {
		build.Damaged("%d groups of %d channels", groups, channels)
	}
	kernel := c.Var("kernel", append(c.Config.ints("kernel_size", n), channels/groups, filters)...)
	y := c.bias(c.convolve(x, kernel, w), filters)
	return back(c.activate("activation", "linear", y))
}

// depthwise emits a depthwise convolution of one or two spatial dimensions with a kernel [spatial…, in, multiplier].
func (c *Context) depthwise(x *ir.Value, w window) *ir.Value {
	channels, multiplier := c.Last(x), c.Config.int("depth_multiplier", 1)
	return c.depthwiseBy(x, c.Var("depthwise_kernel", append(c.Config.ints("kernel_size", w.n), channels, multiplier)...), w)
}

func (c *Context) depthwiseBy(x, kernel *ir.Value, w window) *ir.Value {
	if w.n == 2 {
		return c.TF("DepthwiseConv2dNative", w.attrs(), x, kernel)
	} else if w.n != 1 {
		build.Refuse("a depthwise convolution of %d dimensions", w.n)
	}
	x = c.causal(x, w, kernel.Type.Shape[0])
	a := w.attrs()
	a["strides"] = []int{1, w.strides[0], w.strides[0], 1}
	return c.lift(c.TF("DepthwiseConv2dNative", a, c.flat(x), c.TF("ExpandDims", nil, kernel, c.I32(0))))
}

func callDepthwise(c *Context, n int) any {
	w := c.window(n)
	x, back := c.last(c.In(0), w.first)
	c.Rank(x, n+2, n+2)
	y := c.depthwise(x, w)
	return back(c.activate("activation", "linear", c.bias(y, c.Last(y))))
}

// callSeparable is a depthwise convolution and then one of kernel size 1.
func callSeparable(c *Context, n int) any {
	w := c.window(n)
	x, back := c.last(c.In(0), w.first)
	c.Rank(x, n+2, n+2)
	y := c.depthwise(x, w)
	filters := c.Config.int("filters", 0)
	point := c.Var("pointwise_kernel", append(ones(n), c.Last(y), filters)...)
	y = c.convolve(y, point, window{n: n, strides: ones(n), dilation: ones(n), padding: "valid"})
	return back(c.activate("activation", "linear", c.bias(y, filters)))
}

// callConvTranspose has a kernel [spatial…, filters, in].
func callConvTranspose(c *Context, n int) any {
	w := c.window(n)
	x, back := c.last(c.In(0), w.first)
	c.Rank(x, n+2, n+2)
	filters, size := c.Config.int("filters", 0), c.Config.ints("kernel_size", n)
	kernel := c.Var("kernel", append(slices.Clone(size), filters, c.Last(x))...)
	y := c.convolveBack(x, kernel, w, size, filters)
	return back(c.activate("activation", "linear", c.bias(y, filters)))
}

// convolveBack emits a transposed convolution, channels last.
func (c *Context) convolveBack(x, kernel *ir.Value, w window, size []int, filters int) *ir.Value {
	for _, d := range w.dilation {
		if d != 1 {
			build.Refuse("a transposed convolution with a dilation of %v", w.dilation)
		}
	}
	var extra []int
	if c.Config.has("output_padding") {
		extra = c.Config.ints("output_padding", w.n)
	}
	dims := c.Dims(x)
	shape := []build.Dim{dims[0]}
	for i := range w.n {
		in := x.Type.Shape[1+i]
		if in < 0 {
			build.Refuse("a transposed convolution of a tensor whose size is not known, %v", x.Type.Shape)
		}
		shape = append(shape, build.Dim{Size: transposedSize(in, size[i], w.strides[i], w.padding, extra, i)})
	}
	shape = append(shape, build.Dim{Size: filters})
	switch w.n {
	case 1:
		shape = slices.Insert(shape, 1, oneDim)
		return c.lift(c.TF("Conv2DBackpropInput", w.attrs(), c.Vector(c.name+"/output_shape", shape), c.TF("ExpandDims", nil, kernel, c.I32(0)), c.flat(x)))
	case 2:
		return c.TF("Conv2DBackpropInput", w.attrs(), c.Vector(c.name+"/output_shape", shape), kernel, x)
	}
	return c.TF("Conv3DBackpropInputV2", w.attrs(), c.Vector(c.name+"/output_shape", shape), kernel, x)
}

// transposedSize is the size of a transposed convolution's result, as Keras computes it.
func transposedSize(in, kernel, stride int, padding string, extra []int, i int) int {
	switch {
	case extra == nil && padding == "valid":
		return in*stride + max(kernel-stride, 0)
	case extra == nil:
		return in * stride
	case padding == "valid":
		return (in-1)*stride + kernel + extra[i]
	}
	return (in-1)*stride + kernel - 2*(kernel/2) + extra[i]
}
