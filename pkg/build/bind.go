package build

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Bind brings a model into the form of a flatbuffer: every unknown dimension of an input becomes 1, what follows from that is inferred anew, and the
// shapes with their unknown dimensions become the advertised ones, which callers may resize.
func Bind(m *ir.Model) {
	bound := map[*ir.Graph]bool{}
	for _, g := range m.Graphs {
		bind(m, g, nil, bound)
	}
}

// bind binds a graph, unless that is done already, and those that its nodes run. in are the inputs' types, and their content as far as it is known; nil for a graph
// that no node runs.
func bind(m *ir.Model, g *ir.Graph, in []*tensor.Tensor, bound map[*ir.Graph]bool) {
	if bound[g] {
		return
	}
	bound[g] = true
	b := binding{model: m, bound: bound, known: map[*ir.Value]*tensor.Tensor{}}
	for i, v := range g.Inputs {
		if i >= len(in) {
			b.settle(v, nil)
			continue
		}
		b.settle(v, in[i].Shape)
		if in[i].Known() && v.Type.Shape.Equal(in[i].Shape) {
			b.known[v] = in[i]
		}
	}
	for _, n := range g.Nodes {
		b.node(n)
	}
}

// binding is the state of Bind in one graph.
type binding struct {
	model *ir.Model
	bound map[*ir.Graph]bool
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
	in := b.operands(n)
	switch a := n.Attr.(type) {
	case *op.While:
		b.loop(n, a, in)
		return
	case *op.If:
		b.branches(n, a, in)
		return
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

// operands returns the operands' types, and their content as far as it is known.
func (b *binding) operands(n *ir.Node) []*tensor.Tensor {
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
	return in
}

// loop binds the graphs of a WHILE. Variables have the shapes that they begin with, but for those that begin empty, and content only if they keep it.
func (b *binding) loop(n *ir.Node, a *op.While, in []*tensor.Tensor) {
	body := b.model.Graphs[a.Body]
	for i, t := range in {
		if body.Outputs[i] == body.Inputs[i] {
			continue
		}
		in[i] = &tensor.Tensor{DType: t.DType, Shape: t.Shape.Clone()}
		for j, d := range in[i].Shape {
			in[i].Shape[j] = max(d, 1)
		}
	}
	bind(b.model, b.model.Graphs[a.Cond], in, b.bound)
	bind(b.model, body, in, b.bound)
	for i, v := range n.Outputs {
		b.settle(v, in[i].Shape)
	}
}

// branches binds the graphs of an IF.
func (b *binding) branches(n *ir.Node, a *op.If, in []*tensor.Tensor) {
	then := b.model.Graphs[a.Then]
	bind(b.model, then, in[1:], b.bound)
	bind(b.model, b.model.Graphs[a.Else], in[1:], b.bound)
	for i, v := range n.Outputs {
		b.settle(v, then.Outputs[i].Type.Shape)
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
