package raise_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/frontend/raise"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// step is a step of a random program: it adds values to those that there are.
type step struct {
	kind      string // an operator, or Const, if, while
	a, b      int    // values
	constant  float64
	then      []step // of a while: the body; a fourth of its last value is the variable's next one
	otherwise []step // of an if: the other branch
	rounds    int    // of a while
	count     int    // of an if: how many of the last values of each branch come out
}

// program draws steps that may use have values and are nested in each other at most depth deep. They add at least one value.
func program(t *rapid.T, have, depth int) []step {
	var steps []step
	for range rapid.IntRange(1, 4).Draw(t, "steps") {
		kinds := []string{"AddV2", "Sub", "Mul", "Greater", "Const", "if", "while"}
		if depth == 0 {
			kinds = kinds[:5]
		}
		s := step{kind: rapid.SampledFrom(kinds).Draw(t, "kind"), constant: float64(rapid.IntRange(-3, 3).Draw(t, "constant")), count: 1}
		s.a, s.b = rapid.IntRange(0, have-1).Draw(t, "a"), rapid.IntRange(0, have-1).Draw(t, "b")
		switch s.kind {
		case "if":
			s.then, s.otherwise = program(t, have, depth-1), program(t, have, depth-1)
			s.count = rapid.IntRange(1, 2).Draw(t, "count")
		case "while":
			s.then, s.rounds = program(t, have+1, depth-1), rapid.IntRange(0, 3).Draw(t, "rounds")
		}
		steps = append(steps, s)
		have += s.count
	}
	return steps
}

// evaluate adds the values of steps.
func evaluate(steps []step, values []float64) []float64 {
	for _, s := range steps {
		switch s.kind {
		case "Const":
			values = append(values, s.constant)
		case "if":
			branch := s.otherwise
			if values[s.a] > values[s.b] {
				branch = s.then
			}
			made := evaluate(branch, slices.Clip(values))
			values = append(values, made[len(made)-s.count:]...)
		case "while":
			v := values[s.a]
			for range s.rounds {
				made := evaluate(s.then, append(slices.Clip(values), v))
				v = made[len(made)-1] / 4
			}
			values = append(values, v)
		default:
			values = append(values, scalarOps[s.kind](values[s.a], values[s.b]))
		}
	}
	return values
}

// scope is the graph, a branch or a loop while a program is being written as TensorFlow 1 has it.
type scope struct {
	*writer
	parent  *scope
	branch  bool
	pivot   string                  // what constants wait for
	letIn   func(ref string) string // writes the node that brings in a value of the parent
	brought map[*variable]string    // the values that have been brought in
}

// variable is a value and the scope that it was made in.
type variable struct {
	ref  string
	home *scope
}

type writer struct {
	t     *rapid.T
	graph tfpb.GraphDef
}

func (w *writer) add(op string, inputs ...string) string {
	n := tfpb.NodeDef{Name: fmt.Sprintf("%s%d", op, len(w.graph.Node)), Op: op, Input: inputs}
	w.graph.Node = append(w.graph.Node, n)
	return n.Name
}

func (w *writer) set(name, key, value string) {
	for i := range w.graph.Node {
		if w.graph.Node[i].Name == name {
			set(&w.graph.Node[i], key, value)
		}
	}
}

func (s *scope) constant(v float64) string {
	var inputs []string
	if s.pivot != "" {
		inputs = []string{"^" + s.pivot}
	}
	name := s.add("Const", inputs...)
	s.set(name, "value", fmt.Sprint(v))
	return name
}

// use returns the name of a value in the scope.
func (s *scope) use(v *variable) string {
	if v.home == s {
		return v.ref
	}
	if s.brought[v] == "" {
		ref := s.parent.use(v)
		if s.branch && rapid.IntRange(0, 7).Draw(s.t, "direct") == 0 {
			return ref // as some optimizers leave it
		}
		s.brought[v] = s.letIn(ref)
	}
	return s.brought[v]
}

// write adds the nodes of steps, and their values.
func (s *scope) write(steps []step, values []*variable) []*variable {
	values = slices.Clip(values)
	for _, x := range steps {
		var refs []string
		switch x.kind {
		case "Const":
			refs = []string{s.constant(x.constant)}
		case "if":
			refs = s.conditional(x, values)
		case "while":
			refs = []string{s.loop(x, values)}
		default:
			refs = []string{s.add(x.kind, s.use(values[x.a]), s.use(values[x.b]))}
		}
		for _, ref := range refs {
			values = append(values, &variable{ref, s})
		}
	}
	return values
}

