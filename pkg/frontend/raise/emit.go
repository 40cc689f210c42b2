package raise

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// calls says how a call's operator is written: the attributes that name its functions, or one that lists them, and the types of its operands and
// results.
var calls = map[string]struct{ functions, types []string }{
	"While": {[]string{"cond", "body"}, []string{"T"}},
	"If":    {[]string{"else_branch", "then_branch"}, []string{"Tin", "Tout"}}, // in the order of the sides
	"Case":  {[]string{"branches"}, []string{"Tin", "Tout"}},
}

// emitter writes nodes and functions.
type emitter struct {
	*raiser
	library []tfpb.FunctionDef
}

// emit returns the graph g with what main and its functions have become of it.
func (r *raiser) emit(g *tfpb.GraphDef, main *region) (*tfpb.GraphDef, error) {
	e := &emitter{raiser: r, library: slices.Clone(g.Library.Function)}
	needed, err := main.live()
	if err != nil {
		return nil, err
	}
	keep := r.untouched(needed)
	for _, n := range needed {
		keep[n] = true
	}
	var nodes []*node
	for _, n := range r.nodes {
		if keep[n] {
			nodes = append(nodes, n)
		}
	}
	for _, n := range needed {
		if len(n.calls) > 0 {
			nodes = append(nodes, n)
		}
	}
	out := &tfpb.GraphDef{Versions: g.Versions}
	if out.Node, _, err = e.nodes(nodes, false); err != nil {
		return nil, err
	}
	out.Library = tfpb.FunctionDefLibrary{Function: e.library, Gradient: g.Library.Gradient}
	return out, nil
}

// untouched returns the nodes that are not needed, but lean on nothing that has disappeared.
func (r *raiser) untouched(needed []*node) map[*node]bool {
	var (
		kept  = map[*node]bool{}
		waits = map[*node]int{}
		users = map[*node][]*node{}
		todo  = slices.Clone(needed)
	)
	isNeeded := map[*node]bool{}
	for _, n := range needed {
		isNeeded[n] = true
	}
	for _, n := range r.nodes {
		if isNeeded[n] || controlOps[n.def.Op] {
			continue
		}
		for _, e := range n.in {
			waits[n]++
			users[e.node] = append(users[e.node], n)
		}
		for _, c := range n.control {
			waits[n]++
			users[c] = append(users[c], n)
		}
		if waits[n] == 0 {
			todo = append(todo, n)
		}
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !isNeeded[n] {
			kept[n] = true
		}
		for _, user := range users[n] {
			if waits[user]--; waits[user] == 0 {
				todo = append(todo, user)
			}
		}
	}
	return kept
}

// nodes writes the nodes of the graph or, within, of a function, and tells whether one of them has an effect.
func (e *emitter) nodes(nodes []*node, within bool) (defs []tfpb.NodeDef, effect bool, err error) {
	written := map[*node]bool{}
	for _, n := range nodes {
		written[n] = true
	}
	for _, n := range nodes {
		def := tfpb.NodeDef{Name: n.name, Op: n.op}
		if n.def != nil {
			def.Device, def.Attr = n.def.Device, n.def.Attr
		}
		for _, x := range n.in {
			def.Input = append(def.Input, x.reference(within))
		}
		for _, c := range n.control {
			if written[c] {
				def.Input = append(def.Input, "^"+c.name)
			}
		}
		has := n.effect
		if len(n.calls) > 0 {
			if has, err = e.call(n, &def); err != nil {
				return nil, false, err
			}
		}
		effect = effect || has
		defs = append(defs, def)
	}
	return defs, effect, nil
}

// reference names a value.
func (e edge) reference(within bool) string {
	if e.op == argument && e.def == nil || e.out == 0 && !within {
		return e.name
	}
	return fmt.Sprintf("%s:%d", e.name, e.out)
}

// call writes the attributes of a call, and its functions. Without effects it is stateless.
func (e *emitter) call(n *node, def *tfpb.NodeDef) (effect bool, err error) {
	as := calls[n.op]
	var functions []tfpb.NameAttrList
	for i, c := range n.calls {
		what := fmt.Sprintf("branch%d", i)
		if len(as.functions) > 1 {
			what = as.functions[i]
		}
		has, err := e.function(c, n.name+"_"+what)
		if err != nil {
			return false, err
		}
		effect = effect || has
		functions = append(functions, tfpb.NameAttrList{Name: c.name})
	}
	set := func(name string, value tfpb.AttrValue) {
		def.Attr.Entries = append(def.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: name, Value: value})
	}
	if len(as.functions) == 1 {
		set(as.functions[0], tfpb.AttrValue{Kind: tfpb.AttrList, List: &tfpb.ListValue{Func: functions}})
	} else {
		for i := range functions {
			set(as.functions[i], tfpb.AttrValue{Kind: tfpb.AttrFunc, Func: &functions[i]})
		}
	}
	for i, types := range [][]tfpb.DataType{n.types, n.results}[:len(as.types)] {
		set(as.types[i], tfpb.AttrValue{Kind: tfpb.AttrList, List: &tfpb.ListValue{Type: types}})
	}
	if !effect {
		def.Op = "Stateless" + def.Op
	}
	return effect, nil
}

// function writes a function, once, and tells whether it has an effect.
func (e *emitter) function(r *region, name string) (effect bool, err error) {
	if r.name != "" {
		return r.effect, nil
	}
	r.name = e.name(name)
	all, err := r.live()
	if err != nil {
		return false, err
	}
	var nodes []*node
	names := map[string]bool{}
	for _, n := range all {
		if n.op != argument || n.def != nil {
			nodes = append(nodes, n)
			names[n.name] = true
		}
	}
	slices.SortStableFunc(nodes, byPosition)
	f := tfpb.FunctionDef{Signature: tfpb.OpDef{Name: r.name}}
	for _, a := range r.args {
		for names[a.name] {
			a.name += "_"
		}
		f.Signature.InputArg = append(f.Signature.InputArg, tfpb.ArgDef{Name: a.name, Type: a.types[0]})
	}
	for i, x := range r.results {
		arg := tfpb.ArgDef{Name: fmt.Sprintf("result%d", i), Type: x.dtype()}
		f.Signature.OutputArg = append(f.Signature.OutputArg, arg)
		f.Ret.Entries = append(f.Ret.Entries, tfpb.Entry[string]{Key: arg.Name, Value: x.reference(true)})
	}
	f.Attr.Entries = []tfpb.Entry[tfpb.AttrValue]{{Key: Flat, Value: tfpb.AttrValue{Kind: tfpb.AttrB, B: true}}}
	if f.NodeDef, r.effect, err = e.nodes(nodes, true); err != nil {
		return false, err
	}
	f.Signature.IsStateful = r.effect
	e.library = append(e.library, f)
	return r.effect, nil
}
