package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// mergeAddends adds two constants that are added one after the other.
var mergeAddends = rules{"ADD": {addTwice}}

func addTwice(r *rewriter, n *ir.Node) bool {
	for i, v := range n.Inputs {
		c2 := n.Inputs[1-i]
		m := r.only(v, "ADD")
		if m == nil || c2.Const == nil || activationOf(m) != op.None || !unquantized(n) || !unquantized(m) {
			continue
		}
		for j, x := range m.Inputs {
			c1 := m.Inputs[1-j]
			if c1.Const == nil || !within(c1.Type.Shape, x.Type) || !within(c2.Type.Shape, x.Type) {
				continue
			}
			if c := r.sum(c1, c2); c != nil {
				r.become(n, "ADD", cloneAttr(n.Attr), x, c)
				return true
			}
		}
	}
	return false
}

// sum returns the constant c1 + c2, nil if it were larger than both.
func (r *rewriter) sum(c1, c2 *ir.Value) *ir.Value {
	shape, err := tensor.Broadcast(c1.Type.Shape, c2.Type.Shape)
	if err != nil || shape.Elements() > max(c1.Const.Elements(), c2.Const.Elements()) {
		return nil
	}
	v := &ir.Value{Name: c2.Name, Type: ir.Type{DType: c1.Type.DType, Shape: shape}}
	n := &ir.Node{Op: "ADD", Attr: &op.Arith{}, Inputs: []*ir.Value{c1, c2}, Outputs: []*ir.Value{v}}
	if c1.Type.DType != c2.Type.DType || !foldNode(n) {
		return nil
	}
	return r.graph.Add(v)
}
