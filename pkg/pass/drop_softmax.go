package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// dropSoftmax lets ARG_MAX and ARG_MIN along the last dimension read what SOFTMAX and LOG_SOFTMAX, which keep the order, read.
var dropSoftmax = rules{"ARG_MAX": {argOfSoftmax}, "ARG_MIN": {argOfSoftmax}}

func argOfSoftmax(r *rewriter, n *ir.Node) bool {
	m := r.only(n.Inputs[0], "SOFTMAX", "LOG_SOFTMAX")
	axis, ok := ints(n.Inputs[1])
	if m == nil || !ok || len(axis) != 1 || !float32s(m) || m.Outputs[0].Type.Unranked {
		return false
	}
	if a, ok := m.Attr.(*op.Softmax); ok && !(a.Beta > 0) {
		return false
	}
	rank := len(m.Outputs[0].Type.Shape)
	if a, err := tensor.Axis(axis[0], rank); err != nil || a != rank-1 {
		return false
	}
	r.setInput(n, 0, m.Inputs[0])
	r.drop(m)
	return true
}
