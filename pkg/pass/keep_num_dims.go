package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// keepNumDims drops the RESHAPE before a FULLY_CONNECTED that leaves the last dimension as it is, since the operator takes its operand for a list of rows
// anyway, and the one behind it that gives the rows their dimensions back, which the operator then keeps.
var keepNumDims = rules{"FULLY_CONNECTED": {rowsOfReshape}, "RESHAPE": {reshapeOfRows}}

func rowsOfReshape(r *rewriter, n *ir.Node) bool {
	before := r.by(n.Inputs[0], reshaping...)
	if before == nil || n.Attr.(*op.FullyConnected).KeepNumDims {
		return false
	}
	x, k := before.Inputs[0].Type, n.Inputs[1].Type.Shape
	if x.Unranked || len(x.Shape) == 0 || len(k) != 2 || k[1] < 0 || x.Shape[len(x.Shape)-1] != k[1] {
		return false
	}
	r.setInput(n, 0, before.Inputs[0])
	r.drop(before)
	return true
}

func reshapeOfRows(r *rewriter, n *ir.Node) bool {
	fc := r.only(n.Inputs[0], "FULLY_CONNECTED")
	if fc == nil || fc.Attr.(*op.FullyConnected).KeepNumDims || len(fc.Outputs) != 1 {
		return false
	}
	x, w := fc.Inputs[0].Type, fc.Inputs[1].Type.Shape
	if x.Unranked || len(x.Shape) == 0 || len(w) != 2 || w[1] < 0 || x.Shape[len(x.Shape)-1] != w[1] {
		return false
	}
	kept := ir.Type{DType: x.DType, Shape: slices.Clone(x.Shape)}
	kept.Shape[len(kept.Shape)-1] = w[0]
	if !resized(kept, n.Outputs[0].Type.Shape) {
		return false
	}
	a := *fc.Attr.(*op.FullyConnected)
	a.KeepNumDims = true
	fc.Attr = &a
	r.absorb(fc, n)
	return true
}
