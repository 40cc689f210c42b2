package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// loops are the operators that call a function again and again.
var loops = []Op{
	{Name: "While", To: loopOps, Lower: lowerWhile, Note: loopNote},
	{Name: "StatelessWhile", To: loopOps, Lower: lowerWhile, Note: loopNote},
}

const (
	loopOps  = "WHILE UNIDIRECTIONAL_SEQUENCE_LSTM TRANSPOSE REVERSE_V2 STRIDED_SLICE RESHAPE"
	loopNote = "loops of few rounds are written out, and LSTM layers are one operator"
)

// maxRounds bounds how often a body is walked until the forms of its variables are known. Each round but the last finds that some
// dimension varies, that a variable changes, or what a list holds.
const maxRounds = 12

func lowerWhile(c *Context) {
	l := &loop{Context: c, entry: append([]Edge(nil), c.edges...), before: len(c.Model.Graphs)}
	l.guess()
	for round := 0; !l.walk(); round++ {
		if round == maxRounds {
			build.Refuse("the shapes of the loop's variables do not settle")
		}
	}
	if p := poisoned(len(l.entry), append(l.results, l.again)...); p != nil {
		l.discard()
		c.OutEdges(p...)
		return
	}
	if edges := l.otherwise(); edges != nil {
		l.discard()
		c.outEdges(edges)
		return
	}
	c.outEdges(l.emit())
}

// loop is a While that is being lowered.
type loop struct {
	*Context
	entry    []Edge // the variables before the loop
	constant []bool // variables that the body hands on as they are: they are captured
	forms    []build.Form
	body     *region
	args     []Edge // what the body is given
	results  []Edge // what it makes of that
	cond     *region
	condArgs []Edge
	again    Edge                   // the condition
	before   int                    // graphs of the model
	makers   map[*ir.Value]*ir.Node // of the values of the body
}

// guess finds the variables that the body plainly hands on, and makes lists tensors whose elements have a known shape.
func (l *loop) guess() {
	l.constant, l.forms = make([]bool, len(l.entry)), make([]build.Form, len(l.entry))
	def := l.function("body")
	if n := len(def.Signature.OutputArg); n != len(l.entry) {
		build.Damaged("the body of a loop of %d variables has %d results", len(l.entry), n)
	}
	nodes := l.scope.index(def)
	for i, e := range l.entry {
		l.constant[i] = i < len(def.Signature.InputArg) && handsOn(def, nodes, i)
		if !l.constant[i] && e.pending() && complete(e.List.Element) {
			l.entry[i].List = &List{Value: l.tensorOf(e.List, nil), State: e.List.State}
		}
		if v := l.entry[i].part(); v != nil {
			l.forms[i] = l.Form(v)
		}
	}
}

// function returns the function that an attribute names.
func (l *loop) function(attr string) *tfpb.FunctionDef {
	name := l.Func(attr).Name
	def := l.scope.functions[name]
	if def == nil {
		build.Damaged("there is no function %q", name)
	}
	return def
}

// handsOn reports whether result i of a function is its argument i, but for identities.
func handsOn(def *tfpb.FunctionDef, nodes map[string]*tfpb.NodeDef, i int) bool {
	ret := def.Ret.Get(def.Signature.OutputArg[i].Name)
	if ret == nil {
		return false
	}
	text := *ret
	for range len(def.NodeDef) + 1 {
		if text == def.Signature.InputArg[i].Name {
			return true
		}
		r, err := parseRef(text)
		n := nodes[r.node]
		if err != nil || n == nil || n.Op != "Identity" || len(n.Input) == 0 {
			return false
		}
		text = n.Input[0]
	}
	return false
}

// walk emits the body, and then the condition, for what is known of the variables. It reports false if the body has shown that they are otherwise.
func (l *loop) walk() (settled bool) {
	l.discard()
	l.body = l.region("_body")
	l.args = l.params(l.body)
	l.results = l.body.Call(l.Func("body"), l.args)
	if poisoned(1, l.results...) != nil {
		return true
	}
	settled = true
	for i := range l.entry {
		settled = l.compare(i) && settled
	}
	if !settled {
		return false
	}
	l.cond = l.region("_cond")
	l.condArgs = l.params(l.cond)
	results := l.cond.Call(l.Func("cond"), l.condArgs)
	if len(results) != 1 {
		build.Damaged("the condition has %d results", len(results))
	}
	if l.again = results[0]; l.again.poison != nil {
		return true
	}
	if l.again.Value == nil {
		build.Refuse("the condition is no tensor")
	}
	l.again.Value = l.cond.truth(l.again.Value)
	return true
}

// discard removes the graphs of the last round.
func (l *loop) discard() {
	l.Model.Graphs = l.Model.Graphs[:l.before]
	l.again = Edge{}
}

// params returns what a region is given: captured values, and inputs for what varies.
func (l *loop) params(r *region) []Edge {
	list := make([]Edge, len(l.entry))
	for i, e := range l.entry {
		list[i] = e.with(e.part(), func(v *ir.Value) *ir.Value {
			if l.constant[i] {
				return r.capture(v)
			}
			return r.Param(v.Name, l.forms[i])
		})
	}
	return list
}

