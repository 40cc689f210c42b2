package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// matchLogistic finds LOGISTIC, 1/(1 + EXP(-x)).
var matchLogistic = rules{"DIV": {logistic}}

func logistic(r *rewriter, n *ir.Node) bool {
	one, ok := splat(n.Inputs[0])
	if !ok || one != 1 || activationOf(n) != op.None {
		return false
	}
	a, ok := r.affine(n.Inputs[1])
	exp := r.by(a.v, "EXP")
	if !ok || a.c != 1 || a.k != 1 || exp == nil {
		return false
	}
	neg := r.by(exp.Inputs[0], "NEG")
	if neg == nil || !alike(neg.Inputs[0], n.Outputs[0]) {
		return false
	}
	r.become(n, "LOGISTIC", nil, neg.Inputs[0])
	return true
}
