package keras

import "github.com/octetlite/octet/pkg/build"

// others are augmentations that do nothing at inference, and classes that can't be converted, each for its reason.
var others = []Layer{
	{Class: "AugMix", Call: callFirst},
	{Class: "CutMix", Call: callFirst},
	{Class: "MixUp", Call: callFirst},
	{Class: "RandAugment", Call: callFirst},
	{Class: "Solarization", Call: callFirst},
	{Class: "MaxNumBoundingBoxes", Call: callFirst, Note: "pictures stay as they are"},
	{Class: "RandomCrop", Call: callRandomCrop, Note: "does nothing, as in Keras 3"},
	{Class: "AutoContrast", Note: "each picture's own range of colours: export the model as a SavedModel (model.export)"},
	{Class: "Equalization", Note: "a histogram of each picture: leave the layer out of the model"},
	{Class: "ContrastLimitedAdaptiveHistogramEqualization", Note: "histograms of each picture: leave the layer out of the model"},
	{Class: "MelSpectrogram", Note: "a Fourier transform of frames: export the model as a SavedModel (model.export)"},
	{Class: "STFTSpectrogram", Note: "a Fourier transform of frames: export the model as a SavedModel (model.export)"},
	{Class: "HashedCrossing", Note: "a hash function: leave the layer out of the model"},
	{Class: "LocallyConnected1D", Note: "a kernel for each place: export the model as a SavedModel"},
	{Class: "LocallyConnected2D", Note: "a kernel for each place: export the model as a SavedModel"},
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
