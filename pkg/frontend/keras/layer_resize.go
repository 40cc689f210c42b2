package keras

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// interpolations are Keras's, by name: TensorFlow's operator, and the kernel by which pixels are weighed where that operator can't be taken: with antialiasing, and by waves.
var interpolations = map[string]struct{ op, kernel string }{
	"nearest":  {op: "ResizeNearestNeighbor"},
	"bilinear": {"ResizeBilinear", "triangle"},
	"bicubic":  {"ResizeBicubic", "keyscubic"},
	"lanczos3": {kernel: "lanczos3"},
	"lanczos5": {kernel: "lanczos5"},
}

// resize gives pictures another height and width.
func (c *Context) resize(x, size *ir.Value, interpolation string, antialias bool) *ir.Value {
	how, ok := interpolations[interpolation]
	if !ok {
		build.Refuse("the interpolation %q", interpolation)
	}
	if how.op != "" && !(antialias && how.kernel != "") {
		return c.TF(how.op, graphdef.Attrs{"half_pixel_centers": true, "align_corners": false}, x, size)
	}
	to, known := c.Known(size)
	from := x.Type.Shape[1:3]
	if !known || slices.Contains(to, build.Unknown) || slices.Min(from) < 1 {
		build.Refuse("the interpolation %q, with antialiasing: %v, of pictures of unknown size: fix it with --input-shapes", interpolation, antialias)
	}
	scale := c.Floats(tensor.Shape{2}, float32(to[0])/float32(from[0]), float32(to[1])/float32(from[1]))
	return c.TF("ScaleAndTranslate", graphdef.Attrs{"kernel_type": how.kernel, "antialias": antialias}, x, size, scale, c.Floats(tensor.Shape{2}, 0, 0))
}

func callResizing(c *Context) any {
	return c.resized(c.In(0), c.Config.int("height", 0), c.Config.int("width", 0), c.channelsFirst())
}

func callResizeOperation(c *Context) any {
	size := c.several("size")
	if len(size) != 2 {
		build.Damaged("a size of %d numbers", len(size))
	}
	return c.resized(c.operand(0, "images"), size[0], size[1], c.word("data_format") == "channels_first")
}

// resized resizes one picture or several as the options say that layer and operation have.
func (c *Context) resized(x *ir.Value, height, width int, first bool) *ir.Value {
	x, back := c.last(c.real(x), first)
	rank := c.Rank(x, 3, 4)
	if rank == 3 {
		x = c.TF("ExpandDims", nil, x, c.I32(0))
	}
	if crop, pad := c.flag("crop_to_aspect_ratio", false), c.flag("pad_to_aspect_ratio", false); crop || pad {
		x = c.toRatio(x, height, width, pad)
	}
	interpolation := c.word("interpolation")
	if interpolation == "" {
		interpolation = "bilinear"
	}
	y := c.resize(x, c.I32s(height, width), interpolation, c.flag("antialias", false))
	if rank == 3 {
		y = c.TF("Squeeze", graphdef.Attrs{"squeeze_dims": []int{0}}, y)
	}
	return back(y)
}

// toRatio cuts pictures, or pads them on both sides, to the ratio of a height and a width.
func (c *Context) toRatio(x *ir.Value, height, width int, pad bool) *ir.Value {
	h, w := x.Type.Shape[1], x.Type.Shape[2]
	if h < 1 || w < 1 || height < 1 || width < 1 {
		build.Refuse("pictures of the shape %v to the ratio of %d and %d: fix their size with --input-shapes", x.Type.Shape, height, width)
	}
	tall, wide := int(float32(w*height)/float32(width)), int(float32(h*width)/float32(height)) // at the other's full size
	if pad {
		top, left := (max(h, tall)-h)/2, (max(w, wide)-w)/2
		if top == 0 && left == 0 {
			return x
		}
		return c.TF("PadV2", nil, x, c.matrix(0, 0, top, top, left, left, 0, 0), c.F32(c.num("fill_value", 0)))
	}
	tall, wide = max(min(h, tall), 1), max(min(w, wide), 1)
	return c.TF("Slice", nil, x, c.I32s(0, (h-tall)/2, (w-wide)/2, 0), c.I32s(-1, tall, wide, -1))
}
