package raise

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// node is a node of the graph, or of a function that is being made.
type node struct {
	def      *tfpb.NodeDef // where the device and the attributes are from; nil if there are none
	name, op string
	position int // in the graph; what is made has that of a node for which it was made
	in       []edge
	also     []edge // values that are needed besides: the predicate of a Merge
	control  []*node
	calls    []*region       // of a call (While, If, Case): its functions
	types    []tfpb.DataType // of a call: what goes in; of an argument: its type alone
	results  []tfpb.DataType // of a call: what comes out
	effect   bool            // whether the node does something besides making values, or waits for a node that does
	missing  error           // why the node can't be had; an error only where it is needed
	frame    *frame          // the innermost loop around the node
	context  context         // the branches that the node is in
	merge    *merge          // of a Merge of branches
}

// edge is an output of a node.
type edge struct {
	*node
	out int
}

func (n *node) is(op string) bool { return n.op == op || n.op == "Ref"+op }

func (n *node) isSwitch() bool { return n.is("Switch") || n.op == "_SwitchN" }

// startsRound tells whether the node merges what comes into a loop with what comes from the round before.
func (n *node) startsRound() bool {
	return n.is("Merge") && slices.ContainsFunc(n.in, func(e edge) bool { return e.is("NextIteration") })
}

// attr returns an attribute, or nil.
func (n *node) attr(name string) *tfpb.AttrValue {
	if n.def == nil {
		return nil
	}
	return n.def.Attr.Get(name)
}

// dtype is the type of an output, as far as the node's attributes tell it without knowing the operator.
func (e edge) dtype() tfpb.DataType {
	if e.op == argument {
		return e.types[0]
	}
	for _, name := range []string{"T", "dtype"} {
		if a := e.attr(name); a != nil && (name == "dtype" || controlOps[e.op] || e.op == identity) {
			return a.Type.Base()
		}
	}
	return tfpb.Invalid
}

const (
	identity = "Identity"
	argument = "_Arg"
	constant = "Const"
)

// effects are operators that are there for what they do to a variable.
var effects = map[string]bool{
	"Assign": true, "AssignAdd": true, "AssignSub": true, "ScatterUpdate": true, "ScatterNdUpdate": true, "ScatterAdd": true, "ScatterSub": true,
	"AssignVariableOp": true, "AssignAddVariableOp": true, "AssignSubVariableOp": true, "ResourceScatterUpdate": true,
	"ResourceScatterNdUpdate": true, "ResourceScatterAdd": true, "ResourceScatterSub": true, "ResourceStridedSliceAssign": true,
}

// missing returns what stands for a value that is not to be had. It is an error only where the value is needed.
func missing(format string, args ...any) edge {
	return edge{node: &node{missing: fmt.Errorf(format, args...)}}
}

// node0 is the name of the node in "name", "name:output" or "^name".
func node0(input string) string {
	input = strings.TrimPrefix(input, "^")
	if i := strings.LastIndexByte(input, ':'); i >= 0 {
		return input[:i]
	}
	return input
}

// output is the number of the output in "name" or "name:output"; -1 if it is none.
func output(input string) int {
	i := strings.LastIndexByte(input, ':')
	if i < 0 {
		return 0
	}
	n, err := strconv.ParseUint(input[i+1:], 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// parse connects the nodes of a graph.
func parse(g *tfpb.GraphDef) (*raiser, error) {
	r := &raiser{names: make(map[string]*node, len(g.Node)), taken: make(map[string]bool, len(g.Node)), copies: 10000 + maxCopies*len(g.Node)}
	for i := range g.Library.Function {
		r.taken[g.Library.Function[i].Signature.Name] = true
	}
	for i := range g.Node {
		def := &g.Node[i]
		if r.names[def.Name] != nil {
			return nil, fmt.Errorf("two nodes are called %q", def.Name)
		}
		n := &node{def: def, name: def.Name, op: def.Op, position: i, effect: effects[def.Op]}
		r.nodes = append(r.nodes, n)
		r.names[n.name], r.taken[n.name] = n, true
	}
	for _, n := range r.nodes {
		for _, input := range n.def.Input {
			from, out := r.names[node0(input)], output(input)
			switch {
			case strings.HasPrefix(input, "^"):
				if from != nil {
					n.control = append(n.control, from)
				}
			case from == nil || out < 0:
				n.in = append(n.in, missing("node %q reads %q, which is not in the graph", n.name, input))
			default:
				n.in = append(n.in, edge{from, out})
			}
		}
	}
	r.spreadEffects()
	return r, nil
}

// spreadEffects marks the nodes that do nothing but wait for nodes with effects.
func (r *raiser) spreadEffects() {
	waiting := map[*node][]*node{}
	var todo []*node
	for _, n := range r.nodes {
		if n.effect {
			todo = append(todo, n)
		}
		if n.op == "NoOp" {
			for _, c := range n.control {
				waiting[c] = append(waiting[c], n)
			}
		}
	}
	for len(todo) > 0 {
		done := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, n := range waiting[done] {
			if !n.effect {
				n.effect = true
				todo = append(todo, n)
			}
		}
	}
}
