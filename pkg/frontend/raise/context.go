package raise

import (
	"fmt"
	"slices"
)

// branch is one of the ways that a value takes at Switches by the same predicate.
type branch struct {
	predicate edge
	side, of  int  // output side of a Switch with of outputs
	indexed   bool // whether the predicate is the number of the side
}

// context is the branches that a node is in: it is run only where all are taken. They stand in the order in which they were found.
type context []branch

// side returns on which side of a predicate the context is, or -1.
func (c context) side(predicate edge) int {
	for _, b := range c {
		if b.predicate == predicate {
			return b.side
		}
	}
	return -1
}

// and returns what is in both a and b, or an error if that is never.
func (c context) and(d context) (context, error) {
	if len(c) == 0 {
		return d, nil
	}
	for _, b := range d {
		switch side := c.side(b.predicate); {
		case side < 0:
			c = append(slices.Clip(c), b)
		case side != b.side:
			return c, fmt.Errorf("is in two branches of %q at once", b.predicate.name)
		}
	}
	if len(c) > maxDepth {
		return c[:maxDepth], fmt.Errorf("is in more than %d branches in each other", maxDepth)
	}
	return c, nil
}

// without returns the context with no branch of the predicate.
func (c context) without(predicate edge) context {
	return slices.DeleteFunc(slices.Clone(c), func(b branch) bool { return b.predicate == predicate })
}

// root follows an edge back over the graph's own Identity nodes: predicates that differ only in them are one.
func root(e edge) edge {
	for e.def != nil && e.def.Op == identity && len(e.in) > 0 && e.out == 0 {
		e = e.in[0]
	}
	return e
}

// way returns the branch that an edge begins, and whether it begins one: at a Switch it does.
func (e edge) way() (branch, bool) {
	if !e.isSwitch() || len(e.in) != 2 || e.in[1].is("LoopCond") {
		return branch{}, false
	}
	b := branch{predicate: root(e.in[1]), side: e.out, of: 2}
	if e.op == "_SwitchN" {
		b.of, b.indexed = 0, true
		if a := e.attr("num_outs"); a != nil {
			b.of = int(a.I)
		}
	}
	return b, true
}

// under is the context of what needs the edge's value.
func (e edge) under() (context, error) {
	if b, ok := e.way(); ok {
		return e.context.and(context{b})
	}
	return e.context, nil
}

// locate finds a node's context, when those of what it needs are known, and the predicate of a Merge of branches.
func (n *node) locate() {
	n.context, n.merge, n.also = nil, nil, nil
	fail := func(err error) {
		if err != nil && n.missing == nil {
			n.missing = fmt.Errorf("node %q %w", n.name, err)
		}
	}
	var err error
	if n.is("Merge") && !n.startsRound() {
		if n.merge, n.context, err = join(n); err != nil {
			fail(err)
		} else {
			n.also = []edge{n.merge.predicate}
		}
	} else {
		for _, e := range n.in {
			if e.is("NextIteration") && n.is("Merge") {
				continue
			}
			c, err := e.under()
			fail(err)
			n.context, err = n.context.and(c)
			fail(err)
		}
	}
	if n.is("Merge") {
		return // it waits for what is not run, too
	}
	for _, c := range n.control {
		n.context, err = n.context.and(c.context)
		fail(err)
	}
}

// merge is what a Merge joins: branch sides[i] of a predicate in input i.
type merge struct {
	predicate edge
	indexed   bool
	sides     []int
}

// join finds the predicate of a Merge: the one of which each input is in another branch. The context is that of all inputs, but for it.
func join(n *node) (*merge, context, error) {
	if len(n.in) < 2 {
		return nil, nil, fmt.Errorf("merges %d values", len(n.in))
	}
	under := make([]context, len(n.in))
	for i, e := range n.in {
		var err error
		if under[i], err = e.under(); err != nil {
			return nil, nil, fmt.Errorf("merges a value that %w", err)
		}
	}
candidates:
	for _, b := range slices.Backward(under[0]) {
		m := &merge{predicate: b.predicate, indexed: b.indexed}
		if b.of != len(n.in) {
			continue
		}
		var rest context
		for _, c := range under {
			side := c.side(b.predicate)
			if side < 0 || side >= b.of || slices.Contains(m.sides, side) {
				continue candidates
			}
			m.sides = append(m.sides, side)
			var err error
			if rest, err = rest.and(c.without(b.predicate)); err != nil {
				continue candidates
			}
		}
		return m, rest, nil
	}
	return nil, nil, fmt.Errorf("does not merge the branches of one predicate")
}
