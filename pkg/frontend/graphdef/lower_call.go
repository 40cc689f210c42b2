package graphdef

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// calls are the operators that call one function.
var calls = []Op{
	{Name: "PartitionedCall", To: "NON_MAX_SUPPRESSION_V4", Lower: lowerCall, Note: "what the function becomes, or an operator for what TensorFlow marks it as", passes: true},
	{Name: "StatefulPartitionedCall", To: "NON_MAX_SUPPRESSION_V4", Lower: lowerCall, Note: "what the function becomes, or an operator for what TensorFlow marks it as", passes: true},
	{Name: "TPUPartitionedCall", To: "NON_MAX_SUPPRESSION_V4", Lower: lowerCall, Note: "what the function becomes, or an operator for what TensorFlow marks it as", passes: true},
	{Name: "SymbolicGradient", Note: "gradients are not part of a model"},
}

func lowerCall(c *Context) {
	f := c.Func("f")
	results := c.composite(f)
	if results == nil {
		results = c.Call(f, c.edges)
	}
	c.OutEdges(results...)
}

// Call walks a function in the current graph, with the given arguments, and returns its results.
func (c *Context) Call(f *tfpb.NameAttrList, args []Edge) []Edge {
	return c.CallIn(c.Builder, f, args)
}

// CallIn walks a function, and emits into the graph of another builder, such as the body of a loop; arguments must belong to that graph.
func (c *Context) CallIn(b *build.Builder, f *tfpb.NameAttrList, args []Edge) []Edge {
	w := c.scope.walk
	def := w.functions[f.Name]
	if def == nil {
		build.Damaged("there is no function %q", f.Name)
	}
	if len(args) != len(def.Signature.InputArg) {
		build.Damaged("function %q has %d arguments, and is given %d", f.Name, len(def.Signature.InputArg), len(args))
	}
	if slices.Contains(w.calls, f.Name) {
		build.Refuse("function %q calls itself", f.Name)
	}
	if len(w.calls) >= maxDepth {
		build.Refuse("calls of functions are more than %d deep", maxDepth)
	}
	if err := w.charge(1 + len(args) + len(def.Signature.OutputArg)); err != nil {
		build.Refuse("function %q: %w", f.Name, err)
	}
	w.calls = append(w.calls, f.Name)
	defer func() { w.calls = w.calls[:len(w.calls)-1] }()

	s := &scope{walk: w, b: b, nodes: w.index(def), args: map[string]Edge{}, attrs: &f.Attr, done: map[string]*result{}}
	for i, a := range def.Signature.InputArg {
		s.args[a.Name] = args[i]
	}
	results := make([]Edge, len(def.Signature.OutputArg))
	for i, o := range def.Signature.OutputArg {
		ret := def.Ret.Get(o.Name)
		if ret == nil {
			build.Damaged("function %q does not say what its result %q is", f.Name, o.Name)
		}
		e, err := s.resolve(*ret)
		if err != nil {
			panic(&build.Failure{Err: fmt.Errorf("function %q: %w", f.Name, err)})
		}
		results[i] = e
	}
	if w.ordered {
		if err := s.finish(def); err != nil {
			panic(&build.Failure{Err: fmt.Errorf("function %q: %w", f.Name, err)})
		}
	}
	return results
}

// finish lowers what must have run when a function returns, beside what its results need.
func (s *scope) finish(def *tfpb.FunctionDef) error {
	for _, e := range def.ControlRet.Entries {
		n := s.nodes[e.Value]
		if n == nil || s.done[e.Value] != nil {
			continue
		}
		// It may have no result to ask for.
		if _, err := s.resolve(e.Value); err != nil && s.done[e.Value] == nil {
			return err
		}
		if s.losesChange(s.done[e.Value].poison) {
			build.Refuse("function %q changes a variable in a way that can't be converted", def.Signature.Name)
		}
	}
	return nil
}
