package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
)

// matchRelu makes limits by constants RELU, RELU6 and RELU_N1_TO_1, and joins limits of limits.
var matchRelu = rules{"MAXIMUM": {limitBelow}, "MINIMUM": {limitAbove}, "RELU": {limitTwice}, "RELU6": {limitTwice}}

// bounded returns the operand of a MAXIMUM or MINIMUM with a constant, if the constant has the value c throughout.
func bounded(n *ir.Node, c float32) *ir.Value {
	if n == nil || !float32s(n) {
		return nil
	}
	for i, x := range n.Inputs {
		if f, ok := uniform(n.Inputs[1-i]); ok && f == c && within(n.Inputs[1-i].Type.Shape, x.Type) {
			return x
		}
	}
	return nil
}

func limitBelow(r *rewriter, n *ir.Node) bool {
	if x := bounded(n, 0); x != nil {
		r.become(n, "RELU", nil, x)
		return true
	}
	if x := bounded(n, -1); x != nil {
		if y := bounded(r.by(x, "MINIMUM"), 1); y != nil {
			r.become(n, "RELU_N1_TO_1", nil, y)
			return true
		}
	}
	return false
}

func limitAbove(r *rewriter, n *ir.Node) bool {
	if x := bounded(n, 6); x != nil {
		if m := r.by(x, "RELU"); m != nil && float32s(m) {
			r.become(n, "RELU6", nil, m.Inputs[0])
			return true
		}
	}
	if x := bounded(n, 1); x != nil {
		if y := bounded(r.by(x, "MAXIMUM"), -1); y != nil {
			r.become(n, "RELU_N1_TO_1", nil, y)
			return true
		}
	}
	return false
}

// limitTwice starts from a limit to numbers that are not negative.
func limitTwice(r *rewriter, n *ir.Node) bool {
	x := n.Inputs[0]
	if m := r.by(x, "MINIMUM"); n.Op == "RELU" && float32s(n) {
		if y := bounded(m, 6); y != nil {
			r.become(n, "RELU6", nil, y)
			return true
		}
	}
	if m := r.by(x, "RELU"); m != nil && float32s(n) && float32s(m) {
		r.become(n, n.Op, nil, m.Inputs[0])
		return true
	}
	if m := r.by(x, "RELU6"); m != nil && slices.Contains([]string{"RELU", "RELU6"}, n.Op) && unquantized(n) {
		return r.bypass(n, x)
	}
	return false
}
