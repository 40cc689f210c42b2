package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// dropZeroBias removes biases of FULLY_CONNECTED that hold zeros only. Convolutions keep theirs.
var dropZeroBias = rules{"FULLY_CONNECTED": {func(r *rewriter, n *ir.Node) bool {
	bias := n.Input(2)
	list, ok := floats(bias)
	if !ok || bias.Quant != nil || !zeros(list) || n.Attr.(*op.FullyConnected).WeightsFormat != op.DefaultWeights {
		return false
	}
	r.setInputs(n, n.Inputs[0], n.Inputs[1], nil)
	n.Version = 0
	return true
}}}
