package keras

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
)

// others are augmentations that do nothing at inference, and classes that can't be converted, each for its reason.
var others = []Layer{
	{Class: "AugMix", Call: callFirst},
	{Class: "CutMix", Call: callFirst},
	{Class: "MixUp", Call: callFirst},
	{Class: "RandAugment", Call: callFirst},
	{Class: "Solarization", Call: callFirst},
	{Class: "MaxNumBoundingBoxes", Call: callFirst, Note: "pictures stay as they are"},
	{Class: "RandomCrop", Call: callRandomCrop, Note: "does nothing, as in Keras 3"},
	{Class: "AutoContrast", Call: callAutoContrast},
	{Class: "Equalization", Call: callFirst},
	{Class: "ContrastLimitedAdaptiveHistogramEqualization", Note: "histograms of each part of a picture: leave the layer out of the model, and equalize pictures before it"},
	{Class: "HashedCrossing", Note: "a hash function: leave the layer out of the model"},
	{Class: "TFSMLayer", Note: "a SavedModel, which is not in the file: convert that SavedModel"},
	{Class: "JaxLayer", Note: "holds Python code: export the model as a SavedModel (model.export)"},
	{Class: "FlaxLayer", Note: "holds Python code: export the model as a SavedModel (model.export)"},
	{Class: "TorchModuleWrapper", Note: "a module of PyTorch, whose code is not in the file"},
	{Class: "Wrapper", Note: "a class of its own, whose code is not in the file: export the model as a SavedModel (model.export)"},
}

func callRandomCrop(c *Context) any {
	if c.im.keras2 {
		build.Refuse("resizing that keeps the aspect ratio, as Keras 2 does: leave the layer out of the model")
	}
	return callFirst(c)
}

// callAutoContrast stretches each channel of each picture over the range of colours; one of a single colour stays.
func callAutoContrast(c *Context) any {
	x := c.real(c.In(0))
	c.Rank(x, 4, 4)
	bounds := []float32{0, 255}
	if list := c.Config.list("value_range"); len(list) == 2 {
		bounds = []float32{number("value_range", list[0]), number("value_range", list[1])}
	}
	// moved takes one range to another.
	moved := func(v *ir.Value, from, to []float32) *ir.Value {
		if from[0] == to[0] && from[1] == to[1] {
			return v
		}
		v = c.div(c.sub(v, c.F32(from[0])), c.F32(from[1]-from[0]))
		return c.add(c.mul(v, c.F32(to[1]-to[0])), c.F32(to[0]))
	}
	colours := []float32{0, 255}
	y := moved(x, bounds, colours)
	low, high := c.reduce("Min", y, true, 1, 2), c.reduce("Max", y, true, 1, 2)
	scale := c.div(c.F32(255), c.sub(high, low))
	y = c.clip(c.sub(c.mul(y, scale), c.mul(low, scale)), 0, 255)
	y = moved(y, colours, bounds)
	return c.where(c.TF("IsNan", nil, y), x, y)
}
