package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// keepDims makes a reduction keep the dimensions that a RESHAPE behind it brings back, or drop those that it takes away.
var keepDims = rules{"RESHAPE": {reshapeOfReduced}}

func reshapeOfReduced(r *rewriter, n *ir.Node) bool {
	m := r.only(n.Inputs[0], "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL")
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
	r.absorb(m, n)
	return true
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
