package raise

import (
	"fmt"
	"slices"
)

// region is the main graph, or a function that is being made.
type region struct {
	name    string // of the function, once it is made
	args    []*node
	results []edge
	effect  bool    // whether it has one, once it is made
	waits   []*node // nodes with effects that must happen, besides those that the results need
}

// live returns the nodes that the region's results need, each behind those that it needs.
func (r *region) live() ([]*node, error) {
	roots := append([]*node(nil), r.waits...)
	for _, e := range r.results {
		roots = append(roots, e.node)
	}
	return order(roots, false)
}

// order returns roots and what they need, each node behind those that it needs but for the next round's values. What a node waits for counts
// if it has effects, or if control is true. Without control, nodes that can't be had are errors.
func order(roots []*node, control bool) ([]*node, error) {
	type visit struct {
		n    *node
		next int
	}
	var (
		sorted []*node
		open   = map[*node]bool{} // true while what the node needs is being visited
		stack  []visit
		later  = append([]*node(nil), roots...)
	)
	for len(later) > 0 {
		root := later[0]
		later = later[1:]
		if _, seen := open[root]; !seen {
			stack = append(stack, visit{n: root})
			open[root] = true
		}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == 0 && top.n.missing != nil && !control {
				return nil, top.n.missing
			}
			child, more := top.n.need(top.next, control)
			if !more {
				open[top.n] = false
				sorted = append(sorted, top.n)
				stack = stack[:len(stack)-1]
				continue
			}
			top.next++
			if child == nil {
				continue
			}
			if top.n.is("Merge") && child.is("NextIteration") {
				later = append(later, child)
				continue
			}
			waits, seen := open[child]
			if waits {
				return nil, fmt.Errorf("node %q needs its own result", child.name)
			}
			if !seen {
				open[child] = true
				stack = append(stack, visit{n: child})
			}
		}
	}
	return sorted, nil
}

// need returns what the node needs in place i, or nil if that doesn't count, and whether i is a place.
func (n *node) need(i int, control bool) (*node, bool) {
	if i < len(n.in) {
		return n.in[i].node, true
	}
	if i -= len(n.in); i < len(n.also) {
		return n.also[i].node, true
	}
	if i -= len(n.also); i >= len(n.control) {
		return nil, false
	}
	if c := n.control[i]; control || c.effect {
		return c, true
	}
	return nil, true
}

// Where a value is, seen from a function that is being made. Places from 0 on are arguments.
const (
	inside  = -1 // it is made in the function
	outside = -2 // it has to be captured
)

// cut says which nodes are a function's.
type cut struct {
	place   func(e edge) (int, error)
	capture func(e edge, make bool) (int, bool) // the argument for a value from outside, if there is one or one is to be made
	arg     func(i int) *node
}

// extract copies what the region's results need into the region, and the nodes for which that waits: they tell in which branch something is.
func (r *raiser) extract(into *region, c cut) error {
	var (
		copies = map[*node]*node{}
		from   []*node
	)
	copyOf := func(n *node) *node {
		m := copies[n]
		if m == nil {
			m = &node{def: n.def, name: n.name, op: n.op, position: n.position, calls: n.calls, types: n.types, results: n.results, effect: n.effect, missing: n.missing}
			if m.op == "LoopCond" {
				m.op = identity
			}
			copies[n] = m
			from = append(from, n)
		}
		return m
	}
	translate := func(e edge, needed bool) (edge, error) {
		place, err := c.place(e)
		if err == nil && place == outside {
			var ok bool
			if place, ok = c.capture(e, needed); !ok {
				return missing("%q is not captured", e.name), nil
			}
		}
		switch {
		case err != nil && needed:
			return edge{}, err
		case err != nil:
			return missing("%w", err), nil
		case place == inside:
			return edge{copyOf(e.node), e.out}, nil
		}
		return edge{c.arg(place), 0}, nil
	}
	waiting := func(to *[]*node, nodes []*node, needed bool) {
		for _, n := range nodes {
			if place, err := c.place(edge{n, 0}); err == nil && place == inside && (copies[n] != nil || !needed || n.effect) {
				*to = append(*to, copyOf(n))
			}
		}
	}
	for i, e := range into.results {
		var err error
		if into.results[i], err = translate(e, true); err != nil {
			return err
		}
	}
	waits := into.waits
	into.waits = nil
	waiting(&into.waits, waits, true)
	// First what is needed, with nodes that have effects; then, from where that ended, what tells about branches.
	for needed, i := true, 0; ; i++ {
		if i == len(from) {
			if !needed {
				return nil
			}
			needed, i = false, -1
			continue
		}
		if r.copies--; r.copies < 0 {
			return fmt.Errorf("node %q: more than %d copies of each node on average are needed", from[i].name, maxCopies)
		}
		n, m := from[i], copies[from[i]]
		if m.in == nil {
			for _, e := range slices.Concat(n.in, n.also) {
				x, err := translate(e, needed)
				if err != nil {
					return err
				}
				m.in = append(m.in, x)
			}
			m.in, m.also = m.in[:len(n.in):len(n.in)], m.in[len(n.in):]
		}
		m.control = nil
		waiting(&m.control, n.control, needed)
	}
}
