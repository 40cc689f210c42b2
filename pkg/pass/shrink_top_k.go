package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// shrinkTopK lets TOPK_V2 find only as many elements as are read: where every reader of its results is a slice of the same number of the first elements.
var shrinkTopK = rules{"TOPK_V2": {firstOfTop}}

func firstOfTop(r *rewriter, n *ir.Node) bool {
	count := -1
	readers := make([]*ir.Node, len(n.Outputs))
	for i, v := range n.Outputs {
		if len(r.uses[v]) == 0 {
			continue
		}
		m := r.reader(v, "SLICE", "STRIDED_SLICE")
		if m == nil || m.Inputs[0] != v {
			return false
		}
		k, ok := leading(m)
		if !ok || count >= 0 && k != count {
			return false
		}
		count, readers[i] = k, m
	}
	if count < 0 || !unquantized(n) {
		return false
	}
	for i, m := range readers {
		if m == nil {
			shape := n.Outputs[i].Type.Shape.Clone()
			shape[len(shape)-1] = count
			n.Outputs[i].Type.Shape = shape
			continue
		}
		out := m.Outputs[0]
		r.remove(m)
		delete(r.maker, n.Outputs[i])
		n.Outputs[i], r.maker[out] = out, n
	}
	r.setInput(n, 1, r.constant(n.Inputs[1].Name, tensor.I32(tensor.Shape{}, int32(count))))
	return true
}

// leading returns how many of the first elements of the last dimension a slice takes, if it takes all of the other dimensions and not the whole last one.
func leading(m *ir.Node) (count int, ok bool) {
	x, out := m.Inputs[0].Type, m.Outputs[0].Type
	last := len(x.Shape) - 1
	begin, ok1 := ints(m.Inputs[1])
	if !ok1 || x.Unranked || out.Unranked || last < 0 || len(out.Shape) != len(x.Shape) || len(begin) != len(x.Shape) {
		return 0, false
	}
	taken, ok2 := ints(m.Inputs[2])
	if !ok2 || len(taken) != len(begin) || x.Shape[last] < 0 || out.Shape[last] < 0 || out.Shape[last] >= x.Shape[last] {
		return 0, false
	}
	a, strided := m.Attr.(*op.StridedSlice)
	if strided {
		stride, ok := ints(m.Inputs[3])
		if !ok || !all(stride, 1) || a.EllipsisMask|a.NewAxisMask|a.ShrinkAxisMask != 0 || a.Offset {
			return 0, false
		}
	}
	for i, b := range begin {
		if b != 0 && !(strided && a.BeginMask>>i&1 != 0) {
			return 0, false
		}
		whole := taken[i] == -1 && !strided || strided && a.EndMask>>i&1 != 0 || x.Shape[i] >= 0 && out.Shape[i] == x.Shape[i]
		if i < last && !whole {
			return 0, false
		}
	}
	return out.Shape[last], true
}
