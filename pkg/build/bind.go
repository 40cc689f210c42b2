package build

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Bind brings a model into the form of a flatbuffer: every unknown dimension of an input becomes 1, what follows from that is inferred anew, and the
// shapes with their unknown dimensions become the advertised ones, which callers may resize.
func Bind(m *ir.Model) {
	for _, g := range m.Graphs {
		b := binding{known: map[*ir.Value]*tensor.Tensor{}}
		for _, v := range g.Inputs {
			b.settle(v, nil)
		}
		for _, n := range g.Nodes {
			b.node(n)
		}
	}
}

// binding is the state of Bind in one graph.
type binding struct {
	known map[*ir.Value]*tensor.Tensor // content of small integers that follows from shapes
}

// settle replaces v's unknown dimensions by those of shape, or by 1.
func (b *binding) settle(v *ir.Value, shape tensor.Shape) {
	t := &v.Type
	if t.Unranked || t.Static() {
		return
	}
	v.Advertised = t.Shape.Clone()
	t.Shape = t.Shape.Clone()
	for i, d := range t.Shape {
		if d >= 0 {
			continue
		}
		if t.Shape[i] = 1; len(shape) == len(t.Shape) {
			t.Shape[i] = shape[i]
		}
	}
}

// node settles a node's results. What can't be inferred gets dimensions of 1: the runtime infers it when it runs.
func (b *binding) node(n *ir.Node) {
	if !b.unsettled(n) {
		return
	}
	in := make([]*tensor.Tensor, len(n.Inputs))
	for i, v := range n.Inputs {
		switch {
		case v == nil:
		case v.Const != nil:
			in[i] = v.Const
		case b.known[v] != nil:
			in[i] = b.known[v]
		default:
			in[i] = &tensor.Tensor{DType: v.Type.DType, Shape: v.Type.Shape}
		}
	}
	var out []*tensor.Tensor
	if o := op.Set.Lookup(n.Op); o != nil && o.Infer != nil {
		f := Builder{state: &state{set: op.Set}}
		out, _ = f.evaluate(o, n, in, false)
	}
	for i, v := range n.Outputs {
		if out == nil || !out[i].Shape.Static() {
			b.settle(v, nil)
			continue
		}
		b.settle(v, out[i].Shape)
		if out[i].Known() && v.Type.Shape.Equal(out[i].Shape) {
			b.known[v] = out[i]
		}
	}
}

// unsettled reports whether an operand or a result depends on unknown dimensions.
func (b *binding) unsettled(n *ir.Node) bool {
	for _, v := range n.Inputs {
		if v != nil && (v.Advertised != nil || b.known[v] != nil) {
			return true
		}
	}
	for _, v := range n.Outputs {
		if !v.Type.Static() {
			return true
		}
	}
	return false
}
