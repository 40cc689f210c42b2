package raise

import (
	"cmp"
	"fmt"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// loop is a loop that is being raised to a While. Its variables are the values that a round hands to the next, then those from outside, which
// each round hands on as they are.
type loop struct {
	*frame
	call      *node
	index     map[*node]int // the variables: by the Merge or the constant Enter that starts a round with it, and by its Switch
	switches  map[*node]bool
	next      []*node // the NextIterations
	condition *node
	captured  map[edge]int
}

// loops raises the loops that main needs.
func (r *raiser) loops(main *region) error {
	frames, err := r.frames(main)
	if err != nil {
		return err
	}
	for _, f := range frames {
		if len(f.nodes) == 0 {
			continue
		}
		if err := r.loop(f); err != nil {
			return fmt.Errorf("loop %q: %w", f.name, err)
		}
	}
	return nil
}

func (r *raiser) loop(f *frame) error {
	l := &loop{frame: f, index: map[*node]int{}, switches: map[*node]bool{}, captured: map[edge]int{}}
	l.call = &node{name: r.name(cmp.Or(f.name, "while")), op: "While", frame: f.parent, position: f.nodes[0].position}
	if err := l.variables(); err != nil {
		return err
	}
	condition, body := &region{results: []edge{l.condition.in[0]}}, &region{}
	for _, n := range l.next {
		body.results = append(body.results, n.in[0])
		body.waits = append(body.waits, n.control...)
	}
	for _, f := range []struct {
		to   *region
		live int
	}{{condition, -1}, {body, 1}} {
		err := r.extract(f.to, cut{
			place:   func(e edge) (int, error) { return l.place(e, f.live) },
			capture: l.capture,
			arg:     f.to.arg,
		})
		if err != nil {
			return err
		}
	}
	for i, t := range l.call.types {
		condition.arg(i).types = []tfpb.DataType{t}
		body.arg(i).types = []tfpb.DataType{t}
		if i >= len(l.next) {
			body.results = append(body.results, edge{body.arg(i), 0})
		}
	}
	l.call.results = l.call.types
	l.call.calls = []*region{condition, body}
	r.regions = append(r.regions, condition, body)
	l.leave()
	return nil
}

// arg returns argument i, and makes it and those before it if need be.
func (r *region) arg(i int) *node {
	for i >= len(r.args) {
		r.args = append(r.args, &node{name: fmt.Sprintf("arg%d", len(r.args)), op: argument, types: []tfpb.DataType{tfpb.Invalid}})
	}
	return r.args[i]
}

// variables collects the variables.
func (l *loop) variables() error {
	var constants []*node
	for _, n := range l.nodes {
		switch {
		case n.is("LoopCond"):
			if l.condition != nil {
				return fmt.Errorf("there are two conditions, %q and %q", l.condition.name, n.name)
			}
			if len(n.in) != 1 {
				return fmt.Errorf("node %q has %d inputs, want 1", n.name, len(n.in))
			}
			l.condition = n
		case n.is("Enter"):
			if len(n.in) != 1 {
				return fmt.Errorf("node %q has %d inputs, want 1", n.name, len(n.in))
			}
			if a := n.attr("is_constant"); a != nil && a.B {
				constants = append(constants, n)
			}
		case n.startsRound():
			if len(n.in) != 2 {
				return fmt.Errorf("node %q merges %d values, want 2", n.name, len(n.in))
			}
			enter, next := n.in[0].node, n.in[1].node
			if enter.is("NextIteration") {
				enter, next = next, enter
			}
			if !enter.is("Enter") || enter.frame != l.frame || !next.is("NextIteration") || len(next.in) != 1 {
				return fmt.Errorf("node %q does not merge an Enter of the loop and a NextIteration", n.name)
			}
			l.index[n] = len(l.call.in)
			l.add(enter)
			l.next = append(l.next, next)
		}
	}
	for _, n := range constants {
		value := root(n.in[0])
		i, ok := l.captured[value]
		if !ok {
			i = len(l.call.in)
			l.captured[value] = i
			l.add(n)
		}
		l.index[n] = i
	}
	if l.condition == nil {
		return fmt.Errorf("there is no LoopCond")
	}
	for _, n := range l.nodes {
		if l.switched(n) {
			i, ok := l.index[n.in[0].node]
			if !ok {
				return fmt.Errorf("node %q does not switch a variable of the loop", n.name)
			}
			l.index[n] = i
			l.switches[n] = true
		}
	}
	return nil
}

// switched tells whether a node is one of the loop's Switches.
func (l *loop) switched(n *node) bool {
	return n.isSwitch() && len(n.in) == 2 && n.in[1].node == l.condition
}

// add makes what an Enter brings in the loop's next operand.
func (l *loop) add(enter *node) {
	l.call.in = append(l.call.in, enter.in[0])
	l.call.types = append(l.call.types, edge{enter, 0}.dtype())
	l.call.control = append(l.call.control, enter.control...)
}

// place says where a value is for the condition (live is -1) or the body, which sees output live of the loop's Switches.
func (l *loop) place(e edge, live int) (int, error) {
	if i, ok := l.index[e.node]; ok {
		switch {
		case l.switches[e.node] && e.out != live:
			return 0, fmt.Errorf("output %d of node %q is needed within the loop", e.out, e.name)
		case !l.switches[e.node] && e.out != 0:
			return 0, fmt.Errorf("output %d of node %q is needed", e.out, e.name)
		}
		return i, nil
	}
	switch {
	case e.missing != nil:
		return 0, e.missing
	case e.is("Enter"), e.is("Exit"), e.is("NextIteration"), e.startsRound(), l.switched(e.node):
		return 0, fmt.Errorf("the %s %q is needed other than a loop needs it", e.op, e.name)
	case e.frame != l.frame && e.frame.within(l.frame):
		return 0, fmt.Errorf("node %q is needed outside of the loop %q, but not by an Exit", e.name, e.frame.name)
	case e.frame == l.frame, e.op == constant && len(e.in) == 0:
		return inside, nil
	}
	return outside, nil
}

// capture makes a value from outside an operand, and returns its number.
func (l *loop) capture(e edge, make bool) (int, bool) {
	e = root(e) // so that a predicate is one within, too
	i, ok := l.captured[e]
	if !ok && make {
		i = len(l.call.in)
		l.captured[e] = i
		l.call.in = append(l.call.in, e)
		l.call.types = append(l.call.types, e.dtype())
	}
	return i, ok || make
}

// leave turns the loop's Exits into the While's results.
func (l *loop) leave() {
	for _, n := range l.exits {
		i, ok := -1, false
		if len(n.in) == 1 {
			i, ok = l.index[n.in[0].node]
		}
		switch from := n.in; {
		case !ok, l.switches[from[0].node] && from[0].out != 0:
			n.missing = fmt.Errorf("node %q does not leave the loop with one of its variables", n.name)
		case !l.switches[from[0].node] && from[0].is("Merge"):
			n.missing = fmt.Errorf("node %q leaves the loop in each round", n.name)
		default:
			n.in = []edge{{l.call, i}}
		}
		n.op, n.control = identity, nil
	}
}
