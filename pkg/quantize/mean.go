package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/op"
)

// oneSided names operators whose results are 0 or more, but for little, whatever they are given.
var oneSided = set(
	"ABS", "ELU", "EXP", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "PRELU", "RELU", "RELU6", "RELU_0_TO_1", "RSQRT", "SOFTMAX", "SQRT", "SQUARE", "SQUARED_DIFFERENCE",
)

// keepsSide names operators of whose results that is true if it is of all of their operands.
var keepsSide = set(
	"ADD", "AVERAGE_POOL_2D", "BATCH_TO_SPACE_ND", "BROADCAST_TO", "CONCATENATION", "DEPTH_TO_SPACE", "DEQUANTIZE", "DIV", "EXPAND_DIMS", "GATHER", "L2_NORMALIZATION", "MAXIMUM", "MAX_POOL_2D", "MEAN",
	"MINIMUM", "MIRROR_PAD", "MUL", "PACK", "PAD", "PADV2", "QUANTIZE", "REDUCE_MAX", "REDUCE_MIN", "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "REVERSE_V2", "SLICE", "SPACE_TO_BATCH_ND",
	"SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "SUM", "TILE", "TRANSPOSE", "UNPACK",
)

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// fitOf is the fit of the weights that are operand i of o. Balanced is for those that multiply numbers with a mean, by which the sum of a channel's rounding errors shifts the result. Where the mean is next
// to 0, as behind a convolution without an activation, sums that vanish are worth nothing, and single errors are larger for them. Numbers beside each other in a plane are alike, so that kernels of several
// elements, and those of DEPTHWISE_CONV_2D, are balanced whatever they multiply.
func (g *graph) fitOf(o *operation, i int) Fit {
	f := g.choiceOf(use{o, i}).Fit
	if d := o.inputs[i].dims(); f != Balanced || o.is("DEPTHWISE_CONV_2D") || len(d) == 4 && o.is("CONV_2D", "TRANSPOSE_CONV") && d[1]*d[2] > 1 {
		return f
	}
	data := 0
	switch {
	case o.is("TRANSPOSE_CONV"):
		data = 2
	case i == 0:
		data = 1
	}
	if !hasMean(o.input(data), map[*value]bool{}) {
		return ByError
	}
	return f
}

// hasMean reports whether the numbers of a value are 0 or more, but for little, by what makes it, or else by its range. known are the answers for values that it comes from.
func hasMean(v *value, known map[*value]bool) bool {
	if v == nil {
		return false
	}
	if p, ok := known[v]; ok {
		return p
	}
	p := false
	switch o := v.made; {
	case o.is(constant):
		p = len(v.floats()) > 0 && slices.Min(v.floats()) >= 0
	case o != nil && (oneSided[o.name] || slices.Contains([]op.Activation{op.Relu, op.Relu6}, activation(o.attr))):
		p = true
	case v.stat != nil:
		p = v.stat.lo >= 0
	case v.recorded != nil:
		p = v.recorded.lo >= 0
	case o != nil && keepsSide[o.name]:
		p = !slices.ContainsFunc(o.inputs, func(w *value) bool { return w != nil && (w.float || w.quantized != nil) && !hasMean(w, known) })
	}
	known[v] = p
	return p
}
