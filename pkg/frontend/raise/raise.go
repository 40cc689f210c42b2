// Package raise gives TensorFlow 1's control flow the functional form. Frozen graphs of old describe loops and conditionals by nodes that pass a
// tensor on or don't (Switch, Merge), and that count rounds (Enter, NextIteration, Exit); TensorFlow makes the same nodes of today's loops
// when it freezes them. Here they become While, If and Case nodes, which call functions in the graph's library.
//
// What is raised are the structures that TensorFlow's own tf.while_loop, tf.cond, tf.case and lowering of functions make, also after the usual
// optimizations. The names of results stay: of each Exit and Merge there is an Identity with its name.
package raise

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// Flat is the name of a boolean attribute of the functions that Graph makes. In their bodies, other than in TensorFlow's own functions, a value
// is named as in a graph: "argument", or "node:output" with the number of the output.
const Flat = "_octet_flat"

// controlOps are the operators that disappear.
var controlOps = map[string]bool{
	"Enter": true, "RefEnter": true, "Exit": true, "RefExit": true, "NextIteration": true, "RefNextIteration": true, "LoopCond": true,
	"Merge": true, "RefMerge": true, "Switch": true, "RefSwitch": true, "_SwitchN": true,
}

// Limits that no honest graph comes near.
const (
	maxFrames = 64  // loops in loops
	maxDepth  = 256 // conditionals in conditionals
	maxCopies = 64  // copies of a node on average, in functions
)

// Graph returns the graph g with functional control flow. The nodes of keep, "name" or "name:output", must come out right; nodes that neither
// they nor anything else outside of loops and conditionals needs are dropped where they are, or lean on, TensorFlow 1's control flow.
// A graph without such is returned as it is; g is never changed, but shares attributes with the result.
//
// An error names the node at which the structure is not one that can be raised.
func Graph(g *tfpb.GraphDef, keep []string) (*tfpb.GraphDef, error) {
	if !slices.ContainsFunc(g.Node, func(n tfpb.NodeDef) bool { return controlOps[n.Op] }) {
		return g, nil
	}
	r, err := parse(g)
	if err != nil {
		return nil, err
	}
	main := &region{}
	for _, name := range keep {
		n, out := r.names[node0(name)], output(name)
		if n == nil {
			return nil, fmt.Errorf("no node is called %q", name)
		}
		main.results = append(main.results, edge{n, out})
	}
	if err := r.loops(main); err != nil {
		return nil, err
	}
	if err := r.conditionals(main); err != nil {
		return nil, err
	}
	return r.emit(g, main)
}

// raiser is a graph that is being raised.
type raiser struct {
	nodes   []*node // in the graph's order
	names   map[string]*node
	taken   map[string]bool // names of nodes and functions
	regions []*region       // bodies of loops
	copies  int             // nodes that may yet be made
}

// name returns an unused name: want, or want with a number behind it.
func (r *raiser) name(want string) string {
	name := want
	for i := 1; r.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", want, i)
	}
	r.taken[name] = true
	return name
}

// byPosition orders nodes as the graph has them.
func byPosition(a, b *node) int { return cmp.Compare(a.position, b.position) }
