package pass

import (
	"github.com/octetlite/octet/pkg/ir"
)

// mergeNegation makes sums of negated operands differences, and the other way round.
var mergeNegation = rules{
	"ADD": {func(r *rewriter, n *ir.Node) bool { return negated(r, n, 1, "SUB") || negated(r, n, 0, "SUB") }},
	"SUB": {func(r *rewriter, n *ir.Node) bool { return negated(r, n, 1, "ADD") }},
}

// negated makes n another operator if operand i is a negation.
func negated(r *rewriter, n *ir.Node, i int, other string) bool {
	m := r.by(n.Inputs[i], "NEG")
	if m == nil || !unquantized(n) || !unquantized(m) {
		return false
	}
	r.become(n, other, cloneAttr(n.Attr), n.Inputs[1-i], m.Inputs[0])
	return true
}
