package pass

import "github.com/octetlite/octet/pkg/ir"

// matchElu finds ELU, x where it is positive, else EXP(x) - 1, as a SELECT by the sign of x.
var matchElu = rules{"SELECT": {elu}, "SELECT_V2": {elu}}

func elu(r *rewriter, n *ir.Node) bool {
	x, positive, negative, ok := r.branches(n)
	if !ok || positive != x || !alike(x, n.Outputs[0]) {
		return false
	}
	a, ok := r.affine(negative)
	exp := r.by(a.v, "EXP")
	if !ok || a.c != -1 || a.k != 1 || exp == nil || exp.Inputs[0] != x {
		return false
	}
	r.become(n, "ELU", nil, x)
	return true
}
