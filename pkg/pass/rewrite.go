package pass

import (
	"container/list"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// rule tries to rewrite a graph around n, which has one of the operators that the rule is listed for, and reports whether it did. A rule looks
// first and edits after: it must leave the graph untouched if it reports false.
type rule func(r *rewriter, n *ir.Node) bool

// rules lists rules by the operator of the node that they start from.
type rules map[string][]rule

// run is a pass made of rules: it applies them to every node of every graph until none applies.
func (set rules) run(m *ir.Model) (changed bool, err error) {
	for i, g := range m.Graphs {
		if !slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return set[n.Op] != nil }) {
			continue
		}
		r := newRewriter(m, i)
		// Each sweep but the last changes something. A set of rules that undo each other would never end.
		for sweep := 0; r.sweep(set); sweep++ {
			if changed = true; sweep > 100+len(r.graph.Nodes) {
				return true, fmt.Errorf("graph %d: the rules come to no end", i)
			}
		}
		r.finish()
	}
	return changed, nil
}

// rewriter is a graph under edit, with what rules ask about it kept up to date: who makes a value, and who reads it.
type rewriter struct {
	model *ir.Model
	index int
	graph *ir.Graph

	maker map[*ir.Value]*ir.Node
	uses  map[*ir.Value][]ir.Use // as ir.Graph.Uses: Node is nil for outputs of the graph
	gone  map[*ir.Node]bool      // nodes that were removed
	chain *chain                 // the nodes in order; nil as long as that is the graph's
	dirty bool
}

// chain is a list of nodes to edit.
type chain struct {
	order *list.List // of *ir.Node
	place map[*ir.Node]*list.Element
}

func newRewriter(m *ir.Model, index int) *rewriter {
	g := m.Graphs[index]
	return &rewriter{model: m, index: index, graph: g, maker: g.Producers(), uses: usesOf(g), gone: map[*ir.Node]bool{}}
}

// usesOf is ir.Graph.Uses with little memory: most values are read once, and the lists of all of them lie in one piece.
func usesOf(g *ir.Graph) map[*ir.Value][]ir.Use {
	uses := make(map[*ir.Value][]ir.Use, len(g.Values))
	firsts := make([]ir.Use, 0, len(g.Values))
	add := func(v *ir.Value, u ir.Use) {
		if list := uses[v]; list != nil || len(firsts) == cap(firsts) {
			uses[v] = append(list, u)
			return
		}
		firsts = append(firsts, u)
		uses[v] = firsts[len(firsts)-1 : len(firsts) : len(firsts)]
	}
	for _, n := range g.Nodes {
		for i, v := range n.Inputs {
			if v != nil {
				add(v, ir.Use{Node: n, Input: i})
			}
		}
	}
	for i, v := range g.Outputs {
		add(v, ir.Use{Input: i})
	}
	return uses
}

// sweep tries the rules once at each node that is there when it begins.
func (r *rewriter) sweep(set rules) (changed bool) {
	for _, n := range r.nodes() {
		for _, try := range set[n.Op] {
			if r.gone[n] {
				break // a rule removed it
			}
			if try(r, n) {
				changed, r.dirty = true, true
				break
			}
		}
	}
	return changed
}

// nodes lists the nodes in order. The list is not to be changed.
func (r *rewriter) nodes() []*ir.Node {
	if r.chain == nil {
		return r.graph.Nodes
	}
	nodes := make([]*ir.Node, 0, r.chain.order.Len())
	for e := r.chain.order.Front(); e != nil; e = e.Next() {
		nodes = append(nodes, e.Value.(*ir.Node))
	}
	return nodes
}

// list returns the nodes as a list to edit.
func (r *rewriter) list() *chain {
	if r.chain == nil {
		c := &chain{list.New(), make(map[*ir.Node]*list.Element, len(r.graph.Nodes))}
		for _, n := range r.graph.Nodes {
			c.place[n] = c.order.PushBack(n)
		}
		r.chain = c
	}
	return r.chain
}

// finish writes the edit back, and removes the values that nothing refers to.
func (r *rewriter) finish() {
	if !r.dirty {
		return
	}
	r.graph.Nodes = r.nodes()
	r.graph.Sweep(r.model.Ports(r.index)...)
}

