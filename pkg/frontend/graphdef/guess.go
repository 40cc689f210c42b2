package graphdef

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// silent lists operators that are no output although nothing reads them.
var silent = []string{"Const", "NoOp", "Assert", "Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "Print", "PrintV2", "SaveV2", "RestoreV2", "Assign",
	"AssignVariableOp", "VarHandleOp", "VariableV2", "MergeV2Checkpoints", "ScalarSummary", "HistogramSummary", "MergeSummary"}

// switches are TensorFlow 1's operators whose results are there only if a branch is taken.
var switches = []string{"Switch", "RefSwitch", "_SwitchN"}

// GuessOutputs returns the nodes that nothing reads and that depend on a placeholder, in the order of the graph. What is there only if a branch is taken is
// no output.
func GuessOutputs(g *tfpb.GraphDef) []string {
	read := map[string]bool{}
	nodes := index(g.Node)
	half := func(n *tfpb.NodeDef) bool {
		if n.Op == "Identity" && len(n.Input) > 0 {
			if r, err := parseRef(n.Input[0]); err == nil && nodes[r.node] != nil {
				n = nodes[r.node]
			}
		}
		return slices.Contains(switches, n.Op)
	}
	for i := range g.Node {
		for _, in := range g.Node[i].Input {
			if r, err := parseRef(strings.TrimPrefix(in, "^")); err == nil {
				read[r.node] = true
			}
		}
	}
	var list []string
	for i := range g.Node {
		n := &g.Node[i]
		if !read[n.Name] && !slices.Contains(silent, n.Op) && !half(n) && len(GuessInputs(g, []string{n.Name})) > 0 {
			list = append(list, n.Name)
		}
	}
	return list
}

// GuessInputs returns the placeholders that outputs depend on, in the order of the graph. Those with a default are among them if that is no constant: what an input pipeline
// delivers.
func GuessInputs(g *tfpb.GraphDef, outputs []string) []string {
	nodes, seen := index(g.Node), map[string]bool{}
	var stack []string
	push := func(name string) {
		if r, err := parseRef(strings.TrimPrefix(name, "^")); err == nil && !seen[r.node] {
			seen[r.node] = true
			stack = append(stack, r.node)
		}
	}
	for _, o := range outputs {
		push(o)
	}
	for len(stack) > 0 {
		n := nodes[stack[len(stack)-1]]
		stack = stack[:len(stack)-1]
		if n == nil || fed(nodes, n) {
			continue
		}
		for _, in := range n.Input {
			push(in)
		}
	}
	var list []string
	for i := range g.Node {
		if n := &g.Node[i]; seen[n.Name] && fed(nodes, n) {
			list = append(list, n.Name)
		}
	}
	return list
}

// fed reports whether a node is a placeholder whose value callers give.
func fed(nodes map[string]*tfpb.NodeDef, n *tfpb.NodeDef) bool {
	switch n.Op {
	case "Placeholder", "PlaceholderV2":
		return true
	case "PlaceholderWithDefault":
		if len(n.Input) == 0 {
			return false
		}
		r, err := parseRef(n.Input[0])
		return err == nil && nodes[r.node] != nil && nodes[r.node].Op != "Const"
	}
	return false
}

// Check returns an error if a name is none of a node's results.
func Check(g *tfpb.GraphDef, names []string) error {
	nodes := index(g.Node)
	for _, name := range names {
		r, err := parseRef(name)
		if err != nil {
			return err
		}
		if nodes[r.node] == nil {
			return fmt.Errorf("the graph has no node %q", r.node)
		}
	}
	return nil
}

// TypeOf returns the type of the tensor that is to be an input, as far as its node tells it; the element type is tensor.Invalid where it
// doesn't.
func TypeOf(g *tfpb.GraphDef, name string) (ir.Type, error) {
	r, err := parseRef(name)
	if err != nil {
		return ir.Type{}, err
	}
	for i := range g.Node {
		n := &g.Node[i]
		if n.Name != r.node {
			continue
		}
		t, err := placeholder(n)
		if err != nil {
			return ir.Type{DType: tensor.Invalid, Unranked: true}, fmt.Errorf("input %q: %w", name, err)
		}
		return t, nil
	}
	return ir.Type{}, fmt.Errorf("the graph has no node %q", r.node)
}
