package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// conditionals are the operators that call one of several functions.
var conditionals = []Op{
	{Name: "If", To: "IF NOT_EQUAL", Lower: lowerIf, Note: "a constant condition takes its branch"},
	{Name: "StatelessIf", To: "IF NOT_EQUAL", Lower: lowerIf, Note: "a constant condition takes its branch"},
	{Name: "Case", To: "EQUAL IF", Lower: lowerCase, Note: "a chain of IF"},
	{Name: "StatelessCase", To: "EQUAL IF", Lower: lowerCase, Note: "a chain of IF"},
}

// branch emits one of the ways that a node may go.
type branch func(c *Context, args []Edge) []Edge

func calling(f *tfpb.NameAttrList) branch {
	return func(c *Context, args []Edge) []Edge { return c.Call(f, args) }
}

func lowerIf(c *Context) {
	then, otherwise := calling(c.Func("then_branch")), calling(c.Func("else_branch"))
	c.outEdges(c.choose(c.truth(c.In(0)), c.edges[1:], then, otherwise))
}

func lowerCase(c *Context) {
	branches := c.FuncList("branches")
	if len(branches) == 0 {
		build.Damaged("has no branches")
	}
	if len(branches) > maxBranches {
		build.Refuse("has more than %d branches", maxBranches)
	}
	index := c.In(0)
	if len(index.Type.Shape) > 0 {
		build.Damaged("the index has shape %v", index.Type.Shape)
	}
	c.outEdges(c.cases(branches, 0)(c, c.edges))
}

// cases chooses among the branches from the given one on, by the index that is argument 0. The last one also takes what is out of range.
func (c *Context) cases(branches []tfpb.NameAttrList, first int) branch {
	return func(c *Context, args []Edge) []Edge {
		this := func(c *Context, args []Edge) []Edge { return c.Call(&branches[first], args[1:]) }
		if first == len(branches)-1 {
			return this(c, args)
		}
		equal := c.Emit("EQUAL", nil, args[0].Value, c.Builder.Int(c.name("case"), first))
		return c.choose(equal, args, this, c.cases(branches, first+1))
	}
}

// choose emits one of two branches, or IF with both where the condition, a scalar, is not known.
func (c *Context) choose(condition *ir.Value, args []Edge, then, otherwise branch) []Edge {
	if known, ok := c.Known(condition); ok && len(known) == 1 && known[0] != build.Unknown {
		if known[0] != 0 {
			return then(c, args)
		}
		return otherwise(c, args)
	}
	before := len(c.Model.Graphs)
	yes, no := c.region("_true"), c.region("_false")
	a := then(yes.Context, yes.captures(args))
	b := otherwise(no.Context, no.captures(args))
	if p := poisoned(len(a), append(slices.Clip(a), b...)...); p != nil {
		c.Model.Graphs = c.Model.Graphs[:before]
		return p
	}
	if len(a) != len(b) {
		build.Damaged("the branches have %d and %d results", len(a), len(b))
	}
	return c.merge(condition, args, &fork{yes, a}, &fork{no, b}, before)
}

// fork is a branch that was emitted, with its results.
type fork struct {
	*region
	results []Edge
}

// merge emits IF.
func (c *Context) merge(condition *ir.Value, args []Edge, yes, no *fork, before int) []Edge {
	results := make([]Edge, len(yes.results))
	var made []int // the results that IF makes
	var forms []build.Form
	var a, b []*ir.Value
	for i := range results {
		if e, ok := unchanged(args, yes, no, i); ok {
			results[i] = e
			continue
		}
		x, y := unify(yes, no, i)
		if x == nil {
			results[i] = yes.results[i].with(nil, nil)
			continue
		}
		f, _, ok := c.Join(yes.Form(x), no.Form(y))
		if !ok {
			build.Refuse("result %d is %v in one branch and %v in the other", i, x.Type, y.Type)
		}
		made, forms, a, b = append(made, i), append(forms, f), append(a, x), append(b, y)
	}
	if len(made) == 0 {
		c.Model.Graphs = c.Model.Graphs[:before]
		return results
	}
	usedA, usedB := yes.used(a...), no.used(b...)
	operands := []*ir.Value{condition}
	var inA, inB []*ir.Value
	for _, v := range yes.outer {
		if x, y := yes.capture(v), no.capture(v); usedA[x] || usedB[y] {
			operands, inA, inB = append(operands, v), append(inA, x), append(inB, y)
		}
	}
	yes.finish(inA, a)
	no.finish(inB, b)
	attr := &op.If{Then: yes.Index(), Else: no.Index()}
	for k, v := range c.Builder.EmitForms(c.name("if"), "IF", attr, forms, operands...) {
		i := made[k]
		results[i] = yes.results[i].with(v, func(v *ir.Value) *ir.Value { return v })
	}
	return results
}

// unchanged returns result i if it is one of the arguments whatever branch is taken.
func unchanged(args []Edge, yes, no *fork, i int) (Edge, bool) {
	x, y := yes.results[i].part(), no.results[i].part()
	if x == nil || y == nil {
		return Edge{}, false
	}
	for _, e := range args {
		if v := e.part(); v != nil && v.Const == nil && yes.captured[v] == x && no.captured[v] == y {
			return e, true
		}
	}
	return Edge{}, false
}

// unify returns the values that carry result i of two branches, nil if it is known while converting. A list whose elements have no known shape gets that of the
// other branch's list.
func unify(yes, no *fork, i int) (a, b *ir.Value) {
	x, y := &yes.results[i], &no.results[i]
	if x.Resource != y.Resource || (x.Value == nil) != (y.Value == nil) || (x.List == nil) != (y.List == nil) {
		build.Refuse("result %d is of another kind in each branch", i)
	}
	switch {
	case x.List == nil:
	case x.pending() && y.pending():
		if x.List.Count != y.List.Count {
			x.List.Count.Value, y.List.Count.Value = yes.scalarOf(x.List.Count), no.scalarOf(y.List.Count)
			x.List.Count.Size, y.List.Count.Size = build.Unknown, build.Unknown
		}
	case x.pending():
		yes.settle(x, no.Form(y.List.Value))
	case y.pending():
		no.settle(y, yes.Form(x.List.Value))
	}
	return x.part(), y.part()
}

// settle gives a list of the region a tensor whose elements are as those of a list of the given form.
func (r *region) settle(e *Edge, f build.Form) {
	e.List = &List{Value: r.tensorOf(e.List, r.elementAs(f, r.Graph.Values)), State: e.List.State}
}
