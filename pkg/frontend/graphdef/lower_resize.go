package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// images are the operators on images.
var images = []Op{
	{Name: "ResizeBilinear", To: "RESIZE_BILINEAR CAST", Lower: lowerResizeBilinear},
	{Name: "ResizeNearestNeighbor", To: "RESIZE_NEAREST_NEIGHBOR BITCAST", Lower: lowerResizeNearest},
	{Name: "ResizeBicubic", To: resampling, Note: "images of known size only", Lower: lowerResizeBicubic},
	{Name: "ResizeArea", To: resampling, Note: "images of known size only", Lower: lowerResizeArea},
	{Name: "ScaleAndTranslate", To: resampling, Note: "images of known size only", Lower: lowerScaleAndTranslate},
	{Name: "CropAndResize", To: cropping, Lower: lowerCropAndResize},
	{Name: "ImageProjectiveTransformV2", Note: "TFLite has no operator for it"},
	{Name: "ImageProjectiveTransformV3", Note: "TFLite has no operator for it"},
	{Name: "DrawBoundingBoxes", Note: "TFLite has no operator for it"},
	{Name: "DrawBoundingBoxesV2", Note: "TFLite has no operator for it"},
	{Name: "DecodeImage", Note: decoding},
	{Name: "DecodeJpeg", Note: decoding},
	{Name: "DecodePng", Note: decoding},
	{Name: "DecodeBmp", Note: decoding},
	{Name: "DecodeGif", Note: decoding},
	{Name: "DecodeAndCropJpeg", Note: decoding},
	{Name: "RGBToHSV", To: colours, Lower: func(c *Context) { c.colours(c.toHSV) }},
	{Name: "HSVToRGB", To: colours, Lower: func(c *Context) { c.colours(c.fromHSV) }},
	{Name: "AdjustContrastv2", To: "MEAN SUB MUL ADD", Lower: lowerContrast},
	{Name: "AdjustSaturation", To: colours, Lower: func(c *Context) {
		c.colours(func(rgb []*ir.Value) []*ir.Value {
			hsv := c.toHSV(rgb)
			hsv[1] = c.clamped(c.mul(hsv[1], c.In(1)), 0, 1)
			return c.fromHSV(hsv)
		})
	}},
	{Name: "AdjustHue", To: colours, Lower: func(c *Context) {
		c.colours(func(rgb []*ir.Value) []*ir.Value {
			hsv := c.toHSV(rgb)
			hsv[0] = c.Emit("FLOOR_MOD", nil, c.add(hsv[0], c.In(1)), c.scalar(1))
			return c.fromHSV(hsv)
		})
	}},
}

const (
	decoding   = "compressed images are not part of TFLite: make their pixels the input"
	resampling = "RESHAPE BATCH_MATMUL"
	colours    = "UNPACK PACK MAXIMUM MINIMUM SUB DIV MUL ADD EQUAL GREATER LESS SELECT_V2 ABS FLOOR_MOD"
)

var nearestTypes = []tensor.DType{tensor.Float32, tensor.UInt8, tensor.Int8, tensor.Int16}

// resized reads the operands of a resizing operator.
func (c *Context) resized() (x, size *ir.Value, attr *op.Resize, shape tensor.Shape) {
	x, size = c.In(0), c.index32(c.In(1))
	if len(x.Type.Shape) != 4 {
		build.Damaged("%v are no images", x.Type)
	}
	if length(size, "the size") != 2 {
		build.Damaged("a size of %v", size.Type)
	}
	attr = &op.Resize{AlignCorners: c.Bool("align_corners", false), HalfPixelCenters: c.Bool("half_pixel_centers", false)}
	return x, size, attr, tensor.Shape{x.Type.Shape[0], -1, -1, x.Type.Shape[3]}
}

func lowerResizeBilinear(c *Context) {
	x, size, attr, shape := c.resized()
	x = c.castTo(x, f32)
	c.Out(c.EmitAs("RESIZE_BILINEAR", attr, []ir.Type{typed(f32, shape...)}, x, size)[0])
}

