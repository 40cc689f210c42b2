// Package build makes graphs: front ends emit operators one by one, and a Builder infers the types of the results, folds what is constant by the
// operators' own kernels, and sees through dimensions that are not known yet.
//
// Unknown dimensions. Operators' shape rules want numbers. So the builder evaluates every shape twice, in two worlds in which each unknown
// dimension has different sizes: what comes out equal does not depend on them, what differs is unknown (-1). The content of small integer
// tensors is followed in the same way, so that arithmetic on shapes folds away wherever it does not matter, or where a -1 in a RESHAPE says the same.
//
// Errors. A front end is a long list of short rules, and almost every line of one can meet a model that is not as it should be. A Builder therefore
// abandons the rule by a panic with a *Failure, which Try turns into an error at the edge of the rule.
package build

import (
	"errors"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Failure is why a rule was abandoned.
type Failure struct {
	Refused bool // the model is valid, but holds what Octet can't express; else it is damaged
	Err     error
}

func (f *Failure) Error() string { return f.Err.Error() }

func (f *Failure) Unwrap() error { return f.Err }

// Refuse abandons the rule: the model holds what can't be expressed.
func Refuse(format string, args ...any) {
	panic(&Failure{Refused: true, Err: fmt.Errorf(format, args...)})
}

// Damaged abandons the rule: the model is not what its format demands.
func Damaged(format string, args ...any) { panic(&Failure{Err: fmt.Errorf(format, args...)}) }

// Try runs a rule and returns why it was abandoned, or nil.
func Try(rule func()) (failure *Failure) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Failure:
			failure = r
		default:
			panic(r)
		}
	}()
	rule()
	return nil
}

// Builder adds to one graph of a model.
type Builder struct {
	Model *ir.Model
	Graph *ir.Graph
	state *state
	names map[string]int
}

// state is what the builders of one model share.
type state struct {
	facts map[*ir.Value]*fact
	fresh int // unknown dimensions that were met so far, other than those of inputs
	set   *op.OpSet
	names map[*ir.Graph]map[string]int
	budget
	spare spare
}

// New returns a builder for a new graph, which it adds to the model.
func New(m *ir.Model, name string) *Builder {
	b := &Builder{Model: m, state: &state{facts: map[*ir.Value]*fact{}, set: op.Set, names: map[*ir.Graph]map[string]int{}}}
	return b.Sub(name)
}

// Sub returns a builder for another new graph of the same model, such as the body of a loop, and adds the graph.
func (b *Builder) Sub(name string) *Builder {
	g := &ir.Graph{Name: name}
	b.Model.Graphs = append(b.Model.Graphs, g)
	names := map[string]int{}
	b.state.names[g] = names
	return &Builder{Model: b.Model, Graph: g, state: b.state, names: names}
}

// Index returns the graph's position in the model.
func (b *Builder) Index() int {
	for i, g := range b.Model.Graphs {
		if g == b.Graph {
			return i
		}
	}
	panic("build: the graph has left the model")
}

// Input adds an input to the graph. Unknown dimensions of the same axis have the same size in all inputs.
func (b *Builder) Input(name string, t ir.Type) *ir.Value {
	if t.Unranked {
		Refuse("the input %q has no known rank", name)
	}
	v := b.value(name, t)
	b.Graph.Inputs = append(b.Graph.Inputs, v)
	if !t.Static() {
		b.state.facts[v] = probe(t, func(axis int) [2]int { return axisProbes[min(axis, len(axisProbes)-1)] })
	}
	return v
}

// Const adds a constant.
func (b *Builder) Const(name string, t *tensor.Tensor) *ir.Value {
	b.state.grant(t)
	return b.Graph.AddConst(b.unique(name), t)
}

// State adds a variable: state that is zero before each run, and that the operators which read it change.
func (b *Builder) State(name string, t ir.Type) *ir.Value {
	v := b.value(name, t)
	v.Variable = true
	return v
}

// Import makes a constant of another graph of the model one of this graph; the content is shared.
func (b *Builder) Import(v *ir.Value) *ir.Value { return b.Const(v.Name, v.Const) }

// Rename gives v a name, made unique.
func (b *Builder) Rename(v *ir.Value, name string) {
	if v.Name != name {
		v.Name = b.unique(name)
	}
}

// Emit adds a node with one result, unless it folds, and returns the result.
func (b *Builder) Emit(name, operator string, attr ir.Attr, in ...*ir.Value) *ir.Value {
	return b.EmitN(name, operator, attr, 1, in...)[0]
}

// EmitN adds a node with n results, unless it folds.
func (b *Builder) EmitN(name, operator string, attr ir.Attr, n int, in ...*ir.Value) []*ir.Value {
	return b.EmitAs(name, operator, attr, make([]ir.Type, n), in...)
}

