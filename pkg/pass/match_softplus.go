package pass

import (
	"github.com/octetlite/octet/pkg/ir"
)

// matchSoftplus makes LOG(1 + EXP(-x)) the negation of LOG(LOGISTIC(x)), which is the same: softplus in the form max(x, 0) + log(1 + e^-|x|) becomes
// two operators shorter, since the negation makes the sum a difference. x must not be negative, so that neither form overflows; then both take the logarithm of
// a number of the same few binades, and are equally accurate.
var matchSoftplus = rules{"LOG": {logOfLogistic}}

func logOfLogistic(r *rewriter, n *ir.Node) bool {
	sum := r.only(n.Inputs[0], "ADD")
	if sum == nil || activationOf(sum) != 0 || !float32s(n) || !float32s(sum) {
		return false
	}
	for i, v := range sum.Inputs {
		exp := r.only(v, "EXP")
		if exp == nil || !uniformly(sum.Inputs[1-i], 1) || !within(sum.Inputs[1-i].Type.Shape, v.Type) {
			continue
		}
		neg := r.only(exp.Inputs[0], "NEG")
		if neg == nil || !unquantized(neg) {
			continue
		}
		x := neg.Inputs[0]
		if r.by(x, notNegatives...) == nil {
			continue
		}
		share := r.value(sum.Outputs[0].Name, x.Type)
		r.before(n, &ir.Node{Op: "LOGISTIC", Inputs: []*ir.Value{x}, Outputs: []*ir.Value{share}})
		log := r.value(n.Outputs[0].Name+"/log", x.Type)
		r.before(n, &ir.Node{Op: "LOG", Inputs: []*ir.Value{share}, Outputs: []*ir.Value{log}})
		r.become(n, "NEG", nil, log)
		return true
	}
	return false
}