func (s *scope) conditional(x step, values []*variable) []string {
	predicate := s.add("Greater", s.use(values[x.a]), s.use(values[x.b]))
	pivots := s.add("Switch", predicate, predicate)
	predicate = s.add("Identity", predicate)
	var results [2][]string
	for side, steps := range [][]step{x.otherwise, x.then} {
		output := fmt.Sprintf(":%d", side)
		branch := &scope{writer: s.writer, parent: s, branch: true, pivot: s.add("Identity", pivots+output), brought: map[*variable]string{}}
		branch.letIn = func(ref string) string { return s.add("Switch", ref, predicate) + output }
		made := branch.write(steps, values)
		for _, v := range made[len(made)-x.count:] {
			// However its operands came in, what is merged is there only in the branch.
			results[side] = append(results[side], s.add("Identity", branch.use(v), "^"+branch.pivot))
		}
	}
	var merged []string
	for i := range results[0] {
		merged = append(merged, s.add("Merge", results[0][i], results[1][i]))
	}
	return merged
}

func (s *scope) loop(x step, values []*variable) string {
	frame := fmt.Sprintf("frame%d", len(s.graph.Node))
	enter := func(ref string, invariant bool) string {
		name := s.add("Enter", ref)
		s.set(name, "frame_name", frame)
		if invariant {
			s.set(name, "is_constant", "true")
		}
		return name
	}
	var merges, nexts []string
	for _, ref := range []string{s.constant(0), s.use(values[x.a])} {
		merge, next := s.add("Merge", enter(ref, false)), s.add("NextIteration")
		s.graph.Node[len(s.graph.Node)-2].Input = append(s.graph.Node[len(s.graph.Node)-2].Input, next)
		merges, nexts = append(merges, merge), append(nexts, next)
	}
	body := &scope{writer: s.writer, parent: s, pivot: merges[0], brought: map[*variable]string{}}
	body.letIn = func(ref string) string { return enter(ref, true) }
	condition := s.add("LoopCond", s.add("Less", merges[0], body.constant(float64(x.rounds))))
	var switches []string
	for _, m := range merges {
		switches = append(switches, s.add("Switch", m, condition))
	}
	body.pivot = s.add("Identity", switches[0]+":1")
	s.next(nexts[0], s.add("AddV2", switches[0]+":1", body.constant(1)))
	made := body.write(x.then, append(slices.Clip(values), &variable{switches[1] + ":1", body}))
	s.next(nexts[1], s.add("RealDiv", body.use(made[len(made)-1]), body.constant(4)))
	return s.add("Exit", switches[1])
}

// next gives a NextIteration its input.
func (w *writer) next(name, ref string) {
	for i := range w.graph.Node {
		if w.graph.Node[i].Name == name {
			w.graph.Node[i].Input = []string{ref}
		}
	}
}

// TestRandomPrograms compares random programs with what becomes of them when they are written in TensorFlow 1's way and raised.
func TestRandomPrograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := program(t, 2, 3)
		w := &writer{t: t}
		top := &scope{writer: w}
		inputs := []*variable{{w.add("Placeholder"), top}, {w.add("Placeholder"), top}}
		values := top.write(steps, inputs)
		var keep []string
		for _, v := range values[2:] {
			keep = append(keep, v.ref)
		}
		raised, err := raise.Graph(&w.graph, keep)
		if err != nil {
			t.Fatalf("%v in\n%s", err, graphText(&w.graph))
		}
		feeds := map[string]float64{}
		var numbers []float64
		for _, v := range inputs {
			feeds[v.ref] = float64(rapid.IntRange(-3, 3).Draw(t, "input"))
			numbers = append(numbers, feeds[v.ref])
		}
		got, err := run(raised, feeds, keep)
		if err != nil {
			t.Fatalf("%v in\n%s", err, graphText(raised))
		}
		for i, want := range evaluate(steps, numbers)[2:] {
			if got[i] != want {
				t.Fatalf("%s is %v, want %v; raised:\n%s\nbefore:\n%s", keep[i], got[i], want, graphText(raised), graphText(&w.graph))
			}
		}
	})
}