// EmitAs is EmitN for operators whose results' types don't follow from the operands: because a shape depends on data, because the element type is a
// choice, or because the operator is not in the set, such as CUSTOM. The operator's own rule counts where it gives an answer; dimensions of -1 in types are then
// new unknown ones, and those of Like(i) are operand 0's dimension i.
func (b *Builder) EmitAs(name, operator string, attr ir.Attr, types []ir.Type, in ...*ir.Value) []*ir.Value {
	results := make([]*ir.Value, len(types))
	for i, t := range types {
		results[i] = &ir.Value{Type: t}
	}
	return b.EmitInto(name, operator, attr, results, in...)
}

// EmitInto is EmitAs for results that have more than a type, such as the scales of quantized ones. It returns the results.
func (b *Builder) EmitInto(name, operator string, attr ir.Attr, results []*ir.Value, in ...*ir.Value) []*ir.Value {
	n := &ir.Node{Op: operator, Attr: attr, Inputs: in, Outputs: results}
	types := make([]ir.Type, len(results))
	for i, v := range results {
		types[i] = v.Type
		if v.Name = name; v.Type.DType == tensor.Invalid {
			v.Type.DType = declared(n, i)
		}
	}
	o := b.state.set.Lookup(operator)
	if err := b.state.set.Check(n); err != nil {
		panic(fmt.Sprintf("build: %s %q: %v", operator, name, err)) // a bug of the front end
	}
	facts, err := b.infer(o, n)
	if errors.Is(err, op.ErrDynamic) || errors.Is(err, errNoRule) || err != nil && opaque(in) {
		if facts = b.assume(n, types, errors.Is(err, errNoRule)); facts == nil {
			Refuse("%s: %w", operator, err)
		}
	} else if err != nil {
		Refuse("%s: %w", operator, err)
	}
	return b.place(name, n, facts)
}

// EmitDeclared is EmitAs for types that the caller knows better than the operator's rule: where an unknown dimension can only be one number, or only the
// same as another one. Nothing folds.
func (b *Builder) EmitDeclared(name, operator string, attr ir.Attr, types []ir.Type, in ...*ir.Value) []*ir.Value {
	n := &ir.Node{Op: operator, Attr: attr, Inputs: in}
	for _, t := range types {
		n.Outputs = append(n.Outputs, &ir.Value{Name: name, Type: t})
	}
	if err := b.state.set.Check(n); err != nil {
		panic(fmt.Sprintf("build: %s %q: %v", operator, name, err)) // a bug of the front end
	}
	return b.place(name, n, b.assume(n, types, true))
}

// opaque reports whether an operand is of a type that operators pass on but can't compute with, and that their shape rules don't take.
func opaque(in []*ir.Value) bool {
	return slices.ContainsFunc(in, func(v *ir.Value) bool { return v != nil && v.Type.DType.Bits() == 0 })
}

// place adds the node and its results, or the constants that it folded to.
func (b *Builder) place(name string, n *ir.Node, facts []*fact) []*ir.Value {
	constant := len(facts) > 0 // a node without results is there for what it does
	for _, f := range facts {
		constant = constant && f.constant()
	}
	if !constant {
		b.shorten(n, facts)
		b.Graph.Nodes = append(b.Graph.Nodes, n)
	}
	for i, v := range n.Outputs {
		v.Name = b.unique(output(name, i))
		v.Type = facts[i].typ()
		if constant {
			v.Const = facts[i].worlds[0]
		} else if facts[i].matters() {
			b.state.facts[v] = facts[i]
		}
		b.Graph.Add(v)
	}
	return n.Outputs
}

// shorten makes the shape operand of RESHAPE a constant, with -1 in the place of a dimension that is not known.
func (b *Builder) shorten(n *ir.Node, facts []*fact) {
	if n.Op != "RESHAPE" || len(n.Inputs) < 2 || n.Inputs[1].Const != nil {
		return
	}
	shape, unknown := facts[0].typ().Shape, 0
	for _, d := range shape {
		if d < 0 {
			unknown++
		}
	}
	if unknown <= 1 {
		n.Inputs[1] = b.Ints(n.Inputs[1].Name, shape...)
	}
}

func (b *Builder) value(name string, t ir.Type) *ir.Value {
	return b.Graph.Add(&ir.Value{Name: b.unique(name), Type: t})
}

// unique returns name, with a number behind it if it is taken.
func (b *Builder) unique(name string) string {
	for try := name; ; {
		if _, taken := b.names[try]; !taken {
			b.names[try] = 0
			return try
		}
		n := b.names[name] + 1
		b.names[name] = n
		try = fmt.Sprintf("%s_%d", name, n)
	}
}

func output(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s:%d", name, i)
}

// declared returns the element type of result i of operators for which that is a choice, as their attributes say it, else that of the first operand.
func declared(n *ir.Node, i int) tensor.DType {
	switch a := n.Attr.(type) {
	case *op.Shape:
		return a.OutType
	case *op.Cast:
		return a.Out
	case *op.ArgReduce:
		return a.OutputType
	case *op.Unique:
		if i == 1 {
			return a.IndexType
		}
	}
	if n.Op == "TOPK_V2" && i == 1 {
		return tensor.Int32
	}
	for _, v := range n.Inputs {
		if v != nil {
			return v.Type.DType
		}
	}
	return tensor.Float32
}