func lowerResizeNearest(c *Context) {
	x, size, attr, shape := c.resized()
	y, back := c.as(x, nearestTypes...)
	c.Out(back(c.EmitAs("RESIZE_NEAREST_NEIGHBOR", attr, []ir.Type{typed(y.Type.DType, shape...)}, y, size)[0]))
}

// lowerContrast scales the distance of pixels from the mean of their channel.
func lowerContrast(c *Context) {
	x := c.In(0)
	mean := c.Emit("MEAN", &op.Reduce{KeepDims: true}, x, c.Ints(c.name("axes"), -3, -2))
	c.Out(c.add(c.mul(c.sub(x, mean), c.In(1)), mean))
}

// colours applies f to the three channels of x, the last dimension.
func (c *Context) colours(f func(channels []*ir.Value) []*ir.Value) {
	x := c.In(0)
	last := len(x.Type.Shape) - 1
	if last < 0 || x.Type.Shape[last] != 3 {
		build.Damaged("%v have not three channels", x.Type)
	}
	list := f(c.EmitN("UNPACK", &op.Unpack{Count: 3, Axis: last}, 3, x))
	c.Out(c.Emit("PACK", &op.Pack{Count: 3, Axis: last}, list...))
}

func (c *Context) clamped(x *ir.Value, lo, hi float32) *ir.Value {
	return c.Emit("MINIMUM", nil, c.Emit("MAXIMUM", nil, x, c.scalar(lo)), c.scalar(hi))
}

// toHSV computes hue, saturation and value, each from 0 to 1, of red, green and blue. With V the greatest of these and C what it is above the least, S is C/V,
// and H is in sixths of a turn (G-B)/C, (B-R)/C + 2 or (R-G)/C + 4 where R, G or B is V; both are 0 where they would be divided by 0.
func (c *Context) toHSV(rgb []*ir.Value) []*ir.Value {
	r, g, b := rgb[0], rgb[1], rgb[2]
	zero := c.scalar(0)
	v := c.Emit("MAXIMUM", nil, c.Emit("MAXIMUM", nil, r, g), b)
	chroma := c.sub(v, c.Emit("MINIMUM", nil, c.Emit("MINIMUM", nil, r, g), b))
	s := c.selectV2(c.Emit("GREATER", nil, v, zero), c.div(chroma, v), zero)
	norm := c.div(c.scalar(1.0/6), chroma)
	h := c.selectV2(c.Emit("EQUAL", nil, g, v), c.add(c.mul(norm, c.sub(b, r)), c.scalar(2.0/6)), c.add(c.mul(norm, c.sub(r, g)), c.scalar(4.0/6)))
	h = c.selectV2(c.Emit("EQUAL", nil, r, v), c.mul(norm, c.sub(g, b)), h)
	h = c.selectV2(c.Emit("GREATER", nil, chroma, zero), h, zero)
	h = c.selectV2(c.Emit("LESS", nil, h, zero), c.add(h, c.scalar(1)), h)
	return []*ir.Value{h, s, v}
}

// fromHSV is the inverse of toHSV: each channel is V(1 - S + S·d), where d is |6H-3|-1, 2-|6H-2| or 2-|6H-4|, limited to 0 and 1.
func (c *Context) fromHSV(hsv []*ir.Value) []*ir.Value {
	h, s, v := c.mul(hsv[0], c.scalar(6)), hsv[1], hsv[2]
	off := func(at float32) *ir.Value { return c.Emit("ABS", nil, c.sub(h, c.scalar(at))) }
	rest := c.sub(c.scalar(1), s)
	rgb := []*ir.Value{c.sub(off(3), c.scalar(1)), c.sub(c.scalar(2), off(2)), c.sub(c.scalar(2), off(4))}
	for i, d := range rgb {
		rgb[i] = c.mul(c.add(rest, c.mul(s, c.clamped(d, 0, 1))), v)
	}
	return rgb
}
