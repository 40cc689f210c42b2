package pass

import "github.com/octetlite/octet/pkg/ir"

// comparedWithZero are the comparisons of x with 0 by whether they hold for positive x (first operand x, then second operand x). What they say of 0
// itself makes no difference to functions that are continuous there.
var comparedWithZero = map[string][2]bool{
	"GREATER": {true, false}, "GREATER_EQUAL": {true, false}, "LESS": {false, true}, "LESS_EQUAL": {false, true},
}

// branches reads n, SELECT or SELECT_V2, as a choice by the sign of a value x: its results where x is positive and where it is negative.
func (r *rewriter) branches(n *ir.Node) (x, positive, negative *ir.Value, ok bool) {
	cond := r.by(n.Inputs[0], "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")
	x, zero, ok := withScalar(cond)
	if !ok || zero != 0 {
		return nil, nil, nil, false
	}
	side := 0
	if cond.Inputs[1] == x {
		side = 1
	}
	if comparedWithZero[cond.Op][side] {
		return x, n.Inputs[1], n.Inputs[2], true
	}
	return x, n.Inputs[2], n.Inputs[1], true
}
