package pass

import "github.com/octetlite/octet/pkg/ir"

// matchElu finds ELU, x where it is positive, else EXP(x) - 1, as a SELECT by the sign of x. The argument of EXP may be kept from being large.
var matchElu = rules{"SELECT": {elu}, "SELECT_V2": {elu}}

func elu(r *rewriter, n *ir.Node) bool {
	x, positive, negative, ok := r.branches(n)
	if !ok || positive != x || !alike(x, n.Outputs[0]) {
		return false
	}
	a, ok := r.affine(negative)
	exp := r.by(a.v, "EXP")
	if !ok || a.c != -1 || a.k != 1 || exp == nil || !r.whereNegative(exp.Inputs[0], x) {
		return false
	}
	r.become(n, "ELU", nil, x)
	return true
}

// whereNegative reports whether v is x wherever that is negative: x itself, MINIMUM(x, 0), or a SELECT by the sign of x.
func (r *rewriter) whereNegative(v, x *ir.Value) bool {
	if v == x {
		return true
	}
	if y, c, ok := withScalar(r.by(v, "MINIMUM")); ok {
		return y == x && c == 0
	}
	n := r.by(v, "SELECT", "SELECT_V2")
	if n == nil {
		return false
	}
	y, _, negative, ok := r.branches(n)
	return ok && y == x && negative == x
}
