package pass

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchLeakyRelu finds LEAKY_RELU, x where it is positive, else a·x: MAXIMUM(x, a·x) with 0 ≤ a < 1, a SELECT by the sign of x, and RELU(x) - a·RELU(-x).
var matchLeakyRelu = rules{"MAXIMUM": {leakyMaximum}, "SELECT": {leakySelect}, "SELECT_V2": {leakySelect}, "ADD": {leakyRelus}, "SUB": {leakyRelus}}

func leakyMaximum(r *rewriter, n *ir.Node) bool {
	for i, x := range n.Inputs {
		if p := r.product(n.Inputs[1-i], x); x.Const == nil && 0 <= p.scale && p.scale < 1 && p.is(p.scale, x) {
			return r.leaky(n, x, p.scale)
		}
	}
	return false
}

func leakySelect(r *rewriter, n *ir.Node) bool {
	x, positive, negative, ok := r.branches(n)
	if !ok || positive != x {
		return false
	}
	p := r.product(negative, x)
	return p.is(p.scale, x) && r.leaky(n, x, p.scale)
}

func leakyRelus(r *rewriter, n *ir.Node) bool {
	x, p, ok := r.relus(n)
	return ok && len(p.consts) == 0 && r.leaky(n, x, p.scale)
}

// leaky puts LEAKY_RELU of x in the place of n.
func (r *rewriter) leaky(n *ir.Node, x *ir.Value, alpha float64) bool {
	if !alike(x, n.Outputs[0]) || x.Type.DType != tensor.Float32 || math.IsInf(alpha, 0) || math.IsNaN(alpha) {
		return false
	}
	r.become(n, "LEAKY_RELU", &op.LeakyRelu{Alpha: float32(alpha)}, x)
	return true
}
