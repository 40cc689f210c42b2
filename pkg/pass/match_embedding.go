package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchEmbedding makes FULLY_CONNECTED of ONE_HOT a look-up of rows, and FULLY_CONNECTED of a single column a product. An index that is out of range makes a row of
// zeros in the first form and is an error in the other, so that indices must be known to be in range.
var matchEmbedding = rules{"FULLY_CONNECTED": {lookUp, outer}}

func lookUp(r *rewriter, n *ir.Node) bool {
	m, a, w := r.only(n.Inputs[0], "ONE_HOT"), n.Attr.(*op.FullyConnected), n.Inputs[1]
	if m == nil || n.Input(2) != nil || a.Activation != op.None || a.WeightsFormat != op.DefaultWeights || !float32s(n) || !plain(w) {
		return false
	}
	index := m.Inputs[0]
	depth, ok := ints(m.Inputs[1])
	if !ok || len(depth) != 1 || index.Type.DType != tensor.Int32 || index.Type.Unranked || len(index.Type.Shape) != 1 || depth[0] != w.Type.Shape[1] {
		return false
	}
	if axis := m.Attr.(*op.OneHot).Axis; axis != -1 && axis != 1 || !uniformly(m.Inputs[2], 1) || !uniformly(m.Inputs[3], 0) || !r.below(index, depth[0]) {
		return false
	}
	rows := r.constant(w.Name, transposed(w.Const))
	r.become(n, "EMBEDDING_LOOKUP", nil, index, rows)
	return true
}

// below reports whether all elements of v are known to be at least 0 and less than limit.
func (r *rewriter) below(v *ir.Value, limit int) bool {
	if v.Const != nil {
		list, ok := ints(v)
		return ok && !slices.ContainsFunc(list, func(x int) bool { return x < 0 || x >= limit })
	}
	n := r.by(v, "ARG_MAX", "ARG_MIN", "FLOOR_MOD", "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "CAST", "MAXIMUM", "MINIMUM")
	if n == nil {
		return false
	}
	x := n.Inputs[0]
	switch n.Op {
	case "ARG_MAX", "ARG_MIN":
		axis, ok := ints(n.Inputs[1])
		if !ok || len(axis) != 1 || x.Type.Unranked {
			return false
		}
		a, err := tensor.Axis(axis[0], len(x.Type.Shape))
		return err == nil && x.Type.Shape[a] > 0 && x.Type.Shape[a] <= limit
	case "FLOOR_MOD":
		by, ok := uniformInt(n.Inputs[1])
		return ok && by > 0 && by <= limit
	case "MAXIMUM", "MINIMUM":
		return r.clippedBelow(n, limit)
	case "CAST":
		return slices.Contains([]tensor.DType{tensor.Int32, tensor.Int64}, x.Type.DType) && r.below(x, limit)
	}
	return r.below(x, limit)
}

// clippedBelow reports whether n limits its operand to 0 and to a number below limit.
func (r *rewriter) clippedBelow(n *ir.Node, limit int) bool {
	other := map[string]string{"MAXIMUM": "MINIMUM", "MINIMUM": "MAXIMUM"}[n.Op]
	for i, x := range n.Inputs {
		m := r.by(x, other)
		c1, ok := uniformInt(n.Inputs[1-i])
		if m == nil || !ok {
			continue
		}
		for _, c := range m.Inputs {
			c2, ok := uniformInt(c)
			if lo, hi := min(c1, c2), max(c1, c2); ok && lo >= 0 && hi < limit && (n.Op == "MAXIMUM") == (c1 == lo) {
				return true
			}
		}
	}
	return false
}

// transposed returns a float32 matrix with rows and columns exchanged.
func transposed(t *tensor.Tensor) *tensor.Tensor {
	rows, columns := t.Shape[0], t.Shape[1]
	out := tensor.New(t.DType, tensor.Shape{columns, rows})
	src, dst := tensor.View[float32](t), tensor.View[float32](out)
	for i := range rows {
		for j := range columns {
			dst[j*rows+i] = src[i*columns+j]
		}
	}
	return out
}

// outer starts from FULLY_CONNECTED of one column, which multiplies each number by each weight.
func outer(r *rewriter, n *ir.Node) bool {
	x, w, a := n.Inputs[0], n.Inputs[1], n.Attr.(*op.FullyConnected)
	if n.Input(2) != nil || !a.KeepNumDims || a.WeightsFormat != op.DefaultWeights || !float32s(n) || !plain(w) || w.Type.Shape[1] != 1 {
		return false
	}
	if rank := len(x.Type.Shape); x.Type.Unranked || rank < 1 || rank > 4 || x.Type.Shape[rank-1] != 1 {
		return false
	}
	r.become(n, "MUL", &op.Fused{Activation: a.Activation}, x, r.constant(w.Name, flat(w.Const)))
	return true
}
