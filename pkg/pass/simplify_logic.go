package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// simplifyLogic shortens arithmetic on truth values: negated comparisons, selections that are decided, and numbers made of truth values that are compared
// with 0.
var simplifyLogic = rules{
	"LOGICAL_NOT": {notComparison},
	"SELECT":      {decided, selectNot, selectTruths}, "SELECT_V2": {decided, selectNot, selectTruths},
	"EQUAL": {numberedTruth}, "NOT_EQUAL": {numberedTruth}, "GREATER": {numberedTruth}, "LESS_EQUAL": {numberedTruth},
}

// opposites are the comparisons that are true where others are false, with the types for which runtimes have them. Of floats only (in)equality has one, since a NaN
// is not ordered.
var opposites = map[string]struct {
	op    string
	types []tensor.DType
}{
	"EQUAL":         {"NOT_EQUAL", []tensor.DType{tensor.Float32, tensor.Bool, tensor.Int32, tensor.Int64}},
	"NOT_EQUAL":     {"EQUAL", []tensor.DType{tensor.Float32, tensor.Bool, tensor.Int32, tensor.Int64}},
	"LESS":          {"GREATER_EQUAL", []tensor.DType{tensor.Int32, tensor.Int64}},
	"GREATER_EQUAL": {"LESS", []tensor.DType{tensor.Int32, tensor.Int64}},
	"GREATER":       {"LESS_EQUAL", []tensor.DType{tensor.Int32, tensor.Int64}},
	"LESS_EQUAL":    {"GREATER", []tensor.DType{tensor.Int32, tensor.Int64}},
}

func notComparison(r *rewriter, n *ir.Node) bool {
	m := r.only(n.Inputs[0], "EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL")
	if m == nil || !unquantized(m) || !slices.Contains(opposites[m.Op].types, m.Inputs[0].Type.DType) {
		return false
	}
	r.become(n, opposites[m.Op].op, nil, m.Inputs...)
	return true
}

// decided starts from a selection by a constant. The branch that is taken must have the result's shape for sure: where dimensions are unknown the other one may
// be what makes it as large as it is.
func decided(r *rewriter, n *ir.Node) bool {
	c, ok := truths(n.Inputs[0])
	if !ok || !unquantized(n) {
		return false
	}
	taken, other := n.Inputs[1], n.Inputs[2]
	if !c {
		taken, other = other, taken
	}
	if n.Op == "SELECT_V2" && !sameShape(taken.Type, n.Outputs[0].Type) &&
		!(within(other.Type.Shape, taken.Type) && within(n.Inputs[0].Type.Shape, taken.Type)) {
		return false
	}
	return r.bypass(n, taken)
}

// selectNot starts from a selection by a negated truth value.
func selectNot(r *rewriter, n *ir.Node) bool {
	m := r.by(n.Inputs[0], "LOGICAL_NOT")
	if m == nil || !unquantized(n) {
		return false
	}
	r.become(n, n.Op, nil, m.Inputs[0], n.Inputs[2], n.Inputs[1])
	return true
}

// selectTruths starts from a selection of true and false, which is the truth value by which it selects, or its negation.
func selectTruths(r *rewriter, n *ir.Node) bool {
	x, y := n.Inputs[1], n.Inputs[2]
	t, ok1 := truths(x)
	f, ok2 := truths(y)
	if c := n.Inputs[0]; !ok1 || !ok2 || t == f || !implies(c.Type, n.Outputs[0].Type) {
		return false
	}
	if t {
		return r.bypass(n, n.Inputs[0])
	}
	r.become(n, "LOGICAL_NOT", nil, n.Inputs[0])
	return true
}

// numberedTruth starts from a comparison with 0 of a number that a CAST has made of a truth value.
func numberedTruth(r *rewriter, n *ir.Node) bool {
	m := r.by(n.Inputs[0], "CAST")
	if m == nil || !unquantized(n) || m.Inputs[0].Type.DType != tensor.Bool || !uniformly(n.Inputs[1], 0) {
		return false
	}
	b := m.Inputs[0]
	if n.Op == "NOT_EQUAL" || n.Op == "GREATER" {
		return r.bypass(n, b)
	}
	if !implies(b.Type, n.Outputs[0].Type) {
		return false
	}
	r.become(n, "LOGICAL_NOT", nil, b)
	return true
}
