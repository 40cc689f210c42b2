package keras

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// networks are operations that layers are made of, and those on pictures and sounds.
var networks = []Layer{
	{Class: "Conv", Call: func(c *Context) any {
		x, w, back := c.operated()
		return back(c.convolve(x, c.operand(1, "kernel"), w))
	}},
	{Class: "DepthwiseConv", Call: func(c *Context) any {
		x, w, back := c.operated()
		return back(c.depthwiseBy(x, c.operand(1, "kernel"), w))
	}},
	{Class: "SeparableConv", Call: func(c *Context) any {
		x, w, back := c.operated()
		y := c.depthwiseBy(x, c.operand(1, "depthwise_kernel"), w)
		return back(c.convolve(y, c.operand(2, "pointwise_kernel"), window{n: w.n, strides: ones(w.n), dilation: ones(w.n), padding: "valid"}))
	}},
	{Class: "ConvTranspose", Call: func(c *Context) any {
		x, w, back := c.operated()
		kernel := c.operand(1, "kernel")
		c.Rank(kernel, w.n+2, w.n+2)
		k := kernel.Type.Shape
		return back(c.convolveBack(x, kernel, w, k[:w.n], k[w.n]))
	}},
	{Class: "MaxPool", Call: func(c *Context) any { return callPool(c, c.spatialRank(), "MaxPool") }},
	{Class: "AveragePool", Call: func(c *Context) any { return callPool(c, c.spatialRank(), "AvgPool") }},
	{Class: "AdaptiveMaxPool", Call: func(c *Context) any { return callAdaptive(c, c.spatialRank(), "MaxPool") }},
	{Class: "AdaptiveAveragePool", Call: func(c *Context) any { return callAdaptive(c, c.spatialRank(), "AvgPool") }},
	{Class: "BatchNorm", Call: callBatchNormOperation},
	{Class: "LayerNorm", Call: func(c *Context) any {
		return c.normalizedBy(c.flag("rms_scaling", false), "gamma", "beta")
	}},
	{Class: "RMSNorm", Call: func(c *Context) any { return c.normalizedBy(true, "scale", "") }},
	{Class: "DotProductAttention", Call: callDotProduct},
	{Class: "DepthToSpace", Call: func(c *Context) any { return c.blocks("DepthToSpace") }},
	{Class: "SpaceToDepth", Call: func(c *Context) any { return c.blocks("SpaceToDepth") }},
	{Class: "RGBToGrayscale", Call: func(c *Context) any {
		x, back := c.last(c.real(c.operand(0, "images")), c.word("data_format") == "channels_first")
		weights := c.Floats(tensor.Shape{3, 1}, 0.2989, 0.587, 0.114)
		return back(c.TF("BatchMatMulV2", nil, c.atLeast(x, 3), weights))
	}},
	{Class: "RGBToHSV", Call: func(c *Context) any { return c.colours("RGBToHSV") }},
	{Class: "HSVToRGB", Call: func(c *Context) any { return c.colours("HSVToRGB") }},
	{Class: "ExtractPatches", Call: callPatches},
	{Class: "PadImages", Call: func(c *Context) any { return c.framed("padding", 1) }},
	{Class: "CropImages", Call: func(c *Context) any { return c.framed("cropping", -1) }},
	{Class: "ExtractSequences", Call: func(c *Context) any {
		return c.frames(c.operand(0, "x"), c.whole("sequence_length", 1), c.whole("sequence_stride", 1))
	}},
	{Class: "STFT", Call: func(c *Context) any {
		centered := c.flag("center", true)
		x := c.real(c.operand(0, "x"))
		return c.parts(c.shortFourier(x, c.whole("sequence_length", 1), c.whole("sequence_stride", 1), c.whole("fft_length", 1), c.param(-1, "window"), centered))
	}},
	{Class: "RFFT", Call: func(c *Context) any {
		x := c.real(c.operand(0, "x"))
		n := c.whole("fft_length", c.Last(x))
		return c.parts(c.TF("RFFT", nil, x, c.I32s(n)))
	}},
	{Class: "IRFFT", Call: func(c *Context) any {
		x := c.complex()
		return c.TF("IRFFT", nil, x, c.I32s(c.whole("fft_length", 2*(c.Last(x)-1))))
	}},
	{Class: "FFT", Call: func(c *Context) any { return c.parts(c.TF("FFT", nil, c.complex())) }},
	{Class: "FFT2", Call: func(c *Context) any { return c.parts(c.TF("FFT2D", nil, c.complex())) }},
	{Class: "IFFT2", Call: func(c *Context) any { return c.parts(c.TF("IFFT2D", nil, c.complex())) }},
}

