// Package graphdef turns TensorFlow graphs into graphs of TFLite's operators.
//
// There is no representation of TensorFlow's graph in between. The graph is walked from its outputs, and each node is lowered at once: a rule of the
// table (Ops) emits TFLite operators through a build.Builder, which infers types and folds constants on the way. Calls of functions are walked
// with the arguments bound, so that nothing has to be inlined; a variable is its value wherever its handle goes; an identity is its operand.
//
// Unsupported operators are collected over the whole graph and reported at once (Unsupported).
package graphdef

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Port is an input or output of a graph.
type Port struct {
	Name   string // what callers call it: the signature's name
	Tensor string // "node:output" or "node"
	Value  string // the name of the value in the flatbuffer; Tensor if empty
	// Type, of inputs, is the element type and shape; the placeholder's if the element type is tensor.Invalid. Dimensions of -1 are unknown.
	Type ir.Type
}

// Options say what to convert of a graph.
type Options struct {
	Inputs, Outputs []Port
	Set             map[string]float64 // numbers in place of placeholders, by node: they fill the shape, and are converted to the type, of each
	Signature       string             // key of the signature to make
	// Batch is the size of dimension 0 of inputs in which it is unknown; 0 leaves it unknown.
	Batch int
	// Fuse refuses what a fixed batch would make a single operator, which quantizes, and an unknown one makes a loop, which does not.
	Fuse bool
	// Variables returns the content of a variable, by the node that makes its handle: VarHandleOp, VariableV2 and the like. nil if there are none.
	Variables func(handle *tfpb.NodeDef) (*tensor.Tensor, error)
	// Assets returns the content of a file of the model by its name. nil if there are none.
	Assets func(name string) ([]byte, error)
}

// Result is a converted graph, before the passes. Its unknown dimensions are -1.
type Result struct {
	Model *ir.Model
	Notes []string // what users should know
}

// Import converts a graph. Errors are *Unsupported, or name the node.
func Import(g *tfpb.GraphDef, opt Options) (*Result, error) {
	var kept []string
	mutable := map[string]bool{}
	for range maxAttempts {
		res, found, err := attempt(g, opt, kept, mutable)
		again := len(found.loops) > 0
		kept = append(kept, found.loops...)
		for name := range found.changed {
			again = again || !mutable[name]
			mutable[name] = true
		}
		if !again {
			return res, err
		}
	}
	return nil, fmt.Errorf("loops and variables are not settled after %d attempts", maxAttempts)
}

// findings are what an attempt finds that another one must know.
type findings struct {
	loops   []string        // keys of loops that could give what is wanted, were they not expressed otherwise
	changed map[string]bool // variables that change
}

// attempt converts a graph.
func attempt(g *tfpb.GraphDef, opt Options, kept []string, mutable map[string]bool) (*Result, findings, error) {
	w := newWalk(g, opt)
	w.kept, w.mutable = kept, mutable
	w.ordered = w.findsChange(opt.Outputs)
	res := &Result{Model: &ir.Model{}}
	b := build.New(res.Model, "main")
	w.main = b
	s := &scope{walk: w, b: b, nodes: index(g.Node), done: map[string]*result{}}
	sig := &ir.Signature{Key: opt.Signature}
	var err error
	if f := build.Try(func() {
		for _, name := range slices.Sorted(maps.Keys(opt.Set)) {
			s.set(name, opt.Set[name])
		}
		for _, p := range opt.Inputs {
			v := s.input(p)
			sig.Inputs = append(sig.Inputs, ir.Port{Name: p.Name, Value: v})
		}
	}); f != nil {
		return nil, findings{}, f
	}
	unsupported, seen := &Unsupported{}, map[*poison]bool{}
	for _, p := range opt.Outputs {
		var e Edge
		if e, err = s.output(p); err != nil {
			return nil, findings{}, err
		}
		if e.poison != nil {
			unsupported.collect(e.poison, seen)
			continue
		}
		if e.Value == nil {
			return nil, findings{}, fmt.Errorf("output %q: %q is no tensor", p.Name, p.Tensor)
		}
		b.Graph.Outputs = append(b.Graph.Outputs, e.Value)
		sig.Outputs = append(sig.Outputs, ir.Port{Name: p.Name, Value: e.Value})
	}
	if len(unsupported.Ops) > 0 {
		for i, p := range opt.Inputs {
			unsupported.open(p, sig.Inputs[i].Value.Type)
		}
		return nil, findings{unsupported.loops, w.changed}, unsupported.sorted()
	}
	w.initialise(b)
	res.Model.Signatures = []*ir.Signature{sig}
	res.Notes = w.notes
	b.Graph.Sweep(res.Model.Ports(0)...)
	return res, findings{changed: w.changed}, nil
}

// input binds an input of the graph to the tensor that it feeds.
func (s *scope) input(p Port) *ir.Value {
	ref, err := parseRef(p.Tensor)
	n := s.nodes[ref.node]
	if err != nil || n == nil {
		build.Damaged("input %q: the graph has no node %q", p.Name, ref.node)
	}
	t := p.Type
	if t.DType == tensor.Invalid {
		if t, err = placeholder(n); err != nil {
			build.Damaged("input %q: %w", p.Name, err)
		}
	}
	t.DType = standIn(t.DType)
	if t.Unranked {
		build.Refuse("input %q has no known rank: give its shape; --input-shapes %[1]s= makes a scalar of it, --set %[1]s=1 a constant of a frozen graph's", p.Name)
	}
	if len(t.Shape) > 0 && t.Shape[0] < 0 && s.opt.Batch > 0 {
		t.Shape = t.Shape.Clone()
		t.Shape[0] = s.opt.Batch
	}
	name := p.Value
	if name == "" {
		name = strings.TrimSuffix(p.Tensor, ":0")
	}
	v := s.b.Input(name, t)
	s.give(ref, v)
	return v
}

// give makes a value stand for the result of a node.
func (s *scope) give(r ref, v *ir.Value) {
	if s.feeds == nil {
		s.feeds = map[feed]Edge{}
	}
	s.feeds[feed{r.node, r.index}] = Edge{Value: v}
}

// output lowers what an output of the graph needs.
func (s *scope) output(p Port) (Edge, error) {
	e, err := s.resolve(p.Tensor)
	if err != nil || e.Value == nil {
		return e, err
	}
	name := p.Value
	if name == "" {
		name = strings.TrimSuffix(p.Tensor, ":0")
	}
	v := e.Value
	taken := v.Const != nil
	for _, list := range [][]*ir.Value{s.b.Graph.Inputs, s.b.Graph.Outputs} {
		for _, u := range list {
			taken = taken || u == v
		}
	}
	if !taken {
		s.b.Rename(v, name)
	}
	return e, nil
}

// placeholder returns the type that a placeholder declares.
func placeholder(n *tfpb.NodeDef) (ir.Type, error) {
	c := Context{Def: n}
	var t ir.Type
	f := build.Try(func() {
		t.DType = c.Type("dtype", c.Type("T", tensor.Invalid))
		t.Shape, t.Unranked = c.ShapeAttr("shape")
	})
	if f != nil {
		return t, f
	}
	if t.DType == tensor.Invalid {
		return t, fmt.Errorf("node %q, %s, does not say its element type", n.Name, n.Op)
	}
	return t, nil
}
