package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// dropDropout removes dropout that keeps everything, which is what a graph made for training has once its share is set to 1 or 0: TensorFlow 1 multiplies by
// ⌊keep + u⌋, its later versions by u ≥ rate, or select by it, u being random numbers of [0, 1). Such numbers are multiples of 2⁻²³, so that 1 + u is less than 2 in float32.
var dropDropout = rules{"MUL": {keepsAll}, "SELECT": {selectsAll}, "SELECT_V2": {selectsAll}}

func keepsAll(r *rewriter, n *ir.Node) bool {
	if activationOf(n) != op.None || !unquantized(n) {
		return false
	}
	for i, v := range n.Inputs {
		if r.keepOf(v) && r.bypass(n, n.Inputs[1-i]) {
			return true
		}
	}
	return false
}

func selectsAll(r *rewriter, n *ir.Node) bool {
	return unquantized(n) && r.atLeastZero(n.Inputs[0]) && r.bypass(n, n.Inputs[1])
}

// keepOf reports whether v is 1 throughout, by one of dropout's formulas.
func (r *rewriter) keepOf(v *ir.Value) bool {
	if c := r.by(v, "CAST"); c != nil {
		return r.atLeastZero(c.Inputs[0])
	}
	floor := r.by(v, "FLOOR")
	if floor == nil {
		return false
	}
	sum := r.by(floor.Inputs[0], "ADD")
	if sum == nil || activationOf(sum) != op.None {
		return false
	}
	for i, u := range sum.Inputs {
		if r.by(u, "RANDOM_UNIFORM") != nil && uniformly(sum.Inputs[1-i], 1) {
			return true
		}
	}
	return false
}

// atLeastZero reports whether v says that random numbers are not negative.
func (r *rewriter) atLeastZero(v *ir.Value) bool {
	n := r.by(v, "GREATER_EQUAL")
	return n != nil && r.by(n.Inputs[0], "RANDOM_UNIFORM") != nil && uniformly(n.Inputs[1], 0)
}