// spatialRank returns the number of spatial dimensions of the first operand.
func (c *Context) spatialRank() int { return c.Rank(c.In(0), 3, 5) - 2 }

// operated returns the first operand with its channels last, how a window moves over it, and the way back.
func (c *Context) operated() (*ir.Value, window, func(*ir.Value) *ir.Value) {
	w := c.window(c.spatialRank())
	x, back := c.last(c.real(c.In(0)), w.first)
	return x, w, back
}

func callBatchNormOperation(c *Context) any {
	x := c.real(c.operand(0, "x"))
	rank := len(x.Type.Shape)
	a := axis(c.whole("axis", -1), rank)
	wide := func(i int, name string) *ir.Value { return c.along(c.operand(i, name), a, rank) }
	scale := c.TF("Rsqrt", nil, c.add(wide(2, "variance"), c.F32(c.num("epsilon", 1e-3))))
	if c.param(4, "scale") != nil {
		scale = c.mul(scale, wide(4, "scale"))
	}
	y := c.mul(c.sub(x, wide(1, "mean")), scale)
	if c.param(3, "offset") != nil {
		y = c.add(y, wide(3, "offset"))
	}
	return y
}

// normalizedBy divides by the deviation over the operation's axes, with the mean taken away unless plain, and scales by operands of these axes.
func (c *Context) normalizedBy(plain bool, gamma, beta string) *ir.Value {
	x := c.real(c.operand(0, "x"))
	axes := c.several("axis")
	if axes == nil {
		axes = []int{-1}
	}
	rank := len(x.Type.Shape)
	dims := ones(rank)
	for i, a := range axes {
		axes[i] = axis(a, rank)
		dims[axes[i]] = x.Type.Shape[axes[i]]
	}
	wide := func(v *ir.Value) *ir.Value { return c.Reshape(v, build.Fixed(dims...)...) }
	y := x
	if !plain {
		y = c.sub(x, c.reduce("Mean", x, true, axes...))
	}
	power := c.reduce("Mean", c.TF("Square", nil, y), true, axes...)
	y = c.mul(y, c.TF("Rsqrt", nil, c.add(power, c.F32(c.num("epsilon", epsilon)))))
	if c.param(1, gamma) != nil {
		y = c.mul(y, wide(c.operand(1, gamma)))
	}
	if beta != "" && c.param(2, beta) != nil {
		y = c.add(y, wide(c.operand(2, beta)))
	}
	return y
}

// callDotProduct is attention of heads: query [batch, queries, heads, features], key and value [batch, keys, heads, features].
func callDotProduct(c *Context) any {
	q, k, v := c.operand(0, "query"), c.operand(1, "key"), c.operand(2, "value")
	for _, x := range []*ir.Value{q, k, v} {
		c.Rank(x, 4, 4)
	}
	if heads, shared := q.Type.Shape[2], k.Type.Shape[2]; heads > shared && shared > 1 {
		k, v = c.repeat(k, 2, heads/shared), c.repeat(v, 2, heads/shared)
	}
	scale := c.num("scale", float32(1/math.Sqrt(float64(c.Last(k)))))
	scores := c.mul(c.einsum("bqhd,bkhd->bhqk", q, k), c.F32(scale))
	if c.param(3, "bias") != nil {
		scores = c.add(scores, c.operand(3, "bias"))
	}
	if limit := c.num("attn_logits_soft_cap", 0); limit > 0 {
		build.Refuse("a limit of the scores")
	}
	if c.param(4, "mask") != nil {
		scores = c.where(c.asMask(c.operand(4, "mask")), scores, c.F32(-0.7*math.MaxFloat32))
	}
	if c.flag("is_causal", false) {
		n, m := scores.Type.Shape[2], scores.Type.Shape[3]
		if n < 0 || m < 0 || n*m > 1<<24 {
			build.Refuse("a causal mask of scores of the shape %v", scores.Type.Shape)
		}
		far := make([]float32, n*m)
		for i := range far {
			if i%m > i/m {
				far[i] = masked
			}
		}
		scores = c.add(scores, c.Floats(tensor.Shape{n, m}, far...))
	}
	return c.einsum("bhqk,bkhd->bqhd", softmax(c, scores, -1), v)
}

