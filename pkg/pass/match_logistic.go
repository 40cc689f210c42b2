package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// matchLogistic finds LOGISTIC, 1/(1 + EXP(-x)), and makes LOG(1 + EXP(-x)), a part of SOFTPLUS, the negated logarithm of it, which is as exact and an operator less.
var matchLogistic = rules{"DIV": {logistic}, "LOG": {logLogistic}}

func logistic(r *rewriter, n *ir.Node) bool {
	one, ok := splat(n.Inputs[0])
	x := r.onePlusExp(n.Inputs[1], r.by)
	if !ok || one != 1 || activationOf(n) != op.None || x == nil || !alike(x, n.Outputs[0]) {
		return false
	}
	r.become(n, "LOGISTIC", nil, x)
	return true
}

func logLogistic(r *rewriter, n *ir.Node) bool {
	x := r.onePlusExp(n.Inputs[0], r.only)
	if x == nil || !r.single(n.Inputs[0]) || !alike(x, n.Outputs[0]) {
		return false
	}
	share := r.then(n, "LOGISTIC", nil, x)
	log := r.then(n, "LOG", nil, share)
	r.become(n, "NEG", nil, log)
	return true
}

// onePlusExp returns x where v is 1 + EXP(-x), else nil. The nodes of EXP and NEG are found by the given function, by or only.
func (r *rewriter) onePlusExp(v *ir.Value, find func(*ir.Value, ...string) *ir.Node) *ir.Value {
	a, ok := r.affine(v)
	if !ok || a.c != 1 || a.k != 1 {
		return nil
	}
	exp := find(a.v, "EXP")
	if exp == nil {
		return nil
	}
	neg := find(exp.Inputs[0], "NEG")
	if neg == nil {
		return nil
	}
	return neg.Inputs[0]
}