// by returns the node that makes v if its operator is one of ops, else nil.
func (r *rewriter) by(v *ir.Value, ops ...string) *ir.Node {
	if n := r.maker[v]; v != nil && n != nil && slices.Contains(ops, n.Op) {
		return n
	}
	return nil
}

// only returns what by returns, if nothing but one input of one node reads v.
func (r *rewriter) only(v *ir.Value, ops ...string) *ir.Node {
	if !r.single(v) {
		return nil
	}
	return r.by(v, ops...)
}

// single reports whether exactly one input of one node reads v, and the graph does not return it.
func (r *rewriter) single(v *ir.Value) bool {
	uses := r.uses[v]
	return len(uses) == 1 && uses[0].Node != nil
}

// reader returns the one node that reads v if its operator is one of ops, else nil.
func (r *rewriter) reader(v *ir.Value, ops ...string) *ir.Node {
	if uses := r.uses[v]; r.single(v) && slices.Contains(ops, uses[0].Node.Op) {
		return uses[0].Node
	}
	return nil
}

// value adds a value of the given type to the graph.
func (r *rewriter) value(name string, t ir.Type) *ir.Value {
	return r.graph.Add(&ir.Value{Name: name, Type: t})
}

// constant adds a constant to the graph.
func (r *rewriter) constant(name string, t *tensor.Tensor) *ir.Value {
	return r.graph.AddConst(name, t)
}

// before inserts a node in front of at. What it reads must be made before that.
func (r *rewriter) before(at, n *ir.Node) {
	c := r.list()
	c.place[n] = c.order.InsertBefore(n, c.place[at])
	delete(r.gone, n)
	r.link(n)
}

// swap puts n in the place of old, with old's results, so that those who read them, and their names, stay.
func (r *rewriter) swap(old, n *ir.Node) {
	outputs := old.Outputs
	r.before(old, n)
	r.remove(old)
	n.Outputs = outputs
	for _, v := range outputs {
		r.maker[v] = n
	}
}

// become puts another operator in the place of n, with n's results, and removes what has made n's operands for n alone.
func (r *rewriter) become(n *ir.Node, op string, attr ir.Attr, inputs ...*ir.Value) {
	old := n.Inputs
	r.swap(n, &ir.Node{Op: op, Attr: attr, Inputs: inputs})
	for _, v := range old {
		if v != nil {
			r.drop(r.maker[v])
		}
	}
}

// setInput makes input i of n read v.
func (r *rewriter) setInput(n *ir.Node, i int, v *ir.Value) {
	if old := n.Inputs[i]; old != nil {
		r.uses[old] = slices.DeleteFunc(r.uses[old], func(u ir.Use) bool { return u == ir.Use{Node: n, Input: i} })
	}
	if n.Inputs[i] = v; v != nil {
		r.uses[v] = append(r.uses[v], ir.Use{Node: n, Input: i})
	}
}

// setInputs makes n read the given values.
func (r *rewriter) setInputs(n *ir.Node, values ...*ir.Value) {
	r.unlink(n)
	n.Inputs = values
	r.link(n)
}

// replace makes all who read old read v instead, outputs of the graph and of its signatures included. A result that becomes an output of the graph takes
// over the output's name.
func (r *rewriter) replace(old, v *ir.Value) {
	uses := r.uses[old]
	delete(r.uses, old)
	if r.returned(uses) && r.maker[v] != nil && !r.returned(r.uses[v]) {
		old.Name, v.Name = v.Name, old.Name
	}
	for _, u := range uses {
		if u.Node == nil {
			r.graph.Outputs[u.Input] = v
		} else {
			u.Node.Inputs[u.Input] = v
		}
		r.uses[v] = append(r.uses[v], u)
	}
	for _, s := range r.model.Signatures {
		if s.Graph != r.index {
			continue
		}
		for i, p := range s.Outputs {
			if p.Value == old {
				s.Outputs[i].Value = v
			}
		}
	}
}

// returned reports whether the graph returns the value that has these uses.
func (r *rewriter) returned(uses []ir.Use) bool {
	return slices.ContainsFunc(uses, func(u ir.Use) bool { return u.Node == nil })
}

