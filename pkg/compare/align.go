package compare

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
)

// couple is a node of each model, of which one may be missing.
type couple struct{ a, b *ir.Node }

// Weights of two nodes of a kind that are aligned: those whose first results have one name are preferred to any number of neighbours of other names.
const sameName, sameKind = 4, 1

func weight(a, b *ir.Node) int32 {
	switch {
	case a.Op != b.Op:
		return 0
	case len(a.Outputs) > 0 && len(b.Outputs) > 0 && a.Outputs[0].Name == b.Outputs[0].Name:
		return sameName
	}
	return sameKind
}

// align pairs the nodes of two lists in their order, so that the weights of all pairs sum up to the most.
func align(a, b []*ir.Node) (list []couple) {
	for len(a) > 0 && len(b) > 0 && weight(a[0], b[0]) == sameName {
		list, a, b = append(list, couple{a[0], b[0]}), a[1:], b[1:]
	}
	// best[i][j] is the most that a[i:] and b[j:] can have.
	best := make([][]int32, len(a)+1)
	for i := range best {
		best[i] = make([]int32, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if w := weight(x, y); w > 0 {
				best[i][j] = max(best[i][j], best[i+1][j+1]+w)
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch w := weight(a[i], b[j]); {
		case w > 0 && best[i][j] == best[i+1][j+1]+w:
			list, i, j = append(list, couple{a[i], b[j]}), i+1, j+1
		case best[i][j] == best[i+1][j]:
			list, i = append(list, couple{a: a[i]}), i+1
		default:
			list, j = append(list, couple{b: b[j]}), j+1
		}
	}
	for ; i < len(a); i++ {
		list = append(list, couple{a: a[i]})
	}
	for ; j < len(b); j++ {
		list = append(list, couple{b: b[j]})
	}
	return list
}

// match pairs the tensors of two graphs.
func match(a, b *ir.Graph, paired map[*ir.Value]*ir.Value) {
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
	for _, p := range align(a.Nodes, b.Nodes) {
		if p.a != nil && p.b != nil {
			lists(p.a.Inputs, p.b.Inputs)
			lists(p.a.Outputs, p.b.Outputs)
			lists(p.a.Intermediates, p.b.Intermediates)
		}
	}
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
