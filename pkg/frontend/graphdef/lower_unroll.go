package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
)

// Loops of a few rounds are written out where that takes no more operators than WHILE with its graphs. Recurrent layers of a few steps are written out in any case: their
// operators can be quantized then.
const (
	unrollRounds = 16
	unrollNodes  = 1000
	plainRounds  = 3 // of other loops, since more would take more operators
)

// otherwise expresses a loop by something better than WHILE, and returns the variables after it; nil if it can't. Loops in graphs that are run again stay:
// nothing would be gained while the outer loop is one, and layers would go on from the state of the round before.
func (l *loop) otherwise() []Edge {
	if l.Graph != l.Model.Graphs[0] {
		return nil
	}
	l.makers = makers(l.body.Graph)
	if m := l.lstm(); m != nil && !slices.Contains(l.scope.kept, l.key()) {
		return m.emit()
	}
	return l.unroll()
}

// unroll returns the variables after a loop that has few rounds, whatever the inputs are, or nil.
func (l *loop) unroll() []Edge {
	nodes := 1
	for _, g := range l.Model.Graphs[l.before:] {
		nodes += len(g.Nodes)
	}
	most := min(unrollRounds, unrollNodes/nodes)
	if !l.recurrent() {
		most = min(most, plainRounds)
	}
	if rounds, ok := l.rounds(); ok && rounds > most {
		return nil
	}
	rounds := l.count(most)
	if rounds < 0 {
		return nil
	}
	if !l.recurrent() {
		most = nodes
	} else {
		most = unrollNodes
	}
	edges, before, graphs := l.edges, len(l.Graph.Nodes), len(l.Model.Graphs)
	l.scope.unrolling++
	defer func() { l.scope.unrolling-- }()
	for range rounds {
		edges = l.Call(l.Func("body"), edges)
		// Loops in the body were written out, too, or stay, and then this one stays around them.
		if poisoned(1, edges...) != nil || len(l.Graph.Nodes)-before > most || len(l.Model.Graphs) > graphs {
			l.Graph.Nodes, l.Model.Graphs = l.Graph.Nodes[:before], l.Model.Graphs[:graphs]
			return nil
		}
	}
	return edges
}

// recurrent reports whether the body looks like a layer that walks over a sequence: it takes a step of one, and multiplies by weights.
func (l *loop) recurrent() bool {
	step, product := false, false
	for _, n := range l.body.Graph.Nodes {
		step = step || n.Op == "GATHER"
		product = product || slices.Contains(weighted, n.Op)
	}
	return step && product
}

// weighted are the operators with weights.
var weighted = []string{"FULLY_CONNECTED", "BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D"}

// count goes round the loop in a graph that is thrown away, and returns the number of rounds, or -1 if they are more than most, or depend on inputs.
func (l *loop) count(most int) int {
	before := len(l.Model.Graphs)
	defer func() { l.Model.Graphs = l.Model.Graphs[:before] }()
	trial := l.region("_trial")
	edges := trial.captures(l.edges)
	for rounds := 0; rounds <= most; rounds++ {
		again := trial.Call(l.Func("cond"), edges)
		if len(again) != 1 || again[0].Value == nil {
			return -1
		}
		v := trial.truth(again[0].Value)
		switch known, ok := trial.Known(v); {
		case v.Const == nil || !ok || len(known) != 1:
			return -1
		case known[0] == 0:
			return rounds
		}
		if edges = trial.Call(l.Func("body"), edges); poisoned(1, edges...) != nil {
			return -1
		}
	}
	return -1
}

// counts reports whether variable i is 0 before the loop, and one more after each round.
func (l *loop) counts(i int) bool {
	v := l.entry[i].Value
	if v == nil || v.Const == nil || l.constant[i] || len(v.Type.Shape) > 0 {
		return false
	}
	start, ok := l.Known(v)
	n := l.makers[l.results[i].part()]
	if !ok || start[0] != 0 || n == nil || n.Op != "ADD" {
		return false
	}
	for k, x := range n.Inputs {
		one, ok := l.body.Known(n.Inputs[1-k])
		if x == l.args[i].Value && ok && len(one) == 1 && one[0] == 1 {
			return true
		}
	}
	return false
}

// rounds returns the number of rounds of a loop that goes on while counters are less than constants.
func (l *loop) rounds() (least int, ok bool) {
	makers := makers(l.cond.Graph)
	todo := []*ir.Node{makers[l.again.Value]}
	least = -1
	for ; len(todo) > 0; todo = todo[1:] {
		n := todo[0]
		if n == nil {
			return 0, false
		}
		less, limit := n.Input(0), n.Input(1)
		switch n.Op {
		case "LOGICAL_AND":
			todo = append(todo, makers[less], makers[limit])
			continue
		case "GREATER":
			less, limit = limit, less
		case "LESS":
		default:
			return 0, false
		}
		most, known := l.cond.Known(limit)
		if !known || limit.Const == nil || len(most) != 1 || !l.isCounter(less) {
			return 0, false
		}
		if m := max(most[0], 0); least < 0 || m < least {
			least = m
		}
	}
	return least, least >= 0
}

// isCounter reports whether v is a counter in the condition.
func (l *loop) isCounter(v *ir.Value) bool {
	for i, e := range l.condArgs {
		if e.Value == v && l.counts(i) {
			return true
		}
	}
	return false
}

// makers maps values to the nodes that make them.
func makers(g *ir.Graph) map[*ir.Value]*ir.Node {
	m := make(map[*ir.Value]*ir.Node, len(g.Values))
	for _, n := range g.Nodes {
		for _, v := range n.Outputs {
			m[v] = n
		}
	}
	return m
}
