package raise

import (
	"cmp"
	"fmt"
	"slices"
)

// frame is a loop: the nodes between its Enters and its Exits.
type frame struct {
	name   string
	parent *frame // nil for a loop of the graph's own
	depth  int
	nodes  []*node // those that are needed
	exits  []*node
}

// level is the number of loops around what is in a frame.
func (f *frame) level() int {
	if f == nil {
		return 0
	}
	return f.depth
}

// within tells whether f is g or a loop in g.
func (f *frame) within(g *frame) bool {
	for f.level() > g.level() {
		f = f.parent
	}
	return f == g
}

// frames finds the loop around each node that main needs, and returns the loops, inner ones first.
func (r *raiser) frames(main *region) ([]*frame, error) {
	needed, err := main.live()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(needed, byPosition)
	all, err := order(needed, true)
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		n.locate()
	}
	if needed, err = main.live(); err != nil { // predicates, too
		return nil, err
	}
	slices.SortFunc(needed, byPosition)
	type key struct {
		parent *frame
		name   string
	}
	known := map[key]*frame{}
	var frames []*frame
	for _, n := range all {
		f, err := n.inputFrame()
		switch {
		case err != nil:
			n.missing = err
		case n.is("Enter"):
			k := key{f, ""}
			if a := n.attr("frame_name"); a != nil {
				k.name = string(a.S)
			}
			if known[k] == nil {
				known[k] = &frame{name: k.name, parent: f, depth: f.level() + 1}
				frames = append(frames, known[k])
			}
			if f = known[k]; f.depth > maxFrames {
				return nil, fmt.Errorf("node %q: more than %d loops in each other", n.name, maxFrames)
			}
		case n.is("Exit") && f != nil:
			f.exits = append(f.exits, n)
			f = f.parent
		case n.is("Exit"):
			n.missing = fmt.Errorf("node %q leaves a loop that it isn't in", n.name)
		}
		n.frame = f
	}
	for _, n := range needed {
		if n.missing != nil {
			return nil, n.missing
		}
		if n.frame != nil {
			n.frame.nodes = append(n.frame.nodes, n)
		}
	}
	for _, e := range main.results {
		if e.frame != nil {
			return nil, fmt.Errorf("node %q is within the loop %q", e.name, e.frame.name)
		}
	}
	slices.SortStableFunc(frames, func(a, b *frame) int { return cmp.Compare(b.depth, a.depth) })
	return frames, nil
}

// inputFrame is the innermost frame of what a node needs. All others must be around it.
func (n *node) inputFrame() (*frame, error) {
	var f *frame
	for i := 0; ; i++ {
		c, more := n.need(i, true)
		if !more {
			return f, nil
		}
		if n.is("Merge") && c.is("NextIteration") {
			continue
		}
		switch g := c.frame; {
		case g.within(f):
			f = g
		case !f.within(g):
			return nil, fmt.Errorf("node %q needs values of two loops, %q and %q, of which none is in the other", n.name, f.name, g.name)
		}
	}
}
