package pass

import "github.com/octetlite/octet/pkg/ir"

// eliminateGraphs removes graphs that neither a signature nor a node of a graph that stays runs. The first graph stays.
func eliminateGraphs(m *ir.Model) (changed bool, err error) {
	kept := make([]bool, len(m.Graphs))
	var keep func(i int)
	keep = func(i int) {
		if i < 0 || i >= len(kept) || kept[i] {
			return
		}
		kept[i] = true
		for _, n := range m.Graphs[i].Nodes {
			for _, j := range callees(n) {
				keep(*j)
			}
		}
	}
	keep(0)
	for _, s := range m.Signatures {
		keep(s.Graph)
	}
	place := make([]int, len(kept))
	var graphs []*ir.Graph
	for i, g := range m.Graphs {
		if place[i] = len(graphs); kept[i] {
			graphs = append(graphs, g)
		}
	}
	if len(graphs) == len(m.Graphs) {
		return false, nil
	}
	m.Graphs = graphs
	for _, s := range m.Signatures {
		s.Graph = place[s.Graph]
	}
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			for _, i := range callees(n) {
				*i = place[*i]
			}
		}
	}
	return true, nil
}
