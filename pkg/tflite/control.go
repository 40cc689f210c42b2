package tflite

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// calls returns the numbers of the graphs that a node runs, by the name of the attribute.
func calls(n *ir.Node) (names []string, graphs []int) {
	add := func(name string, graph int) { names, graphs = append(names, name), append(graphs, graph) }
	switch a := n.Attr.(type) {
	case *op.If:
		add("then", a.Then)
		add("else", a.Else)
	case *op.While:
		add("cond", a.Cond)
		add("body", a.Body)
	case *op.CallOnce:
		add("init", a.Init)
	case *Opaque:
		if call, ok := a.Options.Table.(*schema.CallOptionsT); ok {
			add("Subgraph", int(call.Subgraph))
		}
		table := reflect.ValueOf(a.Options.Table)
		if table.Kind() != reflect.Pointer {
			break
		}
		for i := range table.Elem().NumField() {
			name, f := table.Elem().Type().Field(i).Name, table.Elem().Field(i)
			switch {
			case strings.HasSuffix(name, "SubgraphIndex"):
				add(name, int(f.Int()))
			case strings.HasSuffix(name, "SubgraphIndices") || name == "CalledComputations":
				for j := range f.Len() {
					add(name, int(f.Index(j).Int()))
				}
			}
		}
	}
	return names, graphs
}

// checkControl makes sure that control flow refers to graphs that exist, and that no graph runs itself.
func checkControl(m *ir.Model) error {
	runs := make([][]int, len(m.Graphs))
	for i, g := range m.Graphs {
		for j, n := range g.Nodes {
			names, graphs := calls(n)
			for k, to := range graphs {
				if to < 0 || to >= len(m.Graphs) {
					return fmt.Errorf("subgraph %d: operator %d: %s: %s: subgraph index %d out of %d", i, j, n.Op, names[k], to, len(m.Graphs))
				}
			}
			runs[i] = append(runs[i], graphs...)
		}
	}
	const open, done = 1, 2
	state := make([]int, len(m.Graphs))
	// The stack holds graphs on the way down; next is how many of a graph's runs were looked at.
	next := make([]int, len(m.Graphs))
	for start := range m.Graphs {
		stack := []int{start}
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			if state[i] == done || next[i] == len(runs[i]) {
				state[i] = done
				stack = stack[:len(stack)-1]
				continue
			}
			state[i] = open
			to := runs[i][next[i]]
			next[i]++
			if state[to] == open {
				return fmt.Errorf("subgraph %d runs itself by way of subgraph %d", to, i)
			}
			stack = append(stack, to)
		}
	}
	return nil
}
