package ir

import "slices"

// Patch collects an edit of a graph and applies it at once, so that a rewrite that finds midway that it does not apply leaves the graph
// untouched.
type Patch struct {
	graph   *Graph
	before  map[*Node][]*Node
	after   map[*Node][]*Node
	first   []*Node
	values  []*Value
	replace map[*Value]*Value
	remove  map[*Node]bool
}

// NewPatch starts an edit of g.
func NewPatch(g *Graph) *Patch {
	return &Patch{graph: g, before: map[*Node][]*Node{}, after: map[*Node][]*Node{}, replace: map[*Value]*Value{}, remove: map[*Node]bool{}}
}

// Value adds a value to the graph.
func (p *Patch) Value(v *Value) *Value {
	p.values = append(p.values, v)
	return v
}

// Before inserts n in front of at; nodes inserted at one place keep their order.
func (p *Patch) Before(at, n *Node) { p.before[at] = append(p.before[at], n) }

// After inserts n behind at, or in front of all nodes if at is nil; nodes inserted at one place keep their order.
func (p *Patch) After(at, n *Node) {
	if at == nil {
		p.first = append(p.first, n)
		return
	}
	p.after[at] = append(p.after[at], n)
}

// Replace makes every node of the graph, and its outputs, read new instead of old. Nodes that the patch adds keep what they read.
func (p *Patch) Replace(old, new *Value) { p.replace[old] = new }

// Remove deletes a node. Its results must have no uses left.
func (p *Patch) Remove(n *Node) { p.remove[n] = true }

// Apply carries the edit out.
func (p *Patch) Apply() {
	g := p.graph
	resolve := func(v *Value) *Value {
		for range len(p.replace) {
			w, ok := p.replace[v]
			if !ok {
				break
			}
			v = w
		}
		return v
	}
	nodes := slices.Clone(p.first)
	for _, n := range g.Nodes {
		nodes = append(nodes, p.before[n]...)
		if !p.remove[n] {
			for i, v := range n.Inputs {
				n.Inputs[i] = resolve(v)
			}
			nodes = append(nodes, n)
		}
		nodes = append(nodes, p.after[n]...)
	}
	for i, v := range g.Outputs {
		g.Outputs[i] = resolve(v)
	}
	g.Nodes = nodes
	g.Values = append(g.Values, p.values...)
}
