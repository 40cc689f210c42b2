package keras

import (
	"encoding/json"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
)

// pictureFunctions work on pictures and other tensors with spatial dimensions, channels last.
var pictureFunctions = map[string]func(c *Context) any{
	"nn.conv2d":                       func(c *Context) any { return c.filter("Conv2D", "input", "filters") },
	"compat.v1.nn.conv2d":             func(c *Context) any { return c.filter("Conv2D", "input", "filter") },
	"nn.depthwise_conv2d":             func(c *Context) any { return c.filter("DepthwiseConv2dNative", "input", "filter") },
	"nn.max_pool2d":                   func(c *Context) any { return c.slide("MaxPool") },
	"nn.max_pool":                     func(c *Context) any { return c.slide("MaxPool") },
	"nn.avg_pool2d":                   func(c *Context) any { return c.slide("AvgPool") },
	"nn.avg_pool":                     func(c *Context) any { return c.slide("AvgPool") },
	"compat.v1.nn.avg_pool":           func(c *Context) any { return c.slide("AvgPool") },
	"compat.v1.nn.max_pool":           func(c *Context) any { return c.slide("MaxPool") },
	"nn.depth_to_space":               func(c *Context) any { return c.rearrange("DepthToSpace") },
	"nn.space_to_depth":               func(c *Context) any { return c.rearrange("SpaceToDepth") },
	"compat.v1.depth_to_space":        func(c *Context) any { return c.rearrange("DepthToSpace") },
	"compat.v1.space_to_depth":        func(c *Context) any { return c.rearrange("SpaceToDepth") },
	"nn.local_response_normalization": callLocalNorm,
	"image.resize":                    callImageResize,
	"compat.v1.image.resize_bilinear": func(c *Context) any {
		return c.resizeAs("ResizeBilinear", c.flag("align_corners", false), c.flag("half_pixel_centers", false))
	},
	"compat.v1.image.resize_nearest_neighbor": func(c *Context) any {
		return c.resizeAs("ResizeNearestNeighbor", c.flag("align_corners", false), c.flag("half_pixel_centers", false))
	},
	"image.flip_left_right": func(c *Context) any { return c.flipped(2) },
	"image.flip_up_down":    func(c *Context) any { return c.flipped(1) },
}

// four expands a number or two, or takes four, for the dimensions of pictures; 1 where the argument is left out.
func (c *Context) four(name string) []int {
	list := c.several(name)
	switch len(list) {
	case 0:
		list = []int{1}
		fallthrough
	case 1:
		return []int{1, list[0], list[0], 1}
	case 2:
		return []int{1, list[0], list[1], 1}
	case 4:
		return list
	}
	build.Damaged("%q has %d numbers", name, len(list))
	return nil
}

// lastChannels refuses other orders of dimensions.
func (c *Context) lastChannels() {
	if f := c.word("data_format"); f != "" && f != "NHWC" {
		build.Refuse("the order of dimensions %s", f)
	}
}

func (c *Context) padding() string {
	switch p := c.param(-1, "padding").(type) {
	case nil:
		return "VALID"
	case string:
		if p == "SAME" || p == "VALID" {
			return p
		}
	}
	build.Refuse("padding %v", c.param(-1, "padding"))
	return ""
}

// filter convolves with a kernel that is another tensor, or in the call.
func (c *Context) filter(op, x, kernel string) any {
	c.lastChannels()
	a := graphdef.Attrs{"strides": c.four("strides"), "padding": c.padding(), "dilations": c.four("dilations")}
	return c.TF(op, a, c.operand(0, x), c.operand(1, kernel))
}

func (c *Context) slide(op string) any {
	c.lastChannels()
	x := c.operand(0, "input")
	c.Rank(x, 4, 4)
	a := graphdef.Attrs{"ksize": c.four("ksize"), "padding": c.padding()}
	a["strides"] = a["ksize"]
	if c.param(-1, "strides") != nil {
		a["strides"] = c.four("strides")
	}
	return c.TF(op, a, x)
}

func (c *Context) rearrange(op string) any {
	c.lastChannels()
	return c.TF(op, graphdef.Attrs{"block_size": c.whole("block_size", 1)}, c.operand(0, "input"))
}

func callLocalNorm(c *Context) any {
	a := graphdef.Attrs{"depth_radius": c.whole("depth_radius", 5), "bias": c.num("bias", 1), "alpha": c.num("alpha", 1), "beta": c.num("beta", 0.5)}
	return c.TF("LRN", a, c.operand(0, "input"))
}

// callImageResize is tf.image.resize, of TensorFlow 2.
func callImageResize(c *Context) any {
	if c.flag("antialias", false) || c.flag("preserve_aspect_ratio", false) {
		build.Refuse("resizing with antialiasing, or that keeps the aspect ratio")
	}
	switch method := c.param(-1, "method").(type) {
	case nil:
		return c.resizeAs("ResizeBilinear", false, true)
	case json.Number:
		switch integer("method", method) {
		case 0:
			return c.resizeAs("ResizeBilinear", false, true)
		case 1:
			return c.resizeAs("ResizeNearestNeighbor", false, true)
		}
	case string:
		switch method {
		case "bilinear":
			return c.resizeAs("ResizeBilinear", false, true)
		case "nearest":
			return c.resizeAs("ResizeNearestNeighbor", false, true)
		}
	}
	build.Refuse("resizing by the method %v", c.param(-1, "method"))
	return nil
}

func (c *Context) resizeAs(op string, align, half bool) *ir.Value {
	x := c.operand(0, "images")
	c.Rank(x, 4, 4)
	y := c.TF(op, graphdef.Attrs{"align_corners": align, "half_pixel_centers": half}, x, c.vector(1, "size"))
	return y
}

func (c *Context) flipped(a int) *ir.Value {
	x := c.operand(0, "image")
	return c.TF("ReverseV2", nil, x, c.I32s(a-4+c.Rank(x, 3, 4)))
}