// compare compares variable i after the body with what it was before. It reports false if the body must be walked again since it isn't
// what it was taken for.
func (l *loop) compare(i int) bool {
	arg, result, entry := l.args[i], &l.results[i], &l.entry[i]
	if arg.Resource != result.Resource || (arg.Value == nil) != (result.Value == nil) || (arg.List == nil) != (result.List == nil) {
		build.Refuse("variable %d of the loop becomes another kind of thing", i)
	}
	if arg.List != nil && !l.compareList(i) {
		return false
	}
	v, w := arg.part(), result.part()
	if w == v {
		if !l.constant[i] && v != nil {
			l.constant[i] = true // it comes back unchanged, on some way that guess does not see
			return false
		}
		return true
	}
	if l.constant[i] {
		l.constant[i] = false
		return false
	}
	f, changed, ok := l.Join(l.forms[i], l.body.Form(w))
	if !ok {
		build.Refuse("variable %d of the loop is %v, and becomes %v", i, entry.part().Type, w.Type)
	}
	l.forms[i] = f
	return !changed
}

// compareList makes variable i, a list, have a tensor before the loop as soon as it has one after the body, and the other way round.
func (l *loop) compareList(i int) bool {
	arg, result, entry := l.args[i], &l.results[i], &l.entry[i]
	switch {
	case arg.pending() && result.pending():
		a, b := arg.List.Count, result.List.Count
		if a == b {
			return true
		}
		result.List.Count = build.Dim{Size: build.Unknown, Value: l.body.scalarOf(b)}
		if a.Value != nil {
			return true
		}
		list := *entry.List
		list.Count = build.Dim{Size: build.Unknown, Value: l.scalarOf(list.Count)}
		entry.List = &list
		l.forms[i] = l.Form(list.Count.Value)
		return false
	case arg.pending():
		values := append([]*ir.Value(nil), l.Graph.Inputs...) // what depends on them is most likely to be there already
		for _, e := range l.entry {
			values = append(values, e.part())
		}
		element := l.elementAs(l.body.Form(result.List.Value), append(values, l.Graph.Values...))
		entry.List = &List{Value: l.tensorOf(entry.List, element), State: entry.List.State}
		l.forms[i] = l.Form(entry.List.Value)
		return false
	case result.pending():
		l.body.settle(result, l.body.Form(arg.List.Value))
	}
	return true
}

// slot is a value that travels through the loop.
type slot struct {
	operand            *ir.Value
	form               build.Form
	body, result, cond *ir.Value
	variable           int // whose value it is; -1 for captured ones
}

// emit emits WHILE and returns the variables after the loop.
func (l *loop) emit() []Edge {
	results := append([]Edge(nil), l.entry...)
	if known, ok := l.cond.Known(l.again.Value); ok && len(known) == 1 && l.again.Value.Const != nil {
		if known[0] != 0 {
			build.Refuse("the loop never ends")
		}
		l.discard()
		return results
	}
	var slots []slot
	var after []*ir.Value
	for i, e := range l.entry {
		if v := e.part(); v != nil && !l.constant[i] {
			slots = append(slots, slot{v, l.forms[i], l.args[i].part(), l.results[i].part(), l.condArgs[i].part(), i})
			after = append(after, l.results[i].part())
		}
	}
	inBody, inCond := l.body.used(after...), l.cond.used(l.again.Value)
	for _, v := range l.body.outer {
		if x, y := l.body.capture(v), l.cond.capture(v); inBody[x] || inCond[y] {
			slots = append(slots, slot{v, l.Form(v), x, x, y, -1})
		}
	}
	l.separate(slots)
	l.animate(slots)
	var operands, bodyIn, bodyOut, condIn []*ir.Value
	var forms []build.Form
	for _, s := range slots {
		operands, forms = append(operands, s.operand), append(forms, s.form)
		bodyIn, bodyOut, condIn = append(bodyIn, s.body), append(bodyOut, s.result), append(condIn, s.cond)
	}
	l.body.finish(bodyIn, bodyOut)
	l.cond.finish(condIn, []*ir.Value{l.again.Value})
	attr := &op.While{Cond: l.cond.Index(), Body: l.body.Index()}
	for k, v := range l.EmitForms(l.name("while"), "WHILE", attr, forms, operands...) {
		if i := slots[k].variable; i >= 0 {
			results[i] = l.results[i].with(l.results[i].part(), func(*ir.Value) *ir.Value { return v })
		}
	}
	return results
}

// separate copies variables that the body hands on as later ones. The runtime keeps a variable's value before and after the body in one place, and writes one variable
// after the other: what follows would read what has been overwritten.
func (l *loop) separate(slots []slot) {
	overwritten := map[*ir.Value]bool{}
	for k := range slots {
		s := &slots[k]
		if v := s.result; overwritten[v] {
			s.result = l.body.Emit("RESHAPE", &op.Reshape{}, v, l.body.Shape(l.name("shape"), v))
		}
		if s.result != s.body {
			overwritten[s.body] = true
		}
	}
}

// animate makes the shapes of variables that begin empty, and grow, depend on data: the runtime allocates none for them in a body whose shapes all follow from the
// first ones.
func (l *loop) animate(slots []slot) {
	counter := slices.IndexFunc(slots, func(s slot) bool { return s.result != s.body && s.form.DType() == i32 && len(s.form.Type().Shape) == 0 })
	for k := range slots {
		s := &slots[k]
		if counter < 0 || s.operand.Type.Shape.Elements() != 0 || s.form.Type().Static() || s.operand.Type.DType.Bits() == 0 {
			continue
		}
		b := l.body
		begin, size := []*ir.Value{b.Emit("SUB", &op.Arith{}, slots[counter].body, slots[counter].body)}, []int{-1}
		for range s.form.Type().Shape[1:] {
			begin, size = append(begin, b.Builder.Int(b.name("zero"), 0)), append(size, -1)
		}
		at := b.Emit("PACK", &op.Pack{Count: len(begin)}, begin...)
		s.result = b.EmitForms(b.name("slice"), "SLICE", nil, []build.Form{b.Form(s.result)}, s.result, at, b.Ints(b.name("size"), size...))[0]
	}
}
