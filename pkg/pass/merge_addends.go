package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// mergeAddends joins two constants that are added or subtracted one after the other, and two by which is multiplied.
var mergeAddends = rules{"ADD": {joinConstants}, "SUB": {joinConstants}, "MUL": {joinConstants}}

// joints say how two operators with constants join: (x first c1) second c2 is x first (c1 how c2).
var joints = []struct{ first, second, how string }{
	{"ADD", "ADD", "ADD"},
	{"ADD", "SUB", "SUB"},
	{"SUB", "ADD", "SUB"},
	{"SUB", "SUB", "ADD"},
	{"MUL", "MUL", "MUL"},
}

func joinConstants(r *rewriter, n *ir.Node) bool {
	for i, v := range n.Inputs {
		c2 := n.Inputs[1-i]
		m := r.only(v, "ADD", "SUB", "MUL")
		if m == nil || c2.Const == nil || n.Op == "SUB" && i == 1 || activationOf(m) != op.None || !unquantized(n) || !unquantized(m) {
			continue
		}
		how := slices.IndexFunc(joints, func(j struct{ first, second, how string }) bool { return j.first == m.Op && j.second == n.Op })
		if how < 0 {
			continue
		}
		for j, x := range m.Inputs {
			c1 := m.Inputs[1-j]
			if c1.Const == nil || m.Op == "SUB" && j == 1 || !within(c1.Type.Shape, x.Type) || !within(c2.Type.Shape, x.Type) {
				continue
			}
			if c := r.joined(joints[how].how, c1, c2); c != nil {
				r.become(n, m.Op, withActivation(m.Attr, activationOf(n)), x, c)
				return true
			}
		}
	}
	return false
}

// withActivation returns a copy of attributes with another activation.
func withActivation(attr ir.Attr, a op.Activation) ir.Attr {
	attr = cloneAttr(attr)
	*fusedActivation(attr) = a
	return attr
}

// joined returns the constant of an operator and two constants, nil if it were larger than both, or not finite.
func (r *rewriter) joined(name string, c1, c2 *ir.Value) *ir.Value {
	shape, err := tensor.Broadcast(c1.Type.Shape, c2.Type.Shape)
	if err != nil || c1.Type.DType != c2.Type.DType || shape.Elements() > max(c1.Const.Elements(), c2.Const.Elements()) {
		return nil
	}
	attr, _ := op.Set.NewAttr(name)
	v := &ir.Value{Name: c2.Name, Type: ir.Type{DType: c1.Type.DType, Shape: shape}}
	if !foldNode(&ir.Node{Op: name, Attr: attr, Inputs: []*ir.Value{c1, c2}, Outputs: []*ir.Value{v}}) {
		return nil
	}
	if list, ok := floats(v); ok && !finite(list) {
		return nil
	}
	return r.graph.Add(v)
}
