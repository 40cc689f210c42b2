package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// moveLayout takes transposes out of the inside of graphs. Frameworks that keep images as NCHW put a TRANSPOSE before and behind each operator that
// wants NHWC; what stands between these operators mostly works on either layout, once its axes and constants are changed. Which nodes to change so that the fewest
// transposes are left is a minimum cut: the nodes are to be parted in those that stay and those that change, and a transpose is needed for each value that is
// made on one side and read on the other.
func moveLayout(m *ir.Model) (changed bool, err error) {
	for i, g := range m.Graphs {
		if !slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return n.Op == "TRANSPOSE" }) {
			continue
		}
		r := newRewriter(m, i)
		for _, perm := range layouts(g.Nodes) {
			if newRelayout(r, perm).run() {
				r.dirty = true
			}
		}
		changed = changed || r.dirty
		r.finish()
	}
	return changed, nil
}

// layoutLimit bounds the layouts that are tried. Networks have two or three.
const layoutLimit = 24

// layouts lists the permutations of the transposes among nodes, and their inverses, in a fixed order: first those that move the second dimension to the end.
func layouts(nodes []*ir.Node) [][]int {
	var list [][]int
	for _, n := range nodes {
		perm, ok := permutation(n)
		if !ok || slices.IsSorted(perm) || len(list) >= layoutLimit {
			continue
		}
		for _, p := range [][]int{perm, inverse(perm)} {
			if !slices.ContainsFunc(list, func(q []int) bool { return slices.Equal(p, q) }) {
				list = append(list, p)
			}
		}
	}
	slices.SortStableFunc(list, func(p, q []int) int {
		switch a, b := p[len(p)-1] == 1, q[len(q)-1] == 1; {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	})
	return list
}

// relayout is one run of the pass for one layout: values may be had as they are, or permuted.
type relayout struct {
	r     *rewriter
	l     layout
	moves map[*ir.Node]*layoutMove
	// reader is the node with a move that decides in which form an operand is read. Other reads are of values as they are, but for those of transposes into the layout.
	reader map[ir.Use]*ir.Node
	nodes  []*ir.Node
	into   map[*ir.Node]bool // transposes into the layout: who reads their results reads their operands permuted
	outOf  map[*ir.Node]bool // transposes out of the layout: their operands are their results permuted
	moved  map[*ir.Node]bool // the nodes that change
	forms  map[*ir.Value]*ir.Value
}

func newRelayout(r *rewriter, perm []int) *relayout {
	a := &relayout{
		r: r, l: layout{perm, inverse(perm)}, nodes: slices.Clone(r.nodes()),
		moves: map[*ir.Node]*layoutMove{}, reader: map[ir.Use]*ir.Node{}, into: map[*ir.Node]bool{}, outOf: map[*ir.Node]bool{}, forms: map[*ir.Value]*ir.Value{},
	}
	for _, n := range a.nodes {
		if plan := layoutMoves[n.Op]; plan != nil && unquantized(n) && transposable(n) {
			if m := plan(r, n, a.l); m != nil {
				a.moves[n] = m
				for _, u := range m.data {
					a.reader[u] = n
				}
			}
		}
	}
	for _, n := range a.nodes {
		if a.moves[n] != nil {
			continue
		}
		into, out := a.transposes(n, a.l.perm), a.transposes(n, a.l.place)
		if into && out { // its own inverse: what is behind it decides
			into = !slices.ContainsFunc(r.uses[n.Outputs[0]], func(u ir.Use) bool { return a.reader[u] != nil })
			out = !into
		}
		a.into[n], a.outOf[n] = into, out
	}
	return a
}

// transposable reports whether runtimes can transpose all operands and results of n.
func transposable(n *ir.Node) bool {
	return !slices.ContainsFunc(slices.Concat(n.Inputs, n.Outputs), func(v *ir.Value) bool {
		return v != nil && !slices.Contains(transposableTypes, v.Type.DType)
	})
}

// transposableTypes are the element types of TRANSPOSE.
var transposableTypes = []tensor.DType{tensor.Float32, tensor.Int32, tensor.Int64, tensor.Int8, tensor.UInt8, tensor.Bool}

// transposes reports whether n does nothing but permute by perm: a TRANSPOSE, or a RESHAPE that moves dimensions of 1.
func (a *relayout) transposes(n *ir.Node, perm []int) bool {
	if p, ok := permutation(n); ok {
		return slices.Equal(p, perm)
	}
	if n.Op != "RESHAPE" || n.Inputs[0].Type.Unranked {
		return false
	}
	x, out := n.Inputs[0].Type, n.Outputs[0].Type.Shape
	return len(x.Shape) == len(perm) && movesOnes(x.Shape, perm) && slices.Equal(permuted(x.Shape, perm), out) && resized(ir.Type{Shape: out}, out)
}

// run changes the nodes that it pays to change, and reports whether there are any.
func (a *relayout) run() bool {
	c := newCut()
	at := make(map[*ir.Node]int, len(a.moves))
	for _, n := range a.nodes {
		if a.moves[n] != nil {
			at[n] = c.node()
		}
	}
	now := 0 // the transposes that there are
	for _, v := range a.r.graph.Values {
		source := 0
		if maker := a.r.maker[v]; maker != nil && a.moves[maker] != nil && a.moves[maker].results {
			source = at[maker]
		} else if maker != nil && a.outOf[maker] {
			source = 1
		} else if v.Const != nil {
			continue
		}
		var readers []int
		straight, turned := false, false
		for _, u := range a.r.uses[v] {
			side := a.side(u, at)
			straight, turned = straight || side != 1, turned || side == 1
			if side != source && !slices.Contains(readers, side) {
				readers = append(readers, side)
			}
		}
		if source == 1 && straight || source != 1 && turned {
			now++
		}
		connect(c, source, readers)
	}
	if now == 0 {
		return false
	}
	_, sink, ok := c.run(now)
	if !ok {
		return false
	}
	a.moved = map[*ir.Node]bool{}
	for n, i := range at {
		a.moved[n] = sink[i]
	}
	a.apply()
	return true
}

// side returns where the reader of a value stands in the network: 0 if it reads values as they are, 1 if permuted.
func (a *relayout) side(u ir.Use, at map[*ir.Node]int) int {
	if n := a.reader[u]; n != nil {
		return at[n]
	}
	if u.Node != nil && a.into[u.Node] && u.Input == 0 {
		return 1
	}
	return 0
}

// connect makes a cut cost 1 if any of readers lies on another side than source.
func connect(c *cut, source int, readers []int) {
	if len(readers) == 0 {
		return
	}
	if source != 1 {
		z := c.node()
		c.edge(source, z, 1)
		for _, n := range readers {
			c.edge(z, n, unlimited)
		}
	}
	if source != 0 {
		y := c.node()
		c.edge(y, source, 1)
		for _, n := range readers {
			c.edge(n, y, unlimited)
		}
	}
}
