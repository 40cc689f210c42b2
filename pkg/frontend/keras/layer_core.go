package keras

import (
	"encoding/json"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// cores are the layers of weights without structure, and those that do nothing at inference.
var cores = []Layer{
	{Class: "Dense", Call: callDense},
	{Class: "EinsumDense", Call: callEinsumDense},
	{Class: "Embedding", Call: callEmbedding},
	{Class: "ReversibleEmbedding", Call: callReversible},
	{Class: "Activation", Call: func(c *Context) any { return c.activate("activation", "linear", c.In(0)) }},
	{Class: "Identity", Call: callFirst},
	{Class: "Dropout", Call: callFirst},
	{Class: "SpatialDropout1D", Call: callFirst},
	{Class: "SpatialDropout2D", Call: callFirst},
	{Class: "SpatialDropout3D", Call: callFirst},
	{Class: "AlphaDropout", Call: callFirst},
	{Class: "GaussianDropout", Call: callFirst},
	{Class: "GaussianNoise", Call: callFirst},
	{Class: "ActivityRegularization", Call: callFirst},
	{Class: "Lambda", Note: "holds Python code: export the model as a SavedModel (model.export), which holds what the code computes"},
	{Class: "ReLU", Call: callReLU},
	{Class: "LeakyReLU", Call: func(c *Context) any {
		return leaky(c, c.In(0), c.Config.float("negative_slope", c.Config.float("alpha", 0.3)))
	}},
	{Class: "PReLU", Call: callPReLU},
	{Class: "ELU", Call: callELU},
	{Class: "ThresholdedReLU", Call: func(c *Context) any { return threshold(c, c.In(0), c.Config.float("theta", 1), 0) }},
	{Class: "Softmax", Call: callSoftmax},
}

func callFirst(c *Context) any { return c.Arg(0, "inputs") }

// bias adds the layer's bias, if it has one, along the last axis.
func (c *Context) bias(x *ir.Value, n int) *ir.Value {
	if !c.Config.bool("use_bias", true) {
		return x
	}
	return c.TF("BiasAdd", nil, x, c.Var("bias", n))
}

// callDense multiplies by a kernel [in, units].
func callDense(c *Context) any {
	x, units := c.In(0), c.Config.int("units", 0)
	n := c.Last(x)
	kernel := c.Var("kernel", n, units)
	var bias, y *ir.Value
	if c.Config.bool("use_bias", true) {
		bias = c.Var("bias", units)
	}
	kernel = c.unscaled(c.store, kernel, "kernel_scale", 1, units)
	if rank := c.Rank(x, 1, 8); rank == 2 {
		y = c.TF("MatMul", nil, x, kernel)
	} else {
		y = c.TF("BatchMatMulV2", nil, x, kernel)
	}
	if bias != nil {
		y = c.add(y, bias)
	}
	return c.activate("activation", "linear", y)
}

// callEinsumDense contracts with a kernel as an equation says; the bias has the axes of the result that bias_axes names.
func callEinsumDense(c *Context) any {
	x, equation := c.In(0), strings.ReplaceAll(c.Config.text("equation", ""), " ", "")
	kernel := c.Var("kernel")
	axes := c.Config.text("bias_axes", "")
	if axes != "" {
		c.Var("bias") // it comes before the scale
	}
	y := c.einsum(equation, x, c.unscaledEinsum(c.store, kernel, equation))
	if axes != "" {
		b := c.Var("bias")
		_, result, _ := strings.Cut(equation, "->")
		result = strings.ReplaceAll(result, "...", "")
		first := len(result)
		for _, a := range axes {
			if i := strings.IndexRune(result, a); i >= 0 {
				first = min(first, i)
			}
		}
		// Axes behind the first that the bias lacks are of size 1.
		dims, k := make([]int, len(result)-first), 0
		for i, label := range result[first:] {
			dims[i] = 1
			if strings.ContainsRune(axes, label) {
				if k >= len(b.Type.Shape) {
					build.Damaged("the bias has the shape %v, which does not fit bias_axes %q", b.Type.Shape, axes)
				}
				for j := k; j < len(b.Type.Shape); j++ { // Keras keeps the bias with its dimensions of 1
					if b.Type.Shape[j] != 1 || j == len(b.Type.Shape)-1 {
						k = j
						break
					}
				}
				dims[i] = b.Type.Shape[k]
				k++
			}
		}
		if b.Type.Shape.Elements() != tensor.Shape(dims).Elements() {
			dims = b.Type.Shape
		}
		y = c.add(y, c.Reshape(b, build.Fixed(dims...)...))
	}
	return c.activate("activation", "linear", y)
}

// callEmbedding takes rows of a table.
func callEmbedding(c *Context) any {
	x := c.In(0)
	rows := c.Config.int("input_dim", -1)
	table := c.Var("embeddings", rows, c.Config.int("output_dim", -1))
	table = c.unscaled(c.store, table, "embeddings_scale", rows, 1)
	if x.Type.DType != tensor.Int32 && x.Type.DType != tensor.Int64 {
		x = c.TF("Cast", graphdef.Attrs{"SrcT": x.Type.DType, "DstT": tensor.Int32}, x)
	}
	y := c.TF("GatherV2", nil, table, x, c.I32(0))
	if c.Config.bool("mask_zero", false) {
		zero := c.TF("Cast", graphdef.Attrs{"SrcT": tensor.Int32, "DstT": x.Type.DType}, c.I32(0))
		c.setMask(y, c.TF("NotEqual", nil, x, zero))
	}
	return y
}

// callReversible is an embedding, or what takes vectors back to the rows: products with the table, or another matrix.
func callReversible(c *Context) any {
	if back, _ := c.Arg(1, "reverse").(bool); !back {
		return callEmbedding(c)
	}
	x, rows, dims := c.In(0), c.Config.int("input_dim", -1), c.Config.int("output_dim", -1)
	table := c.Var("embeddings", rows, dims)
	table = c.unscaled(c.store, table, "embeddings_scale", rows, 1)
	var matrix *ir.Value
	if c.Config.bool("tie_weights", true) {
		matrix = c.transpose(table, 1, 0)
	} else {
		matrix = c.Var("reverse_embeddings", dims, rows)
		matrix = c.unscaled(c.store, matrix, "reverse_embeddings_scale", 1, rows)
	}
	y := c.TF("BatchMatMulV2", nil, x, matrix)
	if most := c.Config.float("logit_soft_cap", 0); most > 0 {
		y = c.mul(c.TF("Tanh", nil, c.div(y, c.F32(most))), c.F32(most))
	}
	return y
}

// callReLU is max(x - threshold, 0) above a threshold, a slope below it, and a limit.
func callReLU(c *Context) any {
	x := c.In(0)
	slope, edge := c.Config.float("negative_slope", 0), c.Config.float("threshold", 0)
	limit, limited := float32(0), c.Config.has("max_value")
	if limited {
		limit = c.Config.float("max_value", 0)
	}
	if slope == 0 && edge == 0 {
		switch {
		case !limited:
			return c.TF("Relu", nil, x)
		case limit == 6:
			return c.TF("Relu6", nil, x)
		}
		return c.TF("Minimum", nil, c.TF("Relu", nil, x), c.F32(limit))
	}
	above := x
	if limited {
		above = c.TF("Minimum", nil, x, c.F32(limit))
	}
	below := c.mul(c.F32(slope), c.sub(x, c.F32(edge)))
	if edge == 0 && !limited {
		return leaky(c, x, slope)
	}
	return c.where(c.TF("GreaterEqual", nil, x, c.F32(edge)), above, below)
}

// callPReLU is relu(x) - alpha relu(-x); alpha has the input's shape without the batch, 1 along shared axes.
func callPReLU(c *Context) any {
	x := c.In(0)
	alpha := c.Var("alpha")
	return c.add(c.TF("Relu", nil, x), c.mul(c.neg(alpha), c.TF("Relu", nil, c.neg(x))))
}

// callELU is x above zero, alpha (exp x - 1) below.
func callELU(c *Context) any {
	x, alpha := c.In(0), c.Config.float("alpha", 1)
	y := c.TF("Elu", nil, x)
	if alpha == 1 {
		return y
	}
	return c.where(c.TF("Greater", nil, x, c.F32(0)), y, c.mul(c.F32(alpha), y))
}

func callSoftmax(c *Context) any {
	x := c.In(0)
	switch a := c.Config["axis"].(type) {
	case nil:
		return softmax(c, x, -1)
	case json.Number:
		return softmax(c, x, integer("axis", a))
	case []any:
		if len(a) == 1 {
			return softmax(c, x, integer("axis", a[0]))
		}
	}
	build.Refuse("a softmax over several axes")
	return nil
}
