package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchHardSwish finds HARD_SWISH, x·RELU6(x + 3)/6, with the product in any order.
var matchHardSwish = rules{"MUL": {hardSwish}, "DIV": {hardSwish}}

func hardSwish(r *rewriter, n *ir.Node) bool {
	out := n.Outputs[0]
	if activationOf(n) != op.None || out.Type.DType != tensor.Float32 {
		return false
	}
	for _, part := range r.product(out).parts {
		sum := r.by(part, "ADD")
		if relu6 := r.by(part, "RELU6"); relu6 != nil {
			sum = r.plain(relu6.Inputs[0], "ADD")
		} else if sum != nil && activationOf(sum) != op.Relu6 {
			continue
		}
		x, three, ok := withScalar(sum)
		if ok && three == 3 && alike(x, out) && r.product(out, x, part).is(1.0/6, x, part) {
			r.become(n, "HARD_SWISH", nil, x)
			return true
		}
	}
	return false
}
