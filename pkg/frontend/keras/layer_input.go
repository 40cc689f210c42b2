package keras

import (
	"encoding/json"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// inputs are the layers that prepare data.
var inputs = []Layer{
	{Class: "Rescaling", Call: callRescaling},
	{Class: "Normalization", Call: callNormalization},
	{Class: "Resizing", Call: callResizing},
	{Class: "CenterCrop", Call: callCenterCrop},
	{Class: "Discretization", Call: callDiscretization},
	{Class: "CategoryEncoding", Call: callCategoryEncoding},
	{Class: "RandomFlip", Call: callFirst},
	{Class: "RandomRotation", Call: callFirst},
	{Class: "RandomZoom", Call: callFirst},
	{Class: "RandomTranslation", Call: callFirst},
	{Class: "RandomContrast", Call: callFirst},
	{Class: "RandomBrightness", Call: callFirst},
	{Class: "RandomHue", Call: callFirst},
	{Class: "RandomSaturation", Call: callFirst},
	{Class: "RandomSharpness", Call: callFirst},
	{Class: "RandomColorJitter", Call: callFirst},
	{Class: "RandomColorDegeneration", Call: callFirst},
	{Class: "RandomErasing", Call: callFirst},
	{Class: "RandomGrayscale", Call: callFirst},
	{Class: "RandomInvert", Call: callFirst},
	{Class: "RandomPosterization", Call: callFirst},
	{Class: "RandomShear", Call: callFirst},
	{Class: "RandomPerspective", Call: callFirst},
	{Class: "RandomGaussianBlur", Call: callFirst},
	{Class: "RandomElasticTransform", Call: callFirst},
	{Class: "RandomHeight", Call: callFirst},
	{Class: "RandomWidth", Call: callFirst},
	{Class: "StringLookup", Note: "strings: export the model as a SavedModel, or leave the layer out of the model"},
	{Class: "IntegerLookup", Note: "a table: export the model as a SavedModel, or leave the layer out of the model"},
	{Class: "TextVectorization", Note: "strings: leave the layer out of the model"},
	{Class: "Hashing", Note: "a hash function: leave the layer out of the model"},
}

// real converts x to float32.
func (c *Context) real(x *ir.Value) *ir.Value {
	if f32(x) {
		return x
	}
	return c.TF("Cast", graphdef.Attrs{"SrcT": x.Type.DType, "DstT": tensor.Float32}, x)
}

// numbers reads a number, or nested lists of them, as a constant.
func (c *Context) numbers(key string, x any) *ir.Value {
	shape := tensor.Shape{}
	for y := x; ; {
		list, ok := y.([]any)
		if !ok {
			break
		}
		shape = append(shape, len(list))
		if len(list) == 0 {
			break
		}
		y = list[0]
	}
	var values []float32
	for _, y := range flatten(x) {
		values = append(values, number(key, y))
	}
	if shape.Elements() != len(values) {
		build.Damaged("%q is a ragged list", key)
	}
	return c.Floats(shape, values...)
}

func callRescaling(c *Context) any {
	y := c.mul(c.real(c.In(0)), c.numbers("scale", c.Config["scale"]))
	offset := c.Config["offset"]
	if n, ok := offset.(json.Number); offset == nil || ok && number("offset", n) == 0 {
		return y
	}
	return c.add(y, c.numbers("offset", offset))
}

// callNormalization is (x - mean) / sqrt(variance), of variables that adapt made or of the configuration.
func callNormalization(c *Context) any {
	x := c.real(c.In(0))
	var mean, variance *ir.Value
	if c.Config.has("mean") {
		mean, variance = c.numbers("mean", c.Config["mean"]), c.numbers("variance", c.Config["variance"])
	} else {
		mean, variance = c.Var("mean"), c.Var("variance")
		c.skip() // how many samples were seen
	}
	mean, variance = c.normalized(x, mean), c.normalized(x, variance)
	deviation := c.TF("Maximum", nil, c.TF("Sqrt", nil, variance), c.F32(1e-7))
	if c.Config.bool("invert", false) {
		return c.add(mean, c.mul(x, deviation))
	}
	return c.div(c.sub(x, mean), deviation)
}

// normalized gives a statistic the shape by which it broadcasts: its dimensions are the axes that the layer keeps apart.
func (c *Context) normalized(x, v *ir.Value) *ir.Value {
	rank := len(x.Type.Shape)
	axes := c.axes(rank, -1)
	if !c.Config.has("axis") && c.Config["axis"] == nil {
		if _, given := c.Config["axis"]; given {
			axes = nil
		}
	}
	dims, k := ones(rank), 0
	for _, a := range axes {
		if a == 0 {
			continue
		}
		if k < len(v.Type.Shape) {
			dims[a] = v.Type.Shape[k]
		}
		k++
	}
	if tensor.Shape(dims).Elements() != v.Type.Shape.Elements() {
		return v
	}
	return c.Reshape(v, build.Fixed(dims...)...)
}

// callCenterCrop takes the middle of a picture, which must be at least as large.
func callCenterCrop(c *Context) any {
	x, back := c.last(c.In(0), c.channelsFirst())
	rank := c.Rank(x, 3, 4)
	begin, size := repeat(0, rank), repeat(-1, rank)
	for i, want := range []int{c.Config.int("height", 0), c.Config.int("width", 0)} {
		d := x.Type.Shape[rank-3+i]
		if d < want {
			build.Refuse("a picture of %v is cropped to a larger one", x.Type.Shape)
		}
		begin[rank-3+i], size[rank-3+i] = (d-want)/2, want
	}
	return back(c.TF("Slice", nil, x, c.I32s(begin...), c.I32s(size...)))
}

// callDiscretization tells in which of the bins between boundaries each number lies.
func callDiscretization(c *Context) any {
	var edges []float32
	for _, x := range c.Config.list("bin_boundaries") {
		edges = append(edges, number("bin_boundaries", x))
	}
	if edges == nil {
		build.Refuse("boundaries that adapt made, which are not in the configuration")
	}
	return c.encode(c.TF("Bucketize", graphdef.Attrs{"boundaries": edges}, c.In(0)), c.Config.text("output_mode", "int"), len(edges)+1, nil)
}

// callCategoryEncoding makes a vector of 0 and 1, or of counts, of numbers.
func callCategoryEncoding(c *Context) any {
	x := c.In(0)
	if x.Type.DType != tensor.Int32 && x.Type.DType != tensor.Int64 {
		x = c.TF("Cast", graphdef.Attrs{"SrcT": x.Type.DType, "DstT": tensor.Int32}, x)
	}
	var weights *ir.Value
	if c.Arg(1, "count_weights") != nil {
		weights = c.operand(1, "count_weights")
	}
	return c.encode(x, c.Config.text("output_mode", "multi_hot"), c.Config.int("num_tokens", 0), weights)
}

// encode gives numbers of categories the form that a mode names: themselves, or vectors of as many elements as there are categories. Counts may have weights.
func (c *Context) encode(x *ir.Value, mode string, n int, weights *ir.Value) *ir.Value {
	if mode == "int" {
		return x
	}
	hot := c.TF("OneHot", graphdef.Attrs{"axis": -1}, x, c.I32(n), c.F32(1), c.F32(0))
	rank := len(x.Type.Shape)
	switch {
	case mode == "one_hot":
		if rank > 1 && x.Type.Shape[rank-1] == 1 {
			return c.TF("Squeeze", graphdef.Attrs{"squeeze_dims": []int{rank - 1}}, hot)
		}
		return hot
	case mode == "multi_hot" || mode == "binary":
		if rank == 1 {
			return hot
		}
		return c.reduce("Max", hot, false, rank-1)
	case mode == "count":
		if weights != nil {
			hot = c.mul(hot, c.TF("ExpandDims", nil, c.real(weights), c.I32(rank)))
		}
		if rank == 1 {
			return hot
		}
		return c.reduce("Sum", hot, false, rank-1)
	}
	build.Refuse("the output mode %q", mode)
	return nil
}
