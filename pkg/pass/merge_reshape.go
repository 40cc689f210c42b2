package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// mergeReshape makes RESHAPE of EXPAND_DIMS and SQUEEZE, keeps the last of several in a row, and removes those that change nothing.
var mergeReshape = rules{
	"RESHAPE": {reshapeOfReshape, reshapeToSame, reshapeByConstant}, "EXPAND_DIMS": {reshapeByConstant}, "SQUEEZE": {reshapeByConstant},
}

// reshaping are the operators whose result holds the elements of input 0 in the same order.
var reshaping = []string{"RESHAPE", "EXPAND_DIMS", "SQUEEZE"}

func reshapeOfReshape(r *rewriter, n *ir.Node) bool {
	first := r.by(n.Inputs[0], reshaping...)
	if first == nil {
		return false
	}
	r.setInput(n, 0, first.Inputs[0])
	r.drop(first)
	return true
}

func reshapeToSame(r *rewriter, n *ir.Node) bool {
	return resized(n.Inputs[0].Type, n.Outputs[0].Type.Shape) && r.bypass(n, n.Inputs[0])
}

// reshapeByConstant makes n a RESHAPE with a constant shape.
func reshapeByConstant(r *rewriter, n *ir.Node) bool {
	shape, ok := openShape(n.Outputs[0].Type)
	if !ok || n.Op == "RESHAPE" && (len(n.Inputs) < 2 || n.Inputs[1] == nil || n.Inputs[1].Const != nil) {
		return false
	}
	r.toReshape(n, n.Inputs[0], shape)
	return true
}

// toReshape makes n a RESHAPE of x to the given shape.
func (r *rewriter) toReshape(n *ir.Node, x *ir.Value, shape []int) {
	r.become(n, "RESHAPE", &op.Reshape{}, x, r.indices(n.Outputs[0].Name+"/shape", shape))
}

// openShape returns the shape operand of a RESHAPE to a type, with -1 for an unknown dimension. It fails where that can't be written: several dimensions
// are unknown, or one is and the others have no elements.
func openShape(t ir.Type) ([]int, bool) {
	unknown := 0
	for _, d := range t.Shape {
		if d < 0 {
			unknown++
		}
	}
	if t.Unranked || unknown > 1 || unknown == 1 && slices.Contains(t.Shape, 0) {
		return nil, false
	}
	return slices.Clone(t.Shape), true
}

// resized reports whether a value of type t has the given shape, given that it has as many elements as that: equal shapes with one unknown dimension
// at most, which then is the same.
func resized(t ir.Type, shape tensor.Shape) bool {
	_, ok := openShape(t)
	return ok && t.Shape.Equal(shape)
}
