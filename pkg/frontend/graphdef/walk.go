package graphdef

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
)

// Edge is what flows along an edge of a TensorFlow graph: a tensor, or what exists only while converting.
type Edge struct {
	Value    *ir.Value
	Resource *Resource // of handles
	List     *List     // of lists of tensors; see there
	poison   *poison   // of what depends on a node that can't be lowered
}

// poison is why a result could not be made: its own node, or those of operands.
type poison struct {
	node   *tfpb.NodeDef
	reason string
	from   []*poison
	loop   string // key of the loop whose variable could be had if the loop did not become a layer
}

// walk is the state of one import.
type walk struct {
	opt       Options
	graph     *tfpb.GraphDef
	functions map[string]*tfpb.FunctionDef
	resources map[string]*Resource // by key; see resource
	notes     []string
	calls     []string        // functions that are being walked
	filling   map[string]bool // functions that fill tables; nil until that is looked for
	items     *items
	unrolling int      // loops that are being written out
	kept      []string // keys of the loops that don't become layers
	main      *build.Builder
	ordered   bool            // inputs for control are followed, since variables change
	mutable   map[string]bool // names of the variables that do
	changed   map[string]bool // of those that this attempt found to do
	rounded   map[*ir.Value]rounded
	limits
}

func newWalk(g *tfpb.GraphDef, opt Options) *walk {
	w := &walk{
		opt: opt, graph: g, functions: map[string]*tfpb.FunctionDef{}, resources: map[string]*Resource{}, items: newItems(), limits: newLimits(g),
		rounded: map[*ir.Value]rounded{},
	}
	for i := range g.Library.Function {
		f := &g.Library.Function[i]
		w.functions[f.Signature.Name] = f
	}
	return w
}

// note tells users something, once.
func (w *walk) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(w.notes, text) {
		w.notes = append(w.notes, text)
	}
}

// scope is a graph, or one call of a function, while it is walked.
type scope struct {
	*walk
	b     *build.Builder
	nodes map[string]*tfpb.NodeDef
	args  map[string]Edge           // of a function
	attrs *tfpb.Map[tfpb.AttrValue] // of the call: values for the placeholders in the body's attributes
	feeds map[feed]Edge             // results that are not computed but given
	done  map[string]*result
}

type feed struct {
	node  string
	index int
}

// result is a node that was lowered, or is about to be.
type result struct {
	edges  []Edge
	open   bool // its operands are being lowered
	poison *poison
}

// resolve returns what a reference stands for, and lowers what it needs. It keeps a stack of its own, since graphs may be deeper than Go's is.
func (s *scope) resolve(text string) (Edge, error) {
	stack := []string{text}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		n, err := s.pending(top)
		if err != nil {
			return Edge{}, err
		}
		if n == nil {
			stack = stack[:len(stack)-1]
			continue
		}
		before := len(stack)
		r := s.done[n.Name]
		if r == nil {
			r = &result{open: true}
			s.done[n.Name] = r
			for _, in := range slices.Backward(n.Input) {
				if isControl(in) {
					if !s.ordered {
						continue
					}
					in = strings.TrimPrefix(in, "^")
				}
				m, err := s.pending(in)
				if err != nil {
					return Edge{}, fmt.Errorf("node %q, %s: %w", n.Name, n.Op, err)
				}
				if m == nil {
					continue
				}
				if o := s.done[m.Name]; o != nil && o.open {
					return Edge{}, fmt.Errorf("node %q, %s: the graph has a cycle through it", m.Name, m.Op)
				}
				stack = append(stack, in)
			}
		}
		if len(stack) == before {
			if err := s.lower(n, r); err != nil {
				return Edge{}, err
			}
			r.open = false
			stack = stack[:len(stack)-1]
		}
	}
	return s.get(text)
}

// pending returns the node that a reference needs lowered first, or nil.
func (s *scope) pending(text string) (*tfpb.NodeDef, error) {
	if _, ok := s.args[text]; ok {
		return nil, nil
	}
	r, err := parseRef(text)
	if err != nil {
		return nil, err
	}
	n := s.nodes[r.node]
	if n == nil {
		return nil, fmt.Errorf("there is no node %q", r.node)
	}
	if _, ok := s.feeds[feed{r.node, r.position(n)}]; ok {
		return nil, nil
	}
	if d := s.done[r.node]; d != nil && !d.open {
		return nil, nil
	}
	return n, nil
}

// get returns what a reference to a lowered node, an argument or an input stands for.
func (s *scope) get(text string) (Edge, error) {
	if e, ok := s.args[text]; ok {
		return e, nil
	}
	r, err := parseRef(text)
	if err != nil {
		return Edge{}, err
	}
	n := s.nodes[r.node]
	at := r.position(n)
	if e, ok := s.feeds[feed{r.node, at}]; ok {
		return e, nil
	}
	d := s.done[r.node]
	if d.poison != nil {
		return Edge{poison: d.poison}, nil
	}
	if at >= len(d.edges) {
		return Edge{}, fmt.Errorf("node %q, %s, has %d results: there is no %q", n.Name, n.Op, len(d.edges), text)
	}
	return d.edges[at], nil
}

// lower applies the rule of a node whose operands are lowered.
func (s *scope) lower(n *tfpb.NodeDef, r *result) error {
	if err := s.charge(1 + len(n.Input)/16); err != nil {
		return fmt.Errorf("node %q, %s: %w", n.Name, n.Op, err)
	}
	c := &Context{Builder: s.b, Def: n, scope: s, first: len(s.b.Graph.Values)}
	o := Ops.Lookup(n.Op)
	var bad []*poison
	for _, in := range n.Input {
		if isControl(in) {
			// What could not be done before matters if it changes a variable.
			if d := s.done[in[1:]]; s.ordered && d != nil && s.losesChange(d.poison) {
				bad = append(bad, d.poison)
			}
			continue
		}
		e, err := s.get(in)
		if err != nil {
			return fmt.Errorf("node %q, %s: %w", n.Name, n.Op, err)
		}
		if e.poison != nil {
			bad = append(bad, e.poison)
		}
		c.edges = append(c.edges, e)
	}
	switch {
	case o == nil:
		r.poison = &poison{node: n, from: bad}
		return nil
	case o.Lower == nil:
		r.poison = &poison{node: n, reason: o.Note, from: bad}
		return nil
	case bad != nil && !o.passes:
		r.poison = &poison{from: bad}
		return nil
	}
	f := build.Try(func() { o.Lower(c) })
	switch {
	case f == nil:
		r.edges = c.results
		return nil
	case f.Refused:
		r.poison = &poison{node: n, reason: f.Error(), from: bad}
		return nil
	}
	return fmt.Errorf("node %q, %s: %w", n.Name, n.Op, f.Err)
}
