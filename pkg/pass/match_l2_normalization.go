package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchL2Normalization finds L2_NORMALIZATION, x over the Euclidean norm along its last axis: x·RSQRT(s) and x/SQRT(s), where s is SUM(x²), or the
// greater of it and 1e-12. The operator's kernels take a norm below 1e-6 for 1e-6, so that other limits, and numbers added to s, would give other
// values for small x: such forms stay as they are. Without any limit only vectors shorter than 1e-6 differ, zero among them, of which the graph makes NaN.
var matchL2Normalization = rules{"MUL": {l2Normalization}, "DIV": {l2Normalization}}

// leastSquare is the least sum of squares that the kernels of L2_NORMALIZATION take as it is.
const leastSquare = 1e-12

func l2Normalization(r *rewriter, n *ir.Node) bool {
	for i, x := range n.Inputs {
		root := r.by(n.Inputs[1-i], "RSQRT")
		if n.Op == "DIV" {
			if i == 1 {
				break
			}
			root = r.by(n.Inputs[1], "SQRT")
		}
		if root == nil || x.Type.DType != tensor.Float32 || len(x.Type.Shape) > 4 || !alike(x, n.Outputs[0]) || !r.squares(root.Inputs[0], x) {
			continue
		}
		r.become(n, "L2_NORMALIZATION", &op.Fused{Activation: activationOf(n)}, x)
		return true
	}
	return false
}

// squares reports whether v is the sum of the squares of x along its last axis, which stays as a dimension of 1, or the greater of it and leastSquare.
func (r *rewriter) squares(v, x *ir.Value) bool {
	if y, c, ok := withScalar(r.by(v, "MAXIMUM")); ok {
		if !near(c, leastSquare) {
			return false
		}
		v = y
	}
	sum := r.overLast(v, "SUM")
	if sum == nil {
		return false
	}
	return r.product(sum.Inputs[0], x).is(1, x, x)
}

// overLast returns the reduction that makes v if it is over the last axis alone and keeps the dimension.
func (r *rewriter) overLast(v *ir.Value, reduction string) *ir.Node {
	n := r.by(v, reduction)
	if n == nil || !n.Attr.(*op.Reduce).KeepDims {
		return nil
	}
	rank := len(n.Inputs[0].Type.Shape)
	if axes, ok := axesOf(n.Inputs[1], rank); !ok || len(axes) != 1 || axes[0] != rank-1 {
		return nil
	}
	return n
}
