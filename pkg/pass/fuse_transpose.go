package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// fuseTranspose makes BATCH_MATMUL read and write matrices transposed where a TRANSPOSE of the last two dimensions precedes or follows.
var fuseTranspose = rules{"BATCH_MATMUL": {transposedOperand}, "TRANSPOSE": {transposedProduct}}

// swapsLast reports whether n is a TRANSPOSE of the last two dimensions.
func swapsLast(n *ir.Node) bool {
	perm, ok := permutation(n)
	return ok && len(perm) >= 2 && slices.Equal(perm, swapLast(len(perm)))
}

func transposedOperand(r *rewriter, n *ir.Node) bool {
	for i := range 2 {
		t := r.by(n.Inputs[i], "TRANSPOSE")
		if !swapsLast(t) {
			continue
		}
		a := *n.Attr.(*op.BatchMatMul)
		if i == 0 {
			a.AdjX = !a.AdjX
		} else {
			a.AdjY = !a.AdjY
		}
		n.Attr = &a
		r.setInput(n, i, t.Inputs[0])
		r.drop(t)
		return true
	}
	return false
}

// transposedProduct uses that the transpose of x·y is the product of the transposes of y and x.
func transposedProduct(r *rewriter, n *ir.Node) bool {
	m := r.only(n.Inputs[0], "BATCH_MATMUL")
	if m == nil || !swapsLast(n) {
		return false
	}
	a := *m.Attr.(*op.BatchMatMul)
	a.AdjX, a.AdjY = !a.AdjY, !a.AdjX
	r.become(n, "BATCH_MATMUL", &a, m.Inputs[1], m.Inputs[0])
	return true
}