// bypass removes n, whose one result is v, element for element, and makes those who read the result read v. It reports false, and does nothing, if the types
// are not the same, or if the graph returns both: each output is a value of its own. An output may be an input, but not in the body of a loop: the runtime would
// overwrite the one variable before it becomes the other.
func (r *rewriter) bypass(n *ir.Node, v *ir.Value) bool {
	if len(n.Outputs) != 1 || !implies(v.Type, n.Outputs[0].Type) {
		return false
	}
	if old := n.Outputs[0]; r.returned(r.uses[old]) && (r.returned(r.uses[v]) || r.maker[v] == nil && r.isBody()) {
		return false
	}
	r.replace(n.Outputs[0], v)
	r.drop(n)
	return true
}

// isBody reports whether the graph is the body of a loop.
func (r *rewriter) isBody() bool {
	for _, g := range r.model.Graphs {
		for _, n := range g.Nodes {
			if a, ok := n.Attr.(*op.While); ok && a.Body == r.index {
				return true
			}
		}
	}
	return false
}

// implies reports whether whatever has type t has type u: the types are the same, but u may leave dimensions open.
func implies(t, u ir.Type) bool {
	if t.DType != u.DType || len(t.Shape) != len(u.Shape) || t.Unranked != u.Unranked {
		return false
	}
	for i, d := range u.Shape {
		if d >= 0 && d != t.Shape[i] {
			return false
		}
	}
	return true
}

// absorb removes n, of which m has made an operand, and makes m give n's results instead of its own: so n's names stay. Nothing else may read m's results.
func (r *rewriter) absorb(m, n *ir.Node) {
	for _, v := range m.Outputs {
		delete(r.maker, v)
	}
	outputs := n.Outputs
	r.remove(n)
	m.Outputs, m.Version = outputs, 0
	for _, v := range outputs {
		r.maker[v] = m
	}
}

// remove deletes a node. Nothing may read its results any more, unless the caller gives them to another node.
func (r *rewriter) remove(n *ir.Node) {
	r.unlink(n)
	for _, v := range n.Outputs {
		if r.maker[v] == n {
			delete(r.maker, v)
		}
	}
	c := r.list()
	c.order.Remove(c.place[n])
	delete(c.place, n)
	r.gone[n] = true
}

// drop removes n if nothing reads its results, and then in the same way the nodes that made what it read. What may do more than make results stays.
func (r *rewriter) drop(n *ir.Node) {
	if n == nil || r.gone[n] || slices.Contains(stateful, n.Op) || isControl(n) || readsVariable(n) {
		return
	}
	for _, v := range n.Outputs {
		if len(r.uses[v]) > 0 {
			return
		}
	}
	inputs := slices.Clone(n.Inputs)
	r.remove(n)
	for _, v := range inputs {
		if v != nil {
			r.drop(r.maker[v])
		}
	}
}

func (r *rewriter) link(n *ir.Node) {
	for i, v := range n.Inputs {
		if v != nil {
			r.uses[v] = append(r.uses[v], ir.Use{Node: n, Input: i})
		}
	}
	for _, v := range n.Outputs {
		r.maker[v] = n
	}
}

func (r *rewriter) unlink(n *ir.Node) {
	for i, v := range n.Inputs {
		if v != nil {
			r.uses[v] = slices.DeleteFunc(r.uses[v], func(u ir.Use) bool { return u == ir.Use{Node: n, Input: i} })
		}
	}
}

// floats returns the elements of a float32 constant.
func floats(v *ir.Value) ([]float32, bool) {
	if v == nil || v.Const == nil || v.Type.DType != tensor.Float32 || v.Sparsity != nil {
		return nil, false
	}
	return tensor.View[float32](v.Const), true
}

// splat returns the value of a float32 constant of one element.
func splat(v *ir.Value) (float32, bool) {
	if f, ok := floats(v); ok && len(f) == 1 {
		return f[0], true
	}
	return 0, false
}

// ints returns the elements of an integer constant.
func ints(v *ir.Value) ([]int, bool) {
	if v == nil || v.Const == nil {
		return nil, false
	}
	list, err := v.Const.Ints()
	return list, err == nil
}
