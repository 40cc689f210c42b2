package report

import "github.com/octetlite/octet/pkg/ir"

// macs holds, for each operator that multiplies, the number of products of one run.
var macs = map[string]func(*ir.Node) int64{
	"BATCH_MATMUL": func(n *ir.Node) int64 { return elements(n.Outputs[0]) * last(n.Input(0)) },
	"CONV_2D":      perFilter,
	"CONV_3D": func(n *ir.Node) int64 {
		return elements(n.Outputs[0]) * elements(n.Input(1)) / max(last(n.Input(1)), 1)
	},
	"CONV_3D_TRANSPOSE": func(n *ir.Node) int64 { return elements(n.Input(2)) * elements(n.Input(1)) / max(last(n.Input(1)), 1) },
	"DEPTHWISE_CONV_2D": func(n *ir.Node) int64 {
		return elements(n.Outputs[0]) * elements(n.Input(1)) / max(last(n.Input(1)), 1)
	},
	"FULLY_CONNECTED":              perFilter,
	"LSTM":                         perStep(1, 8),
	"TRANSPOSE_CONV":               func(n *ir.Node) int64 { return elements(n.Input(2)) * elements(n.Input(1)) / max(last(n.Input(1)), 1) },
	"UNIDIRECTIONAL_SEQUENCE_LSTM": perStep(1, 8),
	"UNIDIRECTIONAL_SEQUENCE_RNN":  perStep(1, 2),
}

// perFilter is the number of products where each filter of operand 1, along its first dimension, makes one channel of the result.
func perFilter(n *ir.Node) int64 {
	filters := n.Input(1)
	if filters == nil || len(filters.Type.Shape) == 0 {
		return 0
	}
	return elements(n.Outputs[0]) * elements(filters) / max(int64(filters.Type.Shape[0]), 1)
}

// perStep returns a function for recurrent operators, which multiply all of the operands from first to last by each step of a sequence.
func perStep(first, last int) func(*ir.Node) int64 {
	return func(n *ir.Node) int64 {
		x := n.Input(0)
		if x == nil || len(x.Type.Shape) == 0 {
			return 0
		}
		steps := elements(x) / max(int64(x.Type.Shape[len(x.Type.Shape)-1]), 1)
		total := int64(0)
		for i := first; i <= last; i++ {
			total += steps * elements(n.Input(i))
		}
		return total
	}
}

// elements returns the number of a value's elements; unknown dimensions count as 1, an absent value has none.
func elements(v *ir.Value) int64 {
	if v == nil || v.Type.Unranked {
		return 0
	}
	n := int64(1)
	for _, d := range v.Type.Shape {
		if d >= 0 {
			n *= int64(d)
		}
	}
	return n
}

// last returns the size of a value's last dimension.
func last(v *ir.Value) int64 {
	if v == nil || len(v.Type.Shape) == 0 {
		return 1
	}
	return int64(v.Type.Shape[len(v.Type.Shape)-1])
}
