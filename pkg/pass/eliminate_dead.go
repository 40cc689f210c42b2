package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// stateful are the operators that do more than make results.
var stateful = []string{"ASSIGN_VARIABLE", "CALL_ONCE", "CUSTOM", "HASHTABLE_IMPORT"}

// eliminateDead removes nodes of which nothing reads a result, unless they do more than make results.
func eliminateDead(m *ir.Model) (changed bool, err error) {
	acts := acting(m)
	for i, g := range m.Graphs {
		live := make(map[*ir.Value]bool, len(g.Values))
		for _, v := range g.Outputs {
			live[v] = true
		}
		for _, p := range m.Ports(i) {
			live[p.Value] = true
		}
		kept := len(g.Nodes)
		for _, n := range slices.Backward(g.Nodes) {
			if !acts(n) && !slices.ContainsFunc(n.Outputs, func(v *ir.Value) bool { return live[v] }) {
				continue
			}
			for _, v := range n.Inputs {
				live[v] = true
			}
			kept--
			g.Nodes[kept] = n
		}
		if kept > 0 {
			g.Nodes = slices.Delete(g.Nodes, 0, kept)
			g.Sweep(m.Ports(i)...)
			changed = true
		}
	}
	return changed, nil
}

// acting returns a function that reports whether a node does more than make results: it changes state, or runs a graph that does.
func acting(m *ir.Model) func(n *ir.Node) bool {
	const (
		unseen = iota
		busy
		pure
		effect
	)
	state := make([]int, len(m.Graphs))
	var acts func(n *ir.Node) bool
	graph := func(i int) bool {
		if i < 0 || i >= len(m.Graphs) || state[i] == busy {
			return true
		}
		if state[i] == unseen {
			state[i] = busy
			found := slices.ContainsFunc(m.Graphs[i].Nodes, acts)
			if state[i] = pure; found {
				state[i] = effect
			}
		}
		return state[i] == effect
	}
	acts = func(n *ir.Node) bool {
		switch a := n.Attr.(type) {
		case *op.While:
			return graph(a.Cond) || graph(a.Body)
		case *op.If:
			return graph(a.Then) || graph(a.Else)
		}
		return len(n.Outputs) == 0 || slices.Contains(stateful, n.Op) || readsVariable(n)
	}
	return acts
}

// readsVariable reports whether an operand is a variable, which the node may change.
func readsVariable(n *ir.Node) bool {
	return slices.ContainsFunc(n.Inputs, func(v *ir.Value) bool { return v != nil && v.Variable })
}

// isControl reports whether a node runs graphs.
func isControl(n *ir.Node) bool { return n.Op == "WHILE" || n.Op == "IF" }
