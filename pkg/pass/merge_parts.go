package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// mergeParts removes what cuts a tensor only to join it again, and joins what is joined twice at once: PACK of UNPACK and CONCATENATION of SPLIT along the same
// axis are what was cut; CONCATENATION of UNPACK is a RESHAPE of it; CONCATENATION of CONCATENATION along the same axis is one.
var mergeParts = rules{"PACK": {packOfUnpack}, "CONCATENATION": {concatOfSplit, concatOfUnpack, concatOfConcat}}

// partsOf returns the node of one of ops whose results are the operands of n, all of them in order.
func (r *rewriter) partsOf(n *ir.Node, ops ...string) *ir.Node {
	cut := r.by(n.Inputs[0], ops...)
	if cut == nil || !slices.Equal(cut.Outputs, n.Inputs) || activationOf(n) != op.None {
		return nil
	}
	return cut
}

func packOfUnpack(r *rewriter, n *ir.Node) bool {
	cut := r.partsOf(n, "UNPACK")
	if cut == nil {
		return false
	}
	rank := len(n.Outputs[0].Type.Shape)
	a, err1 := tensor.Axis(cut.Attr.(*op.Unpack).Axis, rank)
	b, err2 := tensor.Axis(n.Attr.(*op.Pack).Axis, rank)
	return err1 == nil && err2 == nil && a == b && r.bypass(n, cut.Inputs[0])
}

func concatOfSplit(r *rewriter, n *ir.Node) bool {
	cut := r.partsOf(n, "SPLIT", "SPLIT_V")
	if cut == nil {
		return false
	}
	x, at := cut.Inputs[0], cut.Inputs[len(cut.Inputs)-1]
	if cut.Op == "SPLIT" {
		x, at = at, x
	}
	rank := len(x.Type.Shape)
	axes, ok := axesOf(at, rank)
	axis, err := tensor.Axis(n.Attr.(*op.Concat).Axis, rank)
	return ok && err == nil && slices.Equal(axes, []int{axis}) && r.bypass(n, x)
}

func concatOfUnpack(r *rewriter, n *ir.Node) bool {
	cut := r.partsOf(n, "UNPACK")
	if cut == nil {
		return false
	}
	rank := len(n.Outputs[0].Type.Shape)
	a, err1 := tensor.Axis(cut.Attr.(*op.Unpack).Axis, rank+1)
	b, err2 := tensor.Axis(n.Attr.(*op.Concat).Axis, rank)
	shape, ok := openShape(n.Outputs[0].Type)
	if err1 != nil || err2 != nil || a != b || !ok {
		return false
	}
	r.toReshape(n, cut.Inputs[0], shape)
	return true
}

func concatOfConcat(r *rewriter, n *ir.Node) bool {
	rank := len(n.Outputs[0].Type.Shape)
	axis, err := tensor.Axis(n.Attr.(*op.Concat).Axis, rank)
	if err != nil {
		return false
	}
	for i, v := range n.Inputs {
		inner := r.only(v, "CONCATENATION")
		if inner == nil || activationOf(inner) != op.None {
			continue
		}
		if a, err := tensor.Axis(inner.Attr.(*op.Concat).Axis, rank); err != nil || a != axis {
			continue
		}
		r.setInputs(n, slices.Concat(n.Inputs[:i], inner.Inputs, n.Inputs[i+1:])...)
		r.drop(inner)
		return true
	}
	return false
}
