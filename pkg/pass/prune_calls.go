package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// pruneCalls removes what WHILE and IF hand to their graphs, and what these give back, where it can't affect a result that something reads. A variable that a loop leaves
// as it is stands for its operand behind the loop, and is a constant of the loop's graphs if the operand is one.
func pruneCalls(m *ir.Model) (changed bool, err error) {
	acts, calls := acting(m), callers(m)
	for i, g := range slices.Backward(m.Graphs) { // inner loops first, which mostly stand behind
		edited := false
		for _, n := range g.Nodes {
			switch a := n.Attr.(type) {
			case *op.While:
				if calls[a.Cond] == 1 && calls[a.Body] == 1 && !acts(n) {
					l := loop{m.Graphs[a.Cond], m.Graphs[a.Body], n}
					edited = l.settle(g, m.Ports(i)) || edited
					edited = l.prune(read(g, m.Ports(i))) || edited
				}
			case *op.If:
				if calls[a.Then] == 1 && calls[a.Else] == 1 && !acts(n) {
					edited = pruneIf(m.Graphs[a.Then], m.Graphs[a.Else], n, read(g, m.Ports(i))) || edited
				}
			}
		}
		if edited {
			g.Sweep(m.Ports(i)...)
			changed = true
		}
	}
	return changed, nil
}

// callers counts the nodes and signatures that run each graph.
func callers(m *ir.Model) []int {
	count := make([]int, len(m.Graphs))
	for _, s := range m.Signatures {
		count[s.Graph]++
	}
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			for _, i := range callees(n) {
				count[*i]++
			}
		}
	}
	return count
}

// callees returns where a node keeps the indices of the graphs that it runs.
func callees(n *ir.Node) []*int {
	switch a := n.Attr.(type) {
	case *op.While:
		return []*int{&a.Cond, &a.Body}
	case *op.If:
		return []*int{&a.Then, &a.Else}
	case *op.CallOnce:
		return []*int{&a.Init}
	}
	return nil
}

// read returns the values that something reads: a node, the graph's caller or a port.
func read(g *ir.Graph, ports []ir.Port) map[*ir.Value]bool {
	values := map[*ir.Value]bool{}
	for _, n := range g.Nodes {
		for _, v := range n.Inputs {
			values[v] = true
		}
	}
	for _, v := range g.Outputs {
		values[v] = true
	}
	for _, p := range ports {
		values[p.Value] = true
	}
	return values
}

// loop is a WHILE whose graphs nothing else runs.
type loop struct {
	cond, body *ir.Graph
	node       *ir.Node
}

// settle takes variables that the body leaves as they are out of the loop: behind it for its operand, and within it if the operand is a constant.
func (l *loop) settle(g *ir.Graph, ports []ir.Port) (changed bool) {
	for i, v := range l.body.Inputs {
		x := l.node.Inputs[i]
		if l.body.Outputs[i] != v {
			continue
		}
		if y := l.node.Outputs[i]; !slices.ContainsFunc(ports, func(p ir.Port) bool { return p.Value == y }) && !slices.Contains(g.Outputs, y) {
			changed = substitute(g, y, x) || changed
		}
		if x.Const == nil || x.Sparsity != nil {
			continue
		}
		c := &ir.Value{Name: x.Name, Type: x.Type, Const: x.Const, Quant: x.Quant, Range: x.Range}
		if substitute(l.body, v, c) {
			l.body.Add(c)
			changed = true
		}
		c = &ir.Value{Name: x.Name, Type: x.Type, Const: x.Const, Quant: x.Quant, Range: x.Range}
		if substitute(l.cond, l.cond.Inputs[i], c) {
			l.cond.Add(c)
			changed = true
		}
	}
	return changed
}

// substitute makes the nodes that read old read v instead, and reports whether there are any.
func substitute(g *ir.Graph, old, v *ir.Value) (changed bool) {
	for _, n := range g.Nodes {
		for i, x := range n.Inputs {
			if x == old {
				n.Inputs[i], changed = v, true
			}
		}
	}
	return changed
}

// prune removes the variables that neither the condition nor a result that something reads depends on.
func (l *loop) prune(used map[*ir.Value]bool) bool {
	count := len(l.node.Inputs)
	live, inCond := make([]bool, count), read(l.cond, nil)
	for i := range count {
		live[i] = used[l.node.Outputs[i]] || inCond[l.cond.Inputs[i]]
	}
	for {
		var wanted []*ir.Value
		for i, v := range l.body.Outputs {
			if live[i] {
				wanted = append(wanted, v)
			}
		}
		needed, more := ancestors(l.body, wanted), false
		for i, v := range l.body.Inputs {
			if needed[v] && !live[i] {
				live[i], more = true, true
			}
		}
		if !more {
			break
		}
	}
	dead := func(i int) bool { return !live[i] }
	if !slices.Contains(live, false) || !slices.Contains(live, true) {
		return false
	}
	l.node.Inputs, l.node.Outputs = without(l.node.Inputs, dead), without(l.node.Outputs, dead)
	l.body.Inputs, l.body.Outputs = without(l.body.Inputs, dead), without(l.body.Outputs, dead)
	l.cond.Inputs = without(l.cond.Inputs, dead)
	removeDead(l.body)
	l.cond.Sweep()
	return true
}

// ancestors returns the values that the given ones depend on, with these.
func ancestors(g *ir.Graph, values []*ir.Value) map[*ir.Value]bool {
	needed := map[*ir.Value]bool{}
	for _, v := range values {
		needed[v] = true
	}
	for _, n := range slices.Backward(g.Nodes) {
		if slices.ContainsFunc(n.Outputs, func(v *ir.Value) bool { return needed[v] }) {
			for _, v := range n.Inputs {
				needed[v] = true
			}
		}
	}
	return needed
}

// removeDead removes the nodes that the graph's results don't depend on. None of them must do more than make results.
func removeDead(g *ir.Graph) {
	needed := ancestors(g, g.Outputs)
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n *ir.Node) bool {
		return !slices.ContainsFunc(n.Outputs, func(v *ir.Value) bool { return needed[v] })
	})
	g.Sweep()
}

// without returns the values at the places that are not dead.
func without(values []*ir.Value, dead func(i int) bool) []*ir.Value {
	var list []*ir.Value
	for i, v := range values {
		if !dead(i) {
			list = append(list, v)
		}
	}
	return list
}

// pruneIf removes results that nothing reads, and operands that neither branch needs for the others.
func pruneIf(then, otherwise *ir.Graph, n *ir.Node, used map[*ir.Value]bool) (changed bool) {
	unread := func(i int) bool { return !used[n.Outputs[i]] }
	if results := without(n.Outputs, unread); len(results) > 0 && len(results) < len(n.Outputs) {
		then.Outputs, otherwise.Outputs = without(then.Outputs, unread), without(otherwise.Outputs, unread)
		n.Outputs, changed = results, true
	}
	a, b := ancestors(then, then.Outputs), ancestors(otherwise, otherwise.Outputs)
	dead := func(i int) bool { return i > 0 && !a[then.Inputs[i-1]] && !b[otherwise.Inputs[i-1]] }
	if operands := without(n.Inputs, dead); len(operands) < len(n.Inputs) {
		inner := func(i int) bool { return dead(i + 1) }
		x, y := without(then.Inputs, inner), without(otherwise.Inputs, inner)
		n.Inputs, then.Inputs, otherwise.Inputs, changed = operands, x, y, true
	}
	if changed {
		removeDead(then)
		removeDead(otherwise)
	}
	return changed
}
