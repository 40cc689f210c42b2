package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// matchOneHot makes comparisons of indices with 0, 1, 2, … ONE_HOT, and lets ONE_HOT make the type to which a CAST converts its result.
var matchOneHot = rules{"EQUAL": {equalToRange}, "CAST": {castOneHot}}

// equalToRange starts from EQUAL of indices that were given a last dimension of 1, and a constant 0, 1, 2, ….
func equalToRange(r *rewriter, n *ir.Node) bool {
	for i, v := range n.Inputs {
		m, c := r.only(v, "EXPAND_DIMS", "RESHAPE"), n.Inputs[1-i]
		list, ok := ints(c)
		if m == nil || !ok || !unquantized(n) || len(c.Type.Shape) == 0 || c.Type.Shape[len(c.Type.Shape)-1] != len(list) || len(list) == 0 {
			continue
		}
		index := m.Inputs[0]
		t, u := index.Type, v.Type
		last := len(u.Shape) - 1
		if last < 0 || !keepsUnknown(m) || len(c.Type.Shape) > len(u.Shape) || u.Shape[last] != 1 || t.Unranked || !t.Shape.Equal(u.Shape[:last]) {
			continue
		}
		if t.DType != tensor.Int32 && t.DType != tensor.Int64 || !counts(list) {
			continue
		}
		name := n.Outputs[0].Name
		depth := r.constant(name+"/depth", tensor.I32(tensor.Shape{}, int32(len(list))))
		on := r.constant(name+"/on", tensor.Of(tensor.Bool, tensor.Shape{}, []bool{true}))
		off := r.constant(name+"/off", tensor.Of(tensor.Bool, tensor.Shape{}, []bool{false}))
		r.become(n, "ONE_HOT", &op.OneHot{Axis: -1}, index, depth, on, off)
		return true
	}
	return false
}

// counts reports whether the list is 0, 1, 2, ….
func counts(list []int) bool {
	for i, x := range list {
		if x != i {
			return false
		}
	}
	return true
}

// castOneHot starts from a CAST of a ONE_HOT with constants for on and off.
func castOneHot(r *rewriter, n *ir.Node) bool {
	m := r.only(n.Inputs[0], "ONE_HOT")
	d := n.Outputs[0].Type.DType
	if m == nil || !unquantized(n) || !unquantized(m) {
		return false
	}
	switch d {
	case tensor.Float32, tensor.Int8, tensor.UInt8, tensor.Int32, tensor.Int64, tensor.Bool:
	default:
		return false
	}
	inputs := append([]*ir.Value{}, m.Inputs...)
	for i := 2; i <= 3; i++ {
		v := &ir.Value{Name: inputs[i].Name, Type: ir.Type{DType: d, Shape: inputs[i].Type.Shape}}
		if !foldNode(&ir.Node{Op: "CAST", Attr: &op.Cast{In: inputs[i].Type.DType, Out: d}, Inputs: inputs[i : i+1], Outputs: []*ir.Value{v}}) {
			return false
		}
		inputs[i] = v
	}
	r.graph.Add(inputs[2], inputs[3])
	r.become(n, "ONE_HOT", clone(m.Attr.(*op.OneHot)), inputs...)
	return true
}
