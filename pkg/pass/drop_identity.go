package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// dropIdentity removes operators that give back an operand.
var dropIdentity = rules{
	"ADD": {neutral}, "SUB": {neutral}, "MUL": {neutral}, "DIV": {neutral}, "POW": {neutral}, "LOGICAL_AND": {neutral, same}, "LOGICAL_OR": {neutral, same},
	"MAXIMUM": {same}, "MINIMUM": {same},
	"NEG": {twice}, "LOGICAL_NOT": {twice},
	"RELU": {notNegative}, "ABS": {notNegative},
	"CAST": {castToSame},
}

// neutrals are the constants beside which binary operators give back the other operand: which one it may be, and its value.
var neutrals = map[string]struct {
	value int
	both  bool // it may be the first operand, too
}{
	"ADD": {0, true}, "SUB": {0, false}, "MUL": {1, true}, "DIV": {1, false}, "POW": {1, false}, "LOGICAL_AND": {1, true}, "LOGICAL_OR": {0, true},
}

func neutral(r *rewriter, n *ir.Node) bool {
	if activationOf(n) != op.None || !unquantized(n) {
		return false
	}
	rule := neutrals[n.Op]
	for i, c := range n.Inputs {
		if i == 0 && !rule.both {
			continue
		}
		truth, isTruth := truths(c)
		if uniformly(c, rule.value) || isTruth && truth == (rule.value == 1) {
			return r.bypass(n, n.Inputs[1-i])
		}
	}
	return false
}

// same starts from an operator that gives back what both its operands are.
func same(r *rewriter, n *ir.Node) bool {
	return n.Inputs[0] == n.Inputs[1] && unquantized(n) && r.bypass(n, n.Inputs[0])
}

// twice starts from the second of two operators that undo each other.
func twice(r *rewriter, n *ir.Node) bool {
	m := r.by(n.Inputs[0], n.Op)
	return m != nil && unquantized(n) && unquantized(m) && r.bypass(n, m.Inputs[0])
}

// notNegatives are the operators whose results are never negative.
var notNegatives = []string{"SQUARED_DIFFERENCE", "SQUARE", "ABS", "EXP", "RELU", "RELU6", "RELU_0_TO_1", "SQRT", "LOGISTIC", "SOFTMAX"}

func notNegative(r *rewriter, n *ir.Node) bool {
	x := n.Inputs[0]
	m := r.by(x, notNegatives...)
	return m != nil && x.Type.DType == tensor.Float32 && unquantized(n) && unquantized(m) && r.bypass(n, x)
}

// castToSame starts from a CAST to the type that the operand has.
func castToSame(r *rewriter, n *ir.Node) bool {
	return slices.Contains(castTypes, n.Inputs[0].Type.DType) && unquantized(n) && r.bypass(n, n.Inputs[0])
}

// castTypes are the element types of CAST that have a fixed size and stand for themselves.
var castTypes = []tensor.DType{
	tensor.Float32, tensor.Float16, tensor.Float64, tensor.Bool, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.UInt16, tensor.Int32, tensor.UInt32, tensor.Int64,
	tensor.UInt64, tensor.Complex64,
}
