package pass

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// apply changes the nodes that move, and puts transposes where values cross.
func (a *relayout) apply() {
	for _, n := range a.nodes {
		switch {
		case a.r.gone[n]:
		case a.into[n]:
			a.shortcut(n)
		case a.moved[n]:
			a.change(n)
		}
	}
	for _, n := range a.nodes {
		if a.into[n] || a.outOf[n] {
			a.r.drop(n)
		}
	}
}

// shortcut lets those who read the result of a transpose into the layout read what there is already in that layout.
func (a *relayout) shortcut(n *ir.Node) {
	x, out := n.Inputs[0], n.Outputs[0]
	if !a.has(x) {
		a.forms[x] = out
		return
	}
	y := a.form(x, n)
	if a.r.returned(a.r.uses[out]) && (a.r.maker[y] == nil || a.r.returned(a.r.uses[y])) {
		a.back(x) // the graph returns both: n stays
		return
	}
	a.r.replace(out, y)
}

// back makes v as it was from what is made of it now, unless it is there.
func (a *relayout) back(v *ir.Value) {
	y := a.forms[v]
	if y == nil || a.r.maker[v] != nil || a.r.maker[y] == nil || a.into[a.r.maker[y]] {
		return
	}
	y.Name += "/moved"
	a.r.after(a.r.maker[y], &ir.Node{Op: "TRANSPOSE", Inputs: []*ir.Value{y, a.r.indices(v.Name+"/perm", a.l.place)}, Outputs: []*ir.Value{v}})
}

// change makes n work on permuted operands.
func (a *relayout) change(n *ir.Node) {
	m := a.moves[n]
	var data []*ir.Value
	for _, u := range m.data {
		v := a.form(u.Node.Inputs[u.Input], n)
		if data = append(data, v); u.Node == n {
			a.r.setInput(n, u.Input, v)
		}
	}
	m.apply(a.r, data)
	n.Version = 0
	if !m.results {
		return
	}
	for i, v := range n.Outputs {
		back := false // somebody reads it as it was
		for _, u := range a.r.uses[v] {
			reader := a.reader[u]
			back = back || reader != nil && !a.moved[reader] || reader == nil && !(u.Node != nil && a.into[u.Node] && u.Input == 0)
		}
		t := ir.Type{DType: v.Type.DType, Shape: permuted(v.Type.Shape, a.l.perm)}
		y := a.r.value(v.Name, t)
		n.Outputs[i] = y
		delete(a.r.maker, v)
		a.r.maker[y] = n
		a.forms[v] = y
		if back {
			a.back(v)
		}
	}
}

// has reports whether v can be had permuted without another node.
func (a *relayout) has(v *ir.Value) bool {
	return v.Const != nil || a.forms[v] != nil || a.outOf[a.r.maker[v]]
}

// form returns v permuted, for a reader that is n or comes later.
func (a *relayout) form(v *ir.Value, n *ir.Node) *ir.Value {
	switch {
	case a.forms[v] != nil:
	case v.Const != nil:
		t := &tensor.Tensor{DType: v.Type.DType, Shape: v.Type.Shape, Data: v.Const.Data}
		a.forms[v] = a.r.constant(v.Name, permutedTensor(t, a.l.perm))
	case a.outOf[a.r.maker[v]]:
		a.forms[v] = a.r.maker[v].Inputs[0]
	default:
		t := ir.Type{DType: v.Type.DType, Shape: permuted(v.Type.Shape, a.l.perm)}
		a.forms[v] = a.r.ahead(n, v.Name+"/moved", t, "TRANSPOSE", nil, v, a.r.indices(v.Name+"/perm", a.l.perm))
	}
	return a.forms[v]
}

// after inserts a node behind at.
func (r *rewriter) after(at, n *ir.Node) {
	c := r.list()
	c.place[n] = c.order.InsertAfter(n, c.place[at])
	delete(r.gone, n)
	r.link(n)
}
