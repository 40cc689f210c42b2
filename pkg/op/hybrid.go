package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Hybrid says which constant operands of an operator may hold integers while its activations stay float.
type Hybrid struct {
	Weights []int
	Axis    int  // the dimension along which they have a scale each; -1 for one scale
	TFLite  bool // TFLiteConverter lets the operator read the integers itself; otherwise a DEQUANTIZE stands in front
	LiteRT  bool // the kernel of LiteRT's runtime can do so
	// Channels reports, unless it is nil, whether that kernel reads a scale for each channel though there is only one, for operands of these shapes.
	Channels func(x, weights tensor.Shape) bool
	// Whole is true where a kernel wants integers in all of the operands, or in none: LiteRT's recurrent ones.
	Whole bool
	// Bits4 and Bits8 are true where AI Edge Quantizer stores weights in 4 and in 8 bits, behind a DEQUANTIZE. It then counts Beside among the weights.
	Bits4, Bits8 bool
	Beside       []int
	Sums         bool // results are sums over the weights of one scale, where these have a scale for each channel
	Blocks       bool // LiteRT's kernel reads weights of 4 bits in blocks
	BlockRows    int  // of so many rows at least; of fewer its builtin kernel leaves the products out
}

// lstmHybrid are the operands of an LSTM layer that are products' weights, and those from the cell to the gates.
var lstmHybrid = append(through(1, 11), 16)

// hybrids holds a row for each operator whose weights TFLiteConverter or AI Edge Quantizer stores as integers beside float activations. Measured on TensorFlow
// 2.21, AI Edge Quantizer 0.10 and LiteRT 2.3.
var hybrids = map[string]Hybrid{
	"BATCH_MATMUL":      {Weights: []int{1}, Axis: -1, TFLite: true, LiteRT: true, Bits4: true, Bits8: true, Beside: []int{0}, Sums: true},
	"CONV_2D":           {Weights: []int{1}, Axis: 0, TFLite: true, LiteRT: true, Channels: grouped, Bits4: true, Bits8: true, Sums: true},
	"DEPTHWISE_CONV_2D": {Weights: []int{1}, Axis: 3, TFLite: true, LiteRT: true, Channels: func(_, _ tensor.Shape) bool { return true }, Bits8: true, Sums: true},
	"EMBEDDING_LOOKUP":  {Weights: []int{1}, Axis: 0, LiteRT: true, Bits4: true, Bits8: true, Blocks: true},
	"FULLY_CONNECTED":   {Weights: []int{1}, Axis: 0, TFLite: true, LiteRT: true, Bits4: true, Bits8: true, Blocks: true, BlockRows: 4, Sums: true},
	"GATHER":            {Weights: []int{0}, Axis: -1},
	"TRANSPOSE_CONV":    {Weights: []int{1}, Axis: 0, TFLite: true, LiteRT: true, Bits8: true, Sums: true},

	"BIDIRECTIONAL_SEQUENCE_LSTM": {
		Weights: slices.Concat(lstmHybrid, through(18, 28), []int{33}, through(40, 47)), Axis: -1, TFLite: true, LiteRT: true, Whole: true,
	},
	"LSTM":                         {Weights: lstmHybrid, Axis: -1, TFLite: true, LiteRT: true, Whole: true},
	"SVDF":                         {Weights: []int{1, 2}, Axis: -1, TFLite: true, LiteRT: true, Whole: true},
	"UNIDIRECTIONAL_SEQUENCE_LSTM": {Weights: lstmHybrid, Axis: -1, TFLite: true, LiteRT: true, Whole: true},
	"UNIDIRECTIONAL_SEQUENCE_RNN":  {Weights: []int{1, 2}, Axis: -1, TFLite: true, LiteRT: true, Whole: true},
}

// grouped reports whether a CONV_2D has several groups of channels.
func grouped(x, weights tensor.Shape) bool {
	return len(x) == 4 && len(weights) == 4 && x[3] != weights[3]
}

// HybridOf returns the row of the operator with the given name; one without Weights if there is none.
func HybridOf(name string) Hybrid { return hybrids[name] }

// asymmetric reports whether a hybrid kernel quantizes its float operands with a zero point of their own.
func asymmetric(a ir.Attr) bool {
	switch a := a.(type) {
	case *LSTM:
		return a.AsymmetricQuantizeInput
	case *SequenceLSTM:
		return a.AsymmetricQuantizeInput
	case *BidirectionalLSTM:
		return a.AsymmetricQuantizeInput
	case *RNN:
		return a.AsymmetricQuantizeInput
	case *SequenceRNN:
		return a.AsymmetricQuantizeInput
	case *BidirectionalRNN:
		return a.AsymmetricQuantizeInput
	case *SVDF:
		return a.AsymmetricQuantizeInput
	}
	return false
}

// AsymmetricInputs returns attributes that let a hybrid kernel quantize its float operands with a zero point of their own, or a itself where the
// operator has no such attribute.
func AsymmetricInputs(a ir.Attr) ir.Attr {
	switch a := a.(type) {
	case *FullyConnected:
		b := *a
		b.AsymmetricQuantizeInput = true
		return &b
	case *BatchMatMul:
		b := *a
		b.AsymmetricQuantizeInput = true
		return &b
	case *LSTM:
		b := *a
		b.AsymmetricQuantizeInput = true
		return &b
	case *SequenceLSTM:
		b := *a
		b.AsymmetricQuantizeInput = true
		return &b
	case *BidirectionalLSTM:
		b := *a
		b.AsymmetricQuantizeInput = true
		return &b
	case *SequenceRNN:
		b := *a
		b.AsymmetricQuantizeInput = true
		return &b
	case *SVDF:
		b := *a
		b.AsymmetricQuantizeInput = true
		return &b
	}
	return a
}
