package keras

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
)

// pools are the pools, of windows and of whole tensors.
var pools = func() []Layer {
	var list []Layer
	for n, suffix := range map[int]string{1: "1D", 2: "2D", 3: "3D"} {
		list = append(list,
			Layer{Class: "MaxPooling" + suffix, Call: func(c *Context) any { return callPool(c, n, "MaxPool") }},
			Layer{Class: "AveragePooling" + suffix, Call: func(c *Context) any { return callPool(c, n, "AvgPool") }},
			Layer{Class: "GlobalMaxPooling" + suffix, Call: func(c *Context) any { return callGlobal(c, n, "Max") }},
			Layer{Class: "GlobalAveragePooling" + suffix, Call: func(c *Context) any { return callGlobal(c, n, "Mean") }},
			Layer{Class: "AdaptiveMaxPooling" + suffix, Call: func(c *Context) any { return callAdaptive(c, n, "MaxPool") }, Note: "bins of equal sizes"},
			Layer{Class: "AdaptiveAveragePooling" + suffix, Call: func(c *Context) any { return callAdaptive(c, n, "AvgPool") }, Note: "bins of equal sizes"},
		)
	}
	return list
}()

func callPool(c *Context, n int, op string) any {
	x, back := c.last(c.In(0), c.channelsFirst())
	c.Rank(x, n+2, n+2)
	size := c.Config.ints("pool_size", n, repeat(2, n)...)
	w := window{n: n, strides: size, dilation: ones(n), padding: c.Config.text("padding", "valid")}
	if c.Config.has("strides") {
		w.strides = c.Config.ints("strides", n)
	}
	return back(c.pool(op, x, size, w))
}

// callAdaptive has as many windows as output_size says, which are alike where that divides the input's size.
func callAdaptive(c *Context, n int, op string) any {
	x, back := c.last(c.In(0), c.channelsFirst())
	c.Rank(x, n+2, n+2)
	out, size := c.Config.ints("output_size", n), make([]int, n)
	for i, in := range x.Type.Shape[1 : 1+n] {
		if in < 1 || i >= len(out) || out[i] < 1 || in%out[i] != 0 {
			build.Refuse("bins of unequal sizes, %v of a tensor of shape %v", out, x.Type.Shape)
		}
		size[i] = in / out[i]
	}
	return back(c.pool(op, x, size, window{n: n, strides: size, dilation: ones(n), padding: "valid"}))
}

// pool emits a pool of n spatial dimensions, channels last.
func (c *Context) pool(op string, x *ir.Value, size []int, w window) *ir.Value {
	a := w.attrs()
	delete(a, "dilations")
	switch w.n {
	case 1:
		a["ksize"] = []int{1, 1, size[0], 1}
		return c.lift(c.TF(op, a, c.flat(x)))
	case 2:
		a["ksize"] = []int{1, size[0], size[1], 1}
		return c.TF(op, a, x)
	}
	a["ksize"] = []int{1, size[0], size[1], size[2], 1}
	return c.TF(op+"3D", a, x)
}

func repeat(x, n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = x
	}
	return list
}

// callGlobal reduces over all spatial dimensions.
func callGlobal(c *Context, n int, op string) any {
	x := c.In(0)
	c.Rank(x, n+2, n+2)
	first := 1
	if c.channelsFirst() {
		first = 2
	}
	axes := make([]int, n)
	for i := range axes {
		axes[i] = first + i
	}
	if m := c.explicitMask(); m != nil && n == 1 && op == "Mean" {
		m = c.real(c.TF("ExpandDims", nil, m, c.I32(3-first)))
		keep := c.Config.bool("keepdims", false)
		kept := c.where(c.TF("Greater", nil, m, c.F32(0)), x, c.F32(0))
		return c.div(c.reduce("Sum", kept, keep, axes...), c.reduce("Sum", m, keep, axes...))
	}
	return c.reduce(op, x, c.Config.bool("keepdims", false), axes...)
}
