package pass

import (
	"bytes"
	"hash/maphash"
	"reflect"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// eliminateCommon merges constants of the same content, and then nodes that compute the same: one operator with equal attributes on the same operands.
func eliminateCommon(m *ir.Model) (changed bool, err error) {
	for i := range m.Graphs {
		r := newRewriter(m, i)
		merged := r.mergeConstants()
		r.dirty = r.mergeNodes() || merged
		changed = changed || r.dirty
		r.finish()
	}
	return changed, nil
}

// contentKey tells most constants of different content apart, without a look at all of it.
type contentKey struct {
	dtype tensor.DType
	size  int
	hash  uint64
}

// contentSamples is the number of pieces of a large constant that its key looks at, contentPiece their length in bytes.
const (
	contentSamples = 4
	contentPiece   = 64
)

func keyOf(t *tensor.Tensor, h *maphash.Hash) contentKey {
	h.Reset()
	for _, d := range t.Shape {
		maphash.WriteComparable(h, d)
	}
	if len(t.Data) <= contentSamples*contentPiece {
		_, _ = h.Write(t.Data)
	} else {
		step := (len(t.Data) - contentPiece) / (contentSamples - 1)
		for i := range contentSamples {
			_, _ = h.Write(t.Data[i*step:][:contentPiece])
		}
	}
	return contentKey{t.DType, len(t.Data), h.Sum64()}
}

// mergeConstants makes the readers of a constant read the first one that is the same.
func (r *rewriter) mergeConstants() (changed bool) {
	var h maphash.Hash
	found := make(map[contentKey][]*ir.Value, len(r.graph.Values))
	for _, v := range r.graph.Values {
		uses := r.uses[v]
		if v.Const == nil || v.Quant != nil || v.Sparsity != nil || v.Variable || len(uses) == 0 || r.returned(uses) {
			continue
		}
		key := keyOf(v.Const, &h)
		at := slices.IndexFunc(found[key], func(w *ir.Value) bool {
			return w.Const.Shape.Equal(v.Const.Shape) && bytes.Equal(w.Const.Data, v.Const.Data)
		})
		if at < 0 {
			found[key] = append(found[key], v)
			continue
		}
		r.replace(v, found[key][at])
		changed = true
	}
	return changed
}

// nodeKey is what equal nodes have in common for sure.
type nodeKey struct {
	op       string
	in0, in1 *ir.Value
	in, out  int
}

// mergeNodes makes the readers of a node's results read those of the first node that is the same.
func (r *rewriter) mergeNodes() (changed bool) {
	found := make(map[nodeKey][]*ir.Node, len(r.graph.Nodes))
	for _, n := range r.nodes() {
		if !pure(n) {
			continue
		}
		key := nodeKey{n.Op, n.Input(0), n.Input(1), len(n.Inputs), len(n.Outputs)}
		at := slices.IndexFunc(found[key], func(m *ir.Node) bool { return r.alike(m, n) })
		if at < 0 {
			found[key] = append(found[key], n)
			continue
		}
		for i, v := range n.Outputs {
			r.replace(v, found[key][at].Outputs[i])
		}
		r.remove(n)
		changed = true
	}
	return changed
}

// pure reports whether a node computes nothing but its results, always the same from the same operands.
func pure(n *ir.Node) bool {
	o := op.Set.Lookup(n.Op)
	known := o != nil && o.Executable() || strings.HasPrefix(n.Op, "TF_") // what front ends use among themselves is arithmetic
	return known && !slices.Contains(random, n.Op) && len(n.Inputs) > 0 && len(n.Intermediates) == 0 && n.Carry == nil && !readsVariable(n)
}

// alike reports whether n can be removed in favour of m.
func (r *rewriter) alike(m, n *ir.Node) bool {
	if !slices.Equal(m.Inputs, n.Inputs) || !reflect.DeepEqual(m.Attr, n.Attr) {
		return false
	}
	for i, v := range n.Outputs {
		w := m.Outputs[i]
		if !implies(w.Type, v.Type) || !reflect.DeepEqual(v.Quant, w.Quant) || r.returned(r.uses[v]) && r.returned(r.uses[w]) {
			return false
		}
	}
	return true
}
