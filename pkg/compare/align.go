package compare

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
)

// couple is a node of each model, of which one may be missing.
type couple struct{ a, b *ir.Node }

// Weights of two nodes of a kind that are aligned: those whose first results have one name are preferred to any number of neighbours of other names.
const sameName, sameKind = 4, 1

// kind is what aligning two nodes looks at, numbered over both lists: the operator, and the name of the first result, negative if there is none.
type kind struct{ op, name int32 }

// kinds numbers the operators and names of two lists of nodes.
func kinds(a, b []*ir.Node) (x, y []kind) {
	ops, names := map[string]int32{}, map[string]int32{}
	number := func(of map[string]int32, text string) int32 {
		if _, ok := of[text]; !ok {
			of[text] = int32(len(of))
		}
		return of[text]
	}
	list := func(nodes []*ir.Node) []kind {
		found := make([]kind, len(nodes))
		for i, n := range nodes {
			found[i] = kind{number(ops, n.Op), -1}
			if len(n.Outputs) > 0 {
				found[i].name = number(names, n.Outputs[0].Name)
			}
		}
		return found
	}
	return list(a), list(b)
}

func weight(a, b kind) int32 {
	switch {
	case a.op != b.op:
		return 0
	case a.name == b.name && a.name >= 0:
		return sameName
	}
	return sameKind
}

// align pairs the nodes of two lists in their order, so that the weights of all pairs sum up to the most. What both begin and end with costs next to nothing; the rest, n nodes of one list and
// m of the other, takes n·m steps, and memory for √n·m numbers.
func align(a, b []*ir.Node) (list []couple) {
	x, y := kinds(a, b)
	begin := 0
	for begin < min(len(x), len(y)) && weight(x[begin], y[begin]) == sameName {
		list = append(list, couple{a[begin], b[begin]})
		begin++
	}
	end := 0
	for end < min(len(x), len(y))-begin && weight(x[len(x)-1-end], y[len(y)-1-end]) == sameName {
		end++
	}
	i, j := begin, begin
	for _, m := range moves(x[begin:len(x)-end], y[begin:len(y)-end]) {
		switch m {
		case both:
			list, i, j = append(list, couple{a[i], b[j]}), i+1, j+1
		case onlyA:
			list, i = append(list, couple{a: a[i]}), i+1
		case onlyB:
			list, j = append(list, couple{b: b[j]}), j+1
		}
	}
	for ; i < len(a); i, j = i+1, j+1 {
		list = append(list, couple{a[i], b[j]})
	}
	return list
}

// move is a step of an alignment: it pairs the next nodes of both lists, or leaves that of one without a partner.
type move uint8

const (
	both move = iota
	onlyA
	onlyB
)

// moves aligns two lists by dynamic programming over the most weight that x[i:] and y[j:] can have. Of that table it keeps one row in √n, and makes the rows between two of these when the way
// through them is looked for. Of several best alignments it takes the one that pairs nodes as early as it can.
func moves(x, y []kind) (way []move) {
	step := max(1, int(math.Sqrt(float64(len(x)))))
	kept := make([][]int32, len(x)/step+1) // kept[k] is row k·step
	row, next := make([]int32, len(y)+1), make([]int32, len(y)+1)
	for i := len(x); i >= 0; i-- {
		if i < len(x) {
			above(x[i], y, next, row, nil)
		}
		if i%step == 0 {
			kept[i/step] = slices.Clone(row)
		}
		row, next = next, row
	}
	block := make([][]move, step) // the best first move from each place of a block's rows
	for i := range block {
		block[i] = make([]move, len(y)+1)
	}
	j := 0
	for from := 0; from < len(x); from += step {
		to := min(from+step, len(x))
		clear(next)
		if to < len(x) {
			copy(next, kept[to/step])
		}
		for i := to - 1; i >= from; i-- {
			above(x[i], y, next, row, block[i-from])
			row, next = next, row
		}
		for i := from; i < to; {
			m := block[i-from][j]
			way = append(way, m)
			if m != onlyB {
				i++
			}
			if m != onlyA {
				j++
			}
		}
	}
	for ; j < len(y); j++ {
		way = append(way, onlyB)
	}
	return way
}

// above makes the row of x out of the next one, and unless it is nil the best move from each of its places.
func above(x kind, y []kind, next, row []int32, way []move) {
	last := len(y)
	row[last] = next[last]
	if way != nil {
		way[last] = onlyA
	}
	for j, k := range slices.Backward(y) {
		most, m := next[j], onlyA
		if row[j+1] > most {
			most, m = row[j+1], onlyB
		}
		if w := weight(x, k); w > 0 && next[j+1]+w >= most {
			most, m = next[j+1]+w, both
		}
		row[j] = most
		if way != nil {
			way[j] = m
		}
	}
}

// match pairs the tensors of two graphs, and returns how their nodes are aligned.
func match(a, b *ir.Graph, paired map[*ir.Value]*ir.Value) []couple {
	named, taken := unique(b), map[*ir.Value]bool{}
	for name, x := range unique(a) {
		if y := named[name]; x != nil && y != nil && name != "" {
			paired[x], taken[y] = y, true
		}
	}
	pair := func(x, y *ir.Value) {
		if x != nil && y != nil && paired[x] == nil && !taken[y] {
			paired[x], taken[y] = y, true
		}
	}
	lists := func(x, y []*ir.Value) {
		for k := range min(len(x), len(y)) {
			pair(x[k], y[k])
		}
	}
	lists(a.Inputs, b.Inputs)
	lists(a.Outputs, b.Outputs)
	aligned := align(a.Nodes, b.Nodes)
	for _, p := range aligned {
		if p.a != nil && p.b != nil {
			lists(p.a.Inputs, p.b.Inputs)
			lists(p.a.Outputs, p.b.Outputs)
			lists(p.a.Intermediates, p.b.Intermediates)
		}
	}
	return aligned
}

// unique returns a graph's values by name, nil where several have it.
func unique(g *ir.Graph) map[string]*ir.Value {
	found := map[string]*ir.Value{}
	for _, v := range g.Values {
		if _, twice := found[v.Name]; twice {
			found[v.Name] = nil
			continue
		}
		found[v.Name] = v
	}
	return found
}
