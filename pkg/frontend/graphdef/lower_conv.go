package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// convolutions are the operators with a window of weights.
var convolutions = []Op{
	{Name: "Conv2D", To: "CONV_2D PAD TRANSPOSE", Lower: inFloat32(lowerConv2D), Note: "the number of channels must be known"},
	{Name: "DepthwiseConv2dNative", To: "DEPTHWISE_CONV_2D PAD RESHAPE TRANSPOSE", Lower: inFloat32(lowerDepthwise), Note: "the number of channels must be known"},
	{Name: "Conv3D", To: "CONV_3D PAD TRANSPOSE SPLIT CONCATENATION", Lower: inFloat32(lowerConv3D)},
	{
		Name: "Conv2DBackpropInput", To: "TRANSPOSE_CONV TRANSPOSE STRIDED_SLICE PACK SHAPE SPLIT CONCATENATION",
		Lower: inFloat32(lowerTransposeConv),
	},
	{
		Name: "Conv3DBackpropInputV2", To: "CONV_3D_TRANSPOSE TRANSPOSE STRIDED_SLICE PACK SHAPE",
		Lower: inFloat32(lowerTransposeConv3D),
	},
	{
		Name: "DepthwiseConv2dNativeBackpropInput", To: "TRANSPOSE_CONV TRANSPOSE STRIDED_SLICE PACK SHAPE",
		Lower: inFloat32(lowerTransposeDepthwise), Note: "the filter must be constant",
	},
	{Name: "Conv2DBackpropFilter", Note: gradientsOnly},
	{Name: "Conv3DBackpropFilterV2", Note: gradientsOnly},
	{Name: "DepthwiseConv2dNativeBackpropFilter", Note: gradientsOnly},
	{Name: "Dilation2D", To: "ADD MAXIMUM STRIDED_SLICE PADV2", Lower: inFloat32(lowerDilation), Note: "small filters only"},
}

// gradientsOnly is why operators of training are refused.
const gradientsOnly = "gradients are not part of a model"

func lowerConv2D(c *Context) {
	w := c.window(4)
	x, back := c.images(0, 4)
	filter := ranked(c.In(1), 4, "filter") // HWIO
	channels, per := c.dim(x, 3, "number of channels"), c.dim(filter, 2, "filter")
	if per == 0 || channels == 0 || channels%per != 0 || c.dim(filter, 3, "filter")%(channels/per) != 0 {
		build.Damaged("the filter has shape %v, which does not fit %d channels", filter.Type.Shape, channels)
	}
	y := c.Emit("CONV_2D", &op.Conv2D{
		Padding: w.padding, StrideH: w.strides[0], StrideW: w.strides[1], DilationH: w.dilations[0], DilationW: w.dilations[1],
	}, c.pad(x, w.pads), c.transpose(filter, 3, 0, 1, 2), c.zeros(filter.Type.Shape[3]))
	c.Out(back(y))
}

func lowerDepthwise(c *Context) {
	w := c.window(4)
	x, back := c.images(0, 4)
	filter := ranked(c.In(1), 4, "filter") // HWCM
	channels, multiplier := c.dim(filter, 2, "filter"), c.dim(filter, 3, "filter")
	if n := c.dim(x, 3, "number of channels"); n != channels {
		build.Damaged("the filter has shape %v, which does not fit %d channels", filter.Type.Shape, n)
	}
	h, width := c.dim(filter, 0, "filter"), c.dim(filter, 1, "filter")
	flat := c.reshape(filter, 1, h, width, channels*multiplier)
	y := c.Emit("DEPTHWISE_CONV_2D", &op.DepthwiseConv2D{
		Padding: w.padding, StrideH: w.strides[0], StrideW: w.strides[1], DilationH: w.dilations[0], DilationW: w.dilations[1], Multiplier: multiplier,
	}, c.pad(x, w.pads), flat, c.zeros(channels*multiplier))
	c.Out(back(y))
}

func lowerConv3D(c *Context) {
	w := c.window(5)
	x, back := c.images(0, 5)
	filter := ranked(c.In(1), 5, "filter") // DHWIO, as CONV_3D has it
	groups := 1
	if channels, per := c.dim(x, 4, "number of channels"), c.dim(filter, 3, "filter"); per > 0 && channels%per == 0 {
		groups = channels / per
	}
	attr := &op.Conv3D{
		Padding: w.padding, StrideD: w.strides[0], StrideH: w.strides[1], StrideW: w.strides[2],
		DilationD: w.dilations[0], DilationH: w.dilations[1], DilationW: w.dilations[2],
	}
	c.Out(back(c.grouped(groups, c.pad(x, w.pads), filter, 4, func(x, filter *ir.Value) *ir.Value { return c.Emit("CONV_3D", attr, x, filter) })))
}

// maxGroups bounds how many operators a grouped layer becomes where TFLite's has no groups.
const maxGroups = 1 << 10

// grouped applies a layer to each of a number of groups of channels: x and the filter are divided along their last dimension, and the filter along the given one, and
// the results are joined.
func (c *Context) grouped(groups int, x, filter *ir.Value, axis int, layer func(x, filter *ir.Value) *ir.Value) *ir.Value {
	if groups == 1 {
		return layer(x, filter)
	}
	if groups > maxGroups {
		build.Refuse("%d groups", groups)
	}
	if groups < 1 || c.dim(filter, axis, "filter")%groups != 0 {
		build.Damaged("a filter of shape %v is divided into %d groups", filter.Type.Shape, groups)
	}
	xs := c.EmitN("SPLIT", &op.Split{Count: groups}, groups, c.Builder.Int(c.name("axis"), len(x.Type.Shape)-1), x)
	filters := c.EmitN("SPLIT", &op.Split{Count: groups}, groups, c.Builder.Int(c.name("axis"), axis), filter)
	parts := make([]*ir.Value, groups)
	for i := range parts {
		parts[i] = layer(xs[i], filters[i])
	}
	return c.Emit("CONCATENATION", &op.Concat{Axis: len(x.Type.Shape) - 1}, parts...)
}
