package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// dropZeroProduct makes products of zeros zeros where the other operand has no infinity: what a cell of a recurrent layer forgets in its first step.
var dropZeroProduct = rules{"MUL": {zeroProduct}}

// boundedOps are the operators whose results are finite numbers of float32, whatever numbers they are given.
var boundedOps = []string{"LOGISTIC", "TANH", "SOFTMAX", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "SIN", "COS", "SIGN", "ONE_HOT"}

func zeroProduct(r *rewriter, n *ir.Node) bool {
	out := n.Outputs[0]
	if !out.Type.Static() || !unquantized(n) || r.returned(r.uses[out]) {
		return false
	}
	for i, c := range n.Inputs {
		x := n.Inputs[1-i]
		whole := slices.Contains([]tensor.DType{tensor.Int16, tensor.Int32, tensor.Int64, tensor.UInt32}, out.Type.DType)
		if !uniformly(c, 0) || !whole && r.by(x, boundedOps...) == nil || out.Type.DType.Bytes(out.Type.Shape.Elements()) > foldLimit {
			continue
		}
		r.replace(out, r.constant(out.Name, tensor.New(out.Type.DType, out.Type.Shape)))
		r.drop(n)
		return true
	}
	return false
}
