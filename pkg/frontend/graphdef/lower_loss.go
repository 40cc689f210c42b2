package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// losses are the operators that models keep from training, and those for decoding, which TFLite lacks.
var losses = []Op{
	{Name: "L2Loss", To: "MUL SUM", Lower: inFloat32(lowerL2Loss)},
	{
		Name: "SoftmaxCrossEntropyWithLogits", Results: []string{"loss", "backprop"}, To: "LOG_SOFTMAX NEG EQUAL MUL SELECT_V2 SUM SOFTMAX SUB",
		Lower: inFloat32(func(c *Context) { c.crossEntropy(c.In(0), c.In(1)) }),
	},
	{
		Name: "SparseSoftmaxCrossEntropyWithLogits", Results: []string{"loss", "backprop"},
		To: "ONE_HOT LOG_SOFTMAX NEG EQUAL MUL SELECT_V2 SUM SOFTMAX SUB LESS LESS_EQUAL LOGICAL_AND RESHAPE ADD", Lower: inFloat32(lowerSparseCrossEntropy),
	},
	{Name: "InTopK", Note: "TFLite has no operator for it"},
	{Name: "InTopKV2", Note: "TFLite has no operator for it"},
	{Name: "CTCLoss", Note: "TFLite has no operator for it"},
	{Name: "CTCLossV2", Note: "TFLite has no operator for it"},
	{Name: "CTCGreedyDecoder", Note: "TFLite has no operator for it: decode outside of the model"},
	{Name: "CTCBeamSearchDecoder", Note: "TFLite has no operator for it: decode outside of the model"},
}

func lowerL2Loss(c *Context) {
	x := c.In(0)
	axes := make([]int, len(x.Type.Shape))
	for i := range axes {
		axes[i] = i
	}
	c.Out(c.mul(c.Emit("SUM", &op.Reduce{}, c.mul(x, x), c.Ints(c.name("axes"), axes...)), c.scalar(.5)))
}

// crossEntropy emits -Σ labels·log softmax(features) over each row, in which a label of 0 makes 0 of any logarithm, and its gradient.
func (c *Context) crossEntropy(features, labels *ir.Value) {
	rank := len(features.Type.Shape)
	if rank < 1 {
		build.Damaged("the features are a scalar")
	}
	negative := c.Emit("NEG", nil, labels)
	products := c.mul(c.Emit("LOG_SOFTMAX", nil, features), negative)
	products = c.Emit("SELECT_V2", nil, c.Emit("EQUAL", nil, negative, c.scalar(0)), c.scalar(0), products)
	loss := c.Emit("SUM", &op.Reduce{}, products, c.Ints(c.name("axis"), rank-1))
	c.Out(loss, c.sub(c.Emit("SOFTMAX", &op.Softmax{Beta: 1}, features), labels))
}

// lowerSparseCrossEntropy lowers crossEntropy for labels that are indices; a row whose index is out of range has a loss of NaN.
func lowerSparseCrossEntropy(c *Context) {
	features, index := c.In(0), c.In(1)
	rank := len(features.Type.Shape)
	if rank < 1 {
		build.Damaged("the features are a scalar")
	}
	classes := c.Dims(c.name("features"), features)[rank-1]
	depth := classes.Value
	if depth == nil {
		depth = c.Builder.Int(c.name("classes"), classes.Size)
	}
	labels := c.Emit("ONE_HOT", &op.OneHot{Axis: -1}, index, depth, c.scalar(1), c.scalar(0))
	d := index.Type.DType
	inside := c.Emit("LOGICAL_AND", nil, c.Emit("LESS_EQUAL", nil, c.castTo(c.Builder.Int(c.name("zero"), 0), d), index),
		c.Emit("LESS", nil, index, c.castTo(depth, d)))
	nan := c.Const(c.name("nan"), tensor.F32(nil, float32(math.NaN())))
	wrong := c.Emit("SELECT_V2", nil, inside, c.scalar(0), nan)
	wrong = c.Emit("EXPAND_DIMS", nil, wrong, c.Builder.Int(c.name("axis"), -1))
	c.crossEntropy(features, c.add(labels, wrong))
}