// blocks moves channels to places, or back.
func (c *Context) blocks(op string) *ir.Value {
	x, back := c.last(c.operand(0, "x"), c.word("data_format") == "channels_first")
	c.Rank(x, 4, 4)
	return back(c.TF(op, graphdef.Attrs{"block_size": c.whole("block_size", 2)}, x))
}

// colours converts pictures, channels last or first.
func (c *Context) colours(op string) *ir.Value {
	x, back := c.last(c.real(c.operand(0, "images")), c.word("data_format") == "channels_first")
	return back(c.TF(op, nil, x))
}

// callPatches lists what windows see: [batch, rows, columns, height·width·channels].
func callPatches(c *Context) any {
	x, back := c.last(c.real(c.operand(0, "images")), c.word("data_format") == "channels_first")
	c.Rank(x, 4, 4)
	two := func(name string, otherwise []int) []int {
		list := c.several(name)
		switch len(list) {
		case 0:
			return otherwise
		case 1:
			return repeat(list[0], 2)
		case 2:
			return list
		}
		build.Refuse("patches of %d dimensions", len(list))
		return nil
	}
	wrap := func(list []int) []int { return []int{1, list[0], list[1], 1} }
	size := two("size", ones(2))
	padding := "VALID"
	if c.word("padding") == "same" {
		padding = "SAME"
	}
	a := graphdef.Attrs{"ksizes": wrap(size), "strides": wrap(two("strides", size)), "rates": wrap(two("dilation_rate", ones(2))), "padding": padding}
	return back(c.TF("ExtractImagePatches", a, x))
}

// framed pads pictures on each side (1), or takes off as much (-1): two of top, bottom and the height that results are given, and likewise of left, right and width.
func (c *Context) framed(what string, sign int) *ir.Value {
	x, back := c.last(c.operand(0, "images"), c.word("data_format") == "channels_first")
	rank := c.Rank(x, 3, 4)
	begin, end := repeat(0, rank), repeat(0, rank)
	for i, side := range [][3]string{{"top_", "bottom_", "target_height"}, {"left_", "right_", "target_width"}} {
		a := rank - 3 + i
		size := x.Type.Shape[a]
		front, behind := c.whole(side[0]+what, -1), c.whole(side[1]+what, -1)
		if size < 0 {
			build.Refuse("pictures of unknown size, %v", x.Type.Shape)
		}
		total := sign * (c.whole(side[2], size) - size) // of both
		switch {
		case front < 0 && behind < 0:
			front, behind = total/2, total-total/2
		case front < 0:
			front = total - behind
		case behind < 0:
			behind = total - front
		}
		begin[a], end[a] = front, behind
	}
	if slices.Min(begin) < 0 || slices.Min(end) < 0 {
		build.Damaged("%s by %v and %v", what, begin, end)
	}
	if sign < 0 {
		for a := range begin {
			if begin[a] > 0 || end[a] > 0 {
				x = c.cut(x, a, begin[a], end[a])
			}
		}
		return back(x)
	}
	var pads []int
	for a := range begin {
		pads = append(pads, begin[a], end[a])
	}
	return back(c.TF("Pad", nil, x, c.matrix(pads...)))
}

// complex makes complex numbers of the first operand, a pair of their parts.
func (c *Context) complex() *ir.Value {
	list := c.Ins()
	if len(list) != 2 {
		build.Refuse("complex numbers that are not given as a pair of their parts")
	}
	return c.TF("Complex", nil, c.real(list[0]), c.real(list[1]))
}

// parts is a pair of the parts of complex numbers.
func (c *Context) parts(x *ir.Value) []any {
	return []any{c.TF("Real", nil, x), c.TF("Imag", nil, x)}
}
