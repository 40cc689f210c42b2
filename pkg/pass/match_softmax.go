package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchSoftmax finds SOFTMAX and LOG_SOFTMAX along the last axis: e/SUM(e) with e = EXP(x); SOFTMAX of x less its maximum, which is SOFTMAX of x;
// LOG(SOFTMAX(x)); and y - LOG(SUM(EXP(y))), where y may be x less its maximum.
var matchSoftmax = rules{"DIV": {softmax}, "SOFTMAX": {softmaxShifted}, "LOG_SOFTMAX": {softmaxShifted}, "LOG": {softmaxLog}, "SUB": {logSoftmax}}

func softmax(r *rewriter, n *ir.Node) bool {
	exp, sum := r.by(n.Inputs[0], "EXP"), r.overLast(n.Inputs[1], "SUM")
	if exp == nil || sum == nil || sum.Inputs[0] != n.Inputs[0] || activationOf(n) != op.None || !alike(n.Inputs[0], n.Outputs[0]) {
		return false
	}
	r.become(n, "SOFTMAX", &op.Softmax{Beta: 1}, exp.Inputs[0])
	return true
}

// shifted returns what v is without the subtraction of its own maximum along the last axis, v itself if there is none.
func (r *rewriter) shifted(v *ir.Value) *ir.Value {
	sub := r.plain(v, "SUB")
	if sub == nil {
		return v
	}
	if top := r.overLast(sub.Inputs[1], "REDUCE_MAX"); top != nil && top.Inputs[0] == sub.Inputs[0] && alike(v, sub.Inputs[0]) {
		return sub.Inputs[0]
	}
	return v
}

func softmaxShifted(r *rewriter, n *ir.Node) bool {
	old := n.Inputs[0]
	x := r.shifted(old)
	if x == old {
		return false
	}
	r.setInput(n, 0, x)
	r.release([]*ir.Value{old})
	return true
}

func softmaxLog(r *rewriter, n *ir.Node) bool {
	soft := r.by(n.Inputs[0], "SOFTMAX")
	if soft == nil || soft.Attr.(*op.Softmax).Beta != 1 {
		return false
	}
	r.become(n, "LOG_SOFTMAX", nil, soft.Inputs[0])
	return true
}

func logSoftmax(r *rewriter, n *ir.Node) bool {
	y, log := n.Inputs[0], r.by(n.Inputs[1], "LOG")
	if log == nil || activationOf(n) != op.None || y.Type.DType != tensor.Float32 || !alike(y, n.Outputs[0]) {
		return false
	}
	sum := r.overLast(log.Inputs[0], "SUM")
	if sum == nil {
		return false
	}
	if exp := r.by(sum.Inputs[0], "EXP"); exp == nil || exp.Inputs[0] != y {
		return false
	}
	r.become(n, "LOG_SOFTMAX", nil, r.shifted(y))
	return true
}
