package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// keepDims makes a reduction keep the dimensions that a RESHAPE behind it brings back, or drop those that it takes away. Between both may be elementwise operators
// of one operand, or with a number.
var keepDims = rules{"RESHAPE": {reshapeOfReduced}}

func reshapeOfReduced(r *rewriter, n *ir.Node) bool {
	v := n.Inputs[0]
	var between []*ir.Value
	rank := len(n.Outputs[0].Type.Shape)
	for at := r.elementwise(v, rank); at != nil; at = r.elementwise(v, rank) {
		between, v = append(between, v), at
	}
	m := r.only(v, "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL")
	if m == nil || m.Inputs[0].Type.Unranked {
		return false
	}
	x := m.Inputs[0].Type.Shape
	axes, ok := axesOf(m.Inputs[1], len(x))
	if !ok {
		return false
	}
	keep := !m.Attr.(*op.Reduce).KeepDims
	if !resized(ir.Type{Shape: reducedShape(x, axes, keep)}, n.Outputs[0].Type.Shape) {
		return false
	}
	m.Attr = &op.Reduce{KeepDims: keep}
	for _, w := range append(between, v) {
		w.Type.Shape = n.Outputs[0].Type.Shape.Clone()
	}
	r.absorb(r.maker[n.Inputs[0]], n)
	return true
}

// elementwise returns the operand of the node that makes v, if nothing else reads v, and its shape is the operand's, also if that becomes another one of the
// given rank.
func (r *rewriter) elementwise(v *ir.Value, rank int) *ir.Value {
	if !r.single(v) {
		return nil
	}
	n := r.maker[v]
	switch {
	case n == nil:
	case moveUnary[n.Op] != nil:
		return n.Inputs[0]
	case slices.Contains(movable, n.Op):
		x, _, ok := withScalar(n)
		if !ok || len(n.Outputs[0].Type.Shape) != len(x.Type.Shape) {
			return nil
		}
		for _, c := range n.Inputs {
			if c != x && len(c.Type.Shape) > rank {
				return nil
			}
		}
		return x
	}
	return nil
}

// reducedShape returns the shape that is left of x without the given axes, or with 1 in their places.
func reducedShape(x tensor.Shape, axes []int, keep bool) tensor.Shape {
	out := tensor.Shape{}
	for i, d := range x {
		switch gone := len(axes) > 0 && axes[0] == i; {
		case !gone:
			out = append(out, d)
		case keep:
			out = append(out, 1)
			fallthrough
		default:
			axes = axes[1:]
		}
	}
	return out
}
