package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// notes says what of a model a calibration leaves out: sizes that its callers may choose, signatures beside the one that runs, and what a model that remembers yields behind its first step.
func notes(f *convert.Float, signature string, data *dataset.Manifest) []string {
	var list, others []string
	found, graph := false, 0
	for _, s := range f.Model.Signatures {
		if found || signature != "" && s.Key != signature {
			others = append(others, fmt.Sprintf("%q", s.Key))
			continue
		}
		found, signature, graph = true, s.Key, s.Graph
		for _, p := range s.Inputs {
			if open := p.Value.Advertised; len(open) > 1 && slices.Contains(open[1:], -1) {
				list = append(list, fmt.Sprintf("input %q may have any size %s, and was calibrated at %v: fix its size when you export the model, if that is not the one you need",
					p.Name, openShape(p.Value), p.Value.Type.Shape))
			}
		}
	}
	if len(others) > 0 {
		list = append(list, fmt.Sprintf("only signature %q was calibrated, not %s: --signature picks another", signature, strings.Join(others, ", ")))
	}
	if n := goesOn(f.Model.Graphs[graph]); n != nil && data.Sequence == 0 {
		list = append(list, fmt.Sprintf("%s %q goes on from where the run before left it, and each sample was calibrated as a first step, so that ranges may be too narrow for later ones: "+
			"?sequence=50 behind the data's path says that 50 samples each are the steps of one run", n.Op, append(slices.Clone(n.Outputs), n.Inputs...)[0].Name))
	}
	return list
}

// goesOn returns the first node that takes one step a run and keeps a state for the next; nil if there is none.
func goesOn(g *ir.Graph) *ir.Node {
	for _, n := range g.Nodes {
		steps := 1
		switch a := n.Attr.(type) {
		case *op.BidirectionalLSTM, *op.BidirectionalRNN:
			continue // the end of a sequence is where it begins
		case *op.SequenceLSTM:
			steps = stepsOf(n, a.TimeMajor)
		case *op.SequenceRNN:
			steps = stepsOf(n, a.TimeMajor)
		}
		if n.Op == "ASSIGN_VARIABLE" || steps == 1 && slices.ContainsFunc(n.Inputs, func(v *ir.Value) bool { return v != nil && v.Variable }) {
			return n
		}
	}
	return nil
}

// stepsOf is the number of steps in a run of a recurrent node.
func stepsOf(n *ir.Node, timeMajor bool) int {
	shape := n.Inputs[0].Type.Shape
	switch {
	case len(shape) != 3:
		return 1
	case timeMajor:
		return shape[0]
	}
	return shape[1]
}

// openShape writes a shape with ? for what callers may choose.
func openShape(v *ir.Value) string {
	shape := v.Type.Shape
	if len(v.Advertised) == len(shape) {
		shape = v.Advertised
	}
	return strings.ReplaceAll(shape.String(), "-1", "?")
}
