package raise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// choice is an If or Case that is being made of Merges.
type choice struct {
	predicate edge
	of        int
	merges    []*node
	call      *node
	captured  map[edge]int
}

// conditionals raises the conditionals in main and in the loops: outer ones first, since the inner ones are then in functions of their own.
func (r *raiser) conditionals(main *region) error {
	todo := append([]*region{main}, r.regions...)
	for len(todo) > 0 {
		last := todo[len(todo)-1]
		made, err := r.outer(last)
		if err != nil {
			return err
		}
		todo = append(todo[:len(todo)-1], made...)
	}
	return nil
}

// outer raises the conditionals of a region that are in no other, and returns the functions of their branches.
func (r *raiser) outer(in *region) ([]*region, error) {
	needed, err := in.live()
	if err != nil || !slices.ContainsFunc(needed, func(n *node) bool { return controlOps[n.op] }) {
		return nil, err
	}
	all, err := order(needed, true)
	if err != nil {
		return nil, err
	}
	place := map[*node]int{}
	for i, n := range all {
		n.locate()
		place[n] = i
	}
	if err := check(in, needed); err != nil {
		return nil, err
	}
	slices.SortFunc(needed, func(a, b *node) int { return place[a] - place[b] })
	var made []*region
	for _, c := range group(needed) {
		branches, err := r.choice(c)
		if err != nil {
			return nil, fmt.Errorf("conditional %q: %w", c.call.name, err)
		}
		made = append(made, branches...)
	}
	if needed, err = in.live(); err != nil {
		return nil, err
	}
	for _, n := range needed {
		if controlOps[n.op] {
			return nil, fmt.Errorf("the %s %q is no part of a loop or of a conditional", n.op, n.name)
		}
	}
	return made, nil
}

// check looks for nodes whose context makes no sense.
func check(in *region, needed []*node) error {
	for _, n := range needed {
		if n.missing != nil {
			return n.missing
		}
		for _, e := range n.in {
			if e.is("Merge") && e.out != 0 {
				return fmt.Errorf("node %q needs the number of the branch that was taken (%s:%d)", n.name, e.name, e.out)
			}
		}
	}
	for _, e := range in.results {
		if c, err := e.under(); err != nil || len(c) > 0 || e.is("Merge") && e.out != 0 {
			return fmt.Errorf("the result %q is there only if a branch is taken", e.name)
		}
	}
	return nil
}

// group collects the Merges that no branch is around into conditionals: those of the same predicate are one if none of them needs another, not
// even by way of other conditionals. The nodes are in order.
func group(needed []*node) []*choice {
	var (
		all   []*choice
		last  = map[edge]*choice{}
		of    = map[*node]*choice{} // the conditionals of Merges
		steps = 1000 + 8*len(needed)
	)
	for _, n := range needed {
		if n.merge == nil || len(n.context) > 0 {
			continue
		}
		c := last[n.merge.predicate]
		if c == nil || c.of != len(n.in) || needs(n, c, of, &steps) {
			c = &choice{predicate: n.merge.predicate, of: len(n.in), captured: map[edge]int{}}
			all = append(all, c)
			last[c.predicate] = c
		}
		c.merges = append(c.merges, n)
		of[n] = c
	}
	return all
}

// needs tells whether a Merge needs a result of a conditional: it counts as needing it if finding out takes too many steps.
func needs(n *node, c *choice, of map[*node]*choice, steps *int) bool {
	seen := map[*node]bool{n: true}
	todo := []*node{n}
	push := func(n *node) {
		if !seen[n] {
			seen[n] = true
			todo = append(todo, n)
		}
	}
	for len(todo) > 0 {
		if *steps--; *steps < 0 {
			return true
		}
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		switch of[n] {
		case nil:
		case c:
			return true
		default:
			for _, m := range of[n].merges {
				push(m)
			}
		}
		for i := 0; ; i++ {
			child, more := n.need(i, false)
			if !more {
				break
			}
			if child != nil {
				push(child)
			}
		}
	}
	return false
}

// choice makes the call for a conditional, and turns its Merges into the call's results.
func (r *raiser) choice(c *choice) ([]*region, error) {
	first := c.merges[0]
	name := first.name + "/If"
	if i := strings.LastIndexByte(first.name, '/'); i > 0 {
		name = first.name[:i]
	}
	c.call = &node{name: r.name(name), op: "If", position: first.position, in: []edge{c.predicate}}
	if first.merge.indexed {
		c.call.op = "Case"
	}
	for side := range c.of {
		to := &region{}
		for _, m := range c.merges {
			to.results = append(to.results, m.in[slices.Index(m.merge.sides, side)])
		}
		err := r.extract(to, cut{
			place:   func(e edge) (int, error) { return c.place(e, side) },
			capture: c.capture,
			arg:     to.arg,
		})
		if err != nil {
			return nil, err
		}
		c.call.calls = append(c.call.calls, to)
	}
	for _, to := range c.call.calls {
		for i, t := range c.call.types {
			to.arg(i).types = []tfpb.DataType{t}
		}
	}
	for i, m := range c.merges {
		c.call.results = append(c.call.results, edge{m, 0}.dtype())
		m.op, m.in, m.also, m.control, m.merge = identity, []edge{{c.call, i}}, nil, nil, nil
	}
	return c.call.calls, nil
}

// place says where a value is for the branch of a side.
func (c *choice) place(e edge, side int) (int, error) {
	if e.missing != nil {
		return 0, e.missing
	}
	if b, ok := e.way(); ok && b.predicate == c.predicate {
		if b.side != side {
			return 0, fmt.Errorf("output %d of node %q is needed in branch %d", e.out, e.name, side)
		}
		return outside, nil
	}
	in, err := e.under()
	switch got := in.side(c.predicate); {
	case err != nil:
		return 0, fmt.Errorf("node %q %w", e.name, err)
	case got >= 0 && got != side:
		return 0, fmt.Errorf("node %q of branch %d is needed in branch %d", e.name, got, side)
	case len(in) > 0, e.op == constant && len(e.in) == 0: // what another branch is around is not there to be captured
		return inside, nil
	}
	return outside, nil
}

// capture makes a value from outside, or what a Switch lets in, an operand, and returns its number among the branches' arguments.
func (c *choice) capture(e edge, make bool) (int, bool) {
	if b, ok := e.way(); ok && b.predicate == c.predicate {
		e = e.in[0]
	}
	e = root(e) // so that a predicate is one within, too
	i, ok := c.captured[e]
	if !ok && make {
		i = len(c.captured)
		c.captured[e] = i
		c.call.in = append(c.call.in, e)
		c.call.types = append(c.call.types, e.dtype())
	}
	return i, ok || make
}
