package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchFullyConnected makes BATCH_MATMUL with a constant matrix FULLY_CONNECTED, which takes a bias and an activation, and whose weights are [out, in].
var matchFullyConnected = rules{"BATCH_MATMUL": {fullyConnected}}

func fullyConnected(r *rewriter, n *ir.Node) bool {
	a := n.Attr.(*op.BatchMatMul)
	x, w := n.Inputs[0], n.Inputs[1]
	rank := len(x.Type.Shape)
	if !plain(w) || len(w.Type.Shape) != 2 || x.Type.Unranked || rank < 2 || x.Type.DType != tensor.Float32 || x.Const != nil {
		return false
	}
	if !a.AdjY {
		w = r.constant(w.Name+"/transposed", transposed(w.Const))
	}
	if a.AdjX {
		perm := swapLast(rank)
		t := ir.Type{DType: x.Type.DType, Shape: permuted(x.Type.Shape, perm)}
		x = r.ahead(n, n.Outputs[0].Name+"/transposed", t, "TRANSPOSE", nil, x, r.indices(n.Outputs[0].Name+"/perm", perm))
	}
	r.become(n, "FULLY_CONNECTED", &op.FullyConnected{KeepNumDims: true, AsymmetricQuantizeInput: a.AsymmetricQuantizeInput}, x, w)
	return true
}

// swapLast returns the permutation that swaps the last two of rank dimensions.
func swapLast(rank int) []int {
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = i
	}
	slices.Reverse(perm[rank-2:])
	return perm
}
