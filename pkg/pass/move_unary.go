package pass

import (
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
)

// moveUnary moves elementwise operators of one operand in front of what only moves elements, so that activations come to stand behind the layers that take
// them, and reshapes and transposes beside each other.
var moveUnary = each(moveUnaryNode,
	"ABS", "NEG", "SIGN", "SQUARE", "FLOOR", "CEIL", "ROUND", "SQRT", "RSQRT", "EXP", "LOG", "SIN", "COS", "TANH", "LOGISTIC", "RELU", "RELU6", "RELU_N1_TO_1",
	"RELU_0_TO_1", "ELU", "HARD_SWISH", "LEAKY_RELU", "GELU", "LOGICAL_NOT")

// moving are the operators that only move the elements of input 0.
var moving = []string{"RESHAPE", "EXPAND_DIMS", "SQUEEZE", "TRANSPOSE", "DEPTH_TO_SPACE", "SPACE_TO_DEPTH"}

// each lists one rule for several operators.
func each(try rule, ops ...string) rules {
	set := rules{}
	for _, name := range ops {
		set[name] = []rule{try}
	}
	return set
}

func moveUnaryNode(r *rewriter, n *ir.Node) bool {
	m := r.only(n.Inputs[0], moving...)
	if m == nil || r.maker[m.Inputs[0]] == nil || !unquantized(n) || !unquantized(m) {
		return false
	}
	r.exchange(n, m, 0, m.Inputs[0])
	return true
}

// exchange makes n, whose operand i was made by m for n alone, work on x, m's operand, and m move the result. The other operands of n are those that it has
// when exchange is called.
func (r *rewriter) exchange(n, m *ir.Node, i int, x *ir.Value) {
	out := n.Outputs[0]
	inputs := slices.Clone(n.Inputs)
	inputs[i] = x
	y := r.ahead(n, strings.TrimSuffix(out.Name, "/moved")+"/moved", ir.Type{DType: out.Type.DType, Shape: x.Type.Shape.Clone(), Unranked: x.Type.Unranked}, n.Op, n.Attr, inputs...)
	r.become(n, m.Op, m.Attr, append([]*ir.Value{y}, m.Inputs[1:]...)...)
}

// ahead adds a node of one result in front of at, and returns the result.
func (r *rewriter) ahead(at *ir.Node, name string, t ir.Type, op string, attr ir.Attr, inputs ...*ir.Value) *ir.Value {
	y := r.value(name, t)
	r.before(at, &ir.Node{Op: op, Attr: attr, Inputs: inputs, Outputs: []*ir.Value{y}})
	return y
}
