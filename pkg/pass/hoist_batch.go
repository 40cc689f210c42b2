package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// hoistBatch lets SHAPE, where only the first dimension is asked for, ask an earlier value that has the same one: mostly an input of the graph. Then all who
// ask for the batch ask the same question, which eliminate_common asks once.
var hoistBatch = rules{"SHAPE": {batchOfSource}}

func batchOfSource(r *rewriter, n *ir.Node) bool {
	for _, u := range r.uses[n.Outputs[0]] {
		if u.Node == nil || u.Input != 0 || !takesFirst(u.Node) {
			return false
		}
	}
	x := n.Inputs[0]
	b := batches{r, map[*ir.Value]*ir.Value{}}
	source := b.source(x)
	if source == x {
		return false
	}
	r.setInput(n, 0, source)
	n.Outputs[0].Type.Shape = tensor.Shape{len(source.Type.Shape)}
	r.drop(r.maker[x])
	return true
}

// takesFirst reports whether n takes the first element of a vector and nothing else.
func takesFirst(n *ir.Node) bool {
	is := func(i, want int) bool {
		list, ok := ints(n.Input(i))
		return ok && len(list) == 1 && list[0] == want
	}
	switch a := n.Attr.(type) {
	case *op.StridedSlice:
		return a.BeginMask == 0 && a.EndMask == 0 && a.EllipsisMask == 0 && a.NewAxisMask == 0 && is(1, 0) && is(2, 1) && is(3, 1)
	case *op.Gather:
		return is(1, 0)
	}
	return n.Op == "SLICE" && is(1, 0) && is(2, 1)
}

// batchLimit bounds the values that are looked at for one.
const batchLimit = 4096

// batches finds the earliest value with the same first dimension as another, and keeps what it found.
type batches struct {
	r     *rewriter
	found map[*ir.Value]*ir.Value
}

func (b batches) source(v *ir.Value) *ir.Value {
	if s := b.found[v]; s != nil {
		return s
	}
	b.found[v] = v
	n := b.r.maker[v]
	if n == nil || len(b.found) > batchLimit || v.Type.Unranked || len(v.Type.Shape) == 0 {
		return v
	}
	var sources []*ir.Value
	for _, x := range b.carriers(n) {
		if x == nil || x.Type.Unranked || len(x.Type.Shape) == 0 {
			return v
		}
		sources = append(sources, b.source(x))
	}
	// Operands that broadcast may each be the one that is repeated, unless they have the same batch.
	if len(sources) > 0 && !slices.ContainsFunc(sources, func(s *ir.Value) bool { return s != sources[0] }) {
		b.found[v] = sources[0]
	}
	return b.found[v]
}

// keepBatch are the operators whose results have the first dimension of an operand, and which operand that is.
var keepBatch = map[string]int{
	"CONV_2D": 0, "DEPTHWISE_CONV_2D": 0, "TRANSPOSE_CONV": 2, "CONV_3D": 0, "CONV_3D_TRANSPOSE": 2, "MAX_POOL_2D": 0, "AVERAGE_POOL_2D": 0,
	"RESIZE_BILINEAR": 0, "RESIZE_NEAREST_NEIGHBOR": 0, "LOCAL_RESPONSE_NORMALIZATION": 0, "L2_NORMALIZATION": 0, "CAST": 0, "DEPTH_TO_SPACE": 0, "SPACE_TO_DEPTH": 0,
}

// carriers returns operands of n of which one at least gives the first dimension of its result, and all the others the same or 1; none if that is not known.
func (b batches) carriers(n *ir.Node) []*ir.Value {
	if len(n.Inputs) == 0 || n.Inputs[0] == nil {
		return nil
	}
	x := n.Inputs[0]
	rank := len(n.Outputs[0].Type.Shape)
	if i, ok := keepBatch[n.Op]; ok && i < len(n.Inputs) {
		return n.Inputs[i : i+1]
	}
	switch a := n.Attr.(type) {
	case *op.Concat:
		if axis, err := tensor.Axis(a.Axis, rank); err == nil && axis != 0 {
			return n.Inputs[:1]
		}
	case *op.FullyConnected:
		if a.KeepNumDims && rank > 1 {
			return n.Inputs[:1]
		}
	case *op.Softmax:
		if rank > 1 {
			return n.Inputs[:1]
		}
	case *op.Reduce:
		if axes, ok := axesOf(n.Inputs[1], len(x.Type.Shape)); ok && !slices.Contains(axes, 0) {
			return n.Inputs[:1]
		}
	case *op.Reshape:
		if movedBehindBatch(x.Type, n.Outputs[0].Type) {
			return n.Inputs[:1]
		}
	}
	switch {
	case moveUnary[n.Op] != nil:
		return n.Inputs[:1]
	case n.Op == "PAD" || n.Op == "PADV2":
		if list, ok := ints(n.Inputs[1]); ok && len(list) > 1 && list[0] == 0 && list[1] == 0 {
			return n.Inputs[:1]
		}
	case n.Op == "TRANSPOSE":
		if perm, ok := permutation(n); ok && len(perm) > 0 && perm[0] == 0 {
			return n.Inputs[:1]
		}
	case slices.Contains(movable, n.Op) || n.Op == "PRELU" || n.Op == "SELECT_V2":
		var carry []*ir.Value
		for _, v := range n.Inputs {
			if s := v.Type.Shape; v.Type.Unranked || len(s) == rank && s[0] != 1 {
				carry = append(carry, v)
			}
		}
		return carry
	}
	return nil
}

// movedBehindBatch reports whether a RESHAPE leaves the first dimension, known or not, as it is: the others have as many elements before as after.
func movedBehindBatch(x, out ir.Type) bool {
	if x.Unranked || len(x.Shape) == 0 || len(out.Shape) == 0 {
		return false
	}
	rest, moved := x.Shape[1:], out.Shape[1:]
	return rest.Elements() > 0 && rest.Elements() == moved.Elements()
}
