package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// layoutMove is how a node is made to work on operands whose dimensions are permuted.
type layoutMove struct {
	data    []ir.Use // where operands are read that are to be permuted: mostly the node's own inputs
	results bool     // its results are permuted then; else they stay as they are
	// apply changes the other operands and the attributes. The permuted operands are given in the order of data; those that are the node's own are set already.
	apply func(r *rewriter, data []*ir.Value)
}

// layout is a permutation of dimensions: perm lists, for each dimension of what is permuted, the one that it was; place is the inverse.
type layout struct{ perm, place []int }

// layoutMoves are the operators that can work on permuted operands. A function returns nil where a node can't.
var layoutMoves = func() map[string]func(r *rewriter, n *ir.Node, l layout) *layoutMove {
	set := map[string]func(*rewriter, *ir.Node, layout) *layoutMove{
		"CONCATENATION": moveConcat, "SPLIT": moveSplit, "SPLIT_V": moveSplit, "GATHER": moveGather,
		"PAD": moveRows, "PADV2": moveRows, "MIRROR_PAD": moveRows, "TILE": moveRows, "SLICE": moveRows, "STRIDED_SLICE": moveStrided,
		"ARG_MAX": moveArg, "ARG_MIN": moveArg, "SOFTMAX": moveLast, "LOG_SOFTMAX": moveLast, "L2_NORMALIZATION": moveLast, "RESHAPE": moveShuffle, "TRANSPOSE": moveFlatten,
	}
	for name := range moveUnary {
		set[name] = moveElementwise
	}
	for _, name := range slices.Concat(movable, []string{"ADD_N", "PRELU", "SELECT", "SELECT_V2", "CAST", "ZEROS_LIKE"}) {
		set[name] = moveElementwise
	}
	for _, name := range []string{"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL", "REVERSE_V2", "CUMSUM"} {
		set[name] = moveAxes
	}
	return set
}()

// own returns the places of the given inputs of n, if each has as many dimensions as the layout.
func (l layout) own(n *ir.Node, inputs ...int) []ir.Use {
	var uses []ir.Use
	for _, i := range inputs {
		if v := n.Inputs[i]; v == nil || v.Type.Unranked || len(v.Type.Shape) != len(l.perm) {
			return nil
		}
		uses = append(uses, ir.Use{Node: n, Input: i})
	}
	return uses
}

func moveElementwise(_ *rewriter, n *ir.Node, l layout) *layoutMove {
	m := &layoutMove{results: true}
	var constants []int
	for i, v := range n.Inputs {
		switch {
		case v == nil || v.Type.Unranked || len(v.Type.Shape) > len(l.perm):
			return nil
		case all(v.Type.Shape, 1) && len(v.Type.Shape) < len(l.perm):
		case v.Const != nil:
			if v.Sparsity != nil || v.Type.DType.Size() == 0 {
				return nil
			}
			constants = append(constants, i)
		case len(v.Type.Shape) == len(l.perm):
			m.data = append(m.data, ir.Use{Node: n, Input: i})
		default:
			return nil
		}
	}
	if len(m.data) == 0 || len(n.Outputs[0].Type.Shape) != len(l.perm) {
		return nil
	}
	m.apply = func(r *rewriter, _ []*ir.Value) {
		for _, i := range constants {
			r.setInput(n, i, r.constantBack(n.Inputs[i], l.perm))
		}
	}
	return m
}

func moveConcat(_ *rewriter, n *ir.Node, l layout) *layoutMove {
	axis, err := tensor.Axis(n.Attr.(*op.Concat).Axis, len(l.perm))
	var inputs []int
	for i, v := range n.Inputs {
		if v.Const != nil && (v.Sparsity != nil || v.Type.DType.Size() == 0) {
			return nil
		}
		inputs = append(inputs, i)
	}
	data := l.own(n, inputs...)
	if err != nil || data == nil {
		return nil
	}
	return &layoutMove{data: data, results: true, apply: func(*rewriter, []*ir.Value) {
		a := *n.Attr.(*op.Concat)
		a.Axis = l.place[axis]
		n.Attr = &a
	}}
}

func moveSplit(_ *rewriter, n *ir.Node, l layout) *layoutMove {
	x, at := 0, 2
	if n.Op == "SPLIT" {
		x, at = 1, 0
	}
	return l.axes(n, x, at)
}

// axes is the move of nodes with data at input x and a constant with axes at input at.
func (l layout) axes(n *ir.Node, x, at int) *layoutMove {
	data := l.own(n, x)
	c := n.Inputs[at]
	list, ok := ints(c)
	if data == nil || !ok {
		return nil
	}
	for i, a := range list {
		axis, err := tensor.Axis(a, len(l.perm))
		if err != nil {
			return nil
		}
		list[i] = l.place[axis]
	}
	return &layoutMove{data: data, results: true, apply: func(r *rewriter, _ []*ir.Value) { r.setInput(n, at, r.likeInts(c, c.Type.Shape, list)) }}
}

// moveAxes is the move of reductions and the like. Where dimensions vanish the others must keep their order. Runtimes reverse several axes only if these are neighbours,
// which they may not stay.
func moveAxes(_ *rewriter, n *ir.Node, l layout) *layoutMove {
	m := l.axes(n, 0, 1)
	if n.Op == "REVERSE_V2" && n.Inputs[1].Type.Shape.Elements() != 1 {
		return nil
	}
	if a, ok := n.Attr.(*op.Reduce); m != nil && ok && !a.KeepDims {
		axes, ok := axesOf(n.Inputs[1], len(l.perm))
		if m.results = false; !ok || !l.keeps(axes) {
			return nil
		}
	}
	return m
}

// keeps reports whether the dimensions other than the given ones keep their order.
func (l layout) keeps(gone []int) bool {
	return slices.IsSorted(slices.DeleteFunc(slices.Clone(l.perm), func(d int) bool { return slices.Contains(gone, d) }))
}

func moveArg(_ *rewriter, n *ir.Node, l layout) *layoutMove {
	m := l.axes(n, 0, 1)
	if axes, ok := axesOf(n.Inputs[1], len(l.perm)); m == nil || !ok || !l.keeps(axes) {
		return nil
	}
	m.results = false
	return m
}

// moveLast is the move of what works along the last dimension, which must stay the last.
func moveLast(_ *rewriter, n *ir.Node, l layout) *layoutMove {
	data, last := l.own(n, 0), len(l.perm)-1
	if data == nil || l.perm[last] != last {
		return nil
	}
	return &layoutMove{data: data, results: true, apply: func(*rewriter, []*ir.Value) {}}
}

func moveGather(_ *rewriter, n *ir.Node, l layout) *layoutMove {
	a := *n.Attr.(*op.Gather)
	axis, err := tensor.Axis(a.Axis, len(l.perm))
	data := l.own(n, 0)
	if index := n.Inputs[1].Type; data == nil || err != nil || a.BatchDims != 0 || index.Unranked || len(index.Shape) != 1 {
		return nil
	}
	a.Axis = l.place[axis]
	return &layoutMove{data: data, results: true, apply: func(*rewriter, []*ir.Value) { n.Attr = &a }}
}

// moveRows is the move of nodes whose inputs 1 (and 2, for SLICE) have one row for each dimension.
func moveRows(_ *rewriter, n *ir.Node, l layout) *layoutMove {
	data := l.own(n, 0)
	last := 1
	if n.Op == "SLICE" {
		last = 2
	}
	lists := make([][]int, last+1)
	for i := 1; i <= last; i++ {
		list, ok := ints(n.Inputs[i])
		each := len(list) / len(l.perm)
		if data == nil || !ok || each == 0 || len(list) != each*len(l.perm) {
			return nil
		}
		for _, d := range l.perm {
			lists[i] = append(lists[i], list[d*each:(d+1)*each]...)
		}
	}
	return &layoutMove{data: data, results: true, apply: func(r *rewriter, _ []*ir.Value) {
		for i := 1; i <= last; i++ {
			r.setInput(n, i, r.likeInts(n.Inputs[i], n.Inputs[i].Type.Shape, lists[i]))
		}
	}}
}

func moveStrided(_ *rewriter, n *ir.Node, l layout) *layoutMove {
	old := n.Attr.(*op.StridedSlice)
	rank := len(l.perm)
	data := l.own(n, 0)
	if data == nil || old.EllipsisMask != 0 || old.NewAxisMask != 0 || old.ShrinkAxisMask != 0 {
		return nil
	}
	lists := make([][]int, 4)
	given := 0
	for i := 1; i < 4; i++ {
		list, ok := ints(n.Inputs[i])
		if given = len(list); !ok || given > rank {
			return nil
		}
		for len(list) < rank {
			list = append(list, i/3) // missing dimensions: from 0 to 0, masked, by steps of 1
		}
		lists[i] = permuted(list, l.perm)
	}
	a := *old
	a.BeginMask, a.EndMask = 0, 0
	for i, d := range l.perm {
		if d >= given || old.BeginMask>>d&1 != 0 {
			a.BeginMask |= 1 << i
		}
		if d >= given || old.EndMask>>d&1 != 0 {
			a.EndMask |= 1 << i
		}
	}
	return &layoutMove{data: data, results: true, apply: func(r *rewriter, _ []*ir.Value) {
		n.Attr = &a
		for i := 1; i < 4; i++ {
			r.setInput(n, i, r.likeInts(n.Inputs[i], tensor.Shape{rank}, lists[i]))
		}
	}}
}

// likeInts adds an integer constant with the element type of c, int32 or int64.
func (r *rewriter) likeInts(c *ir.Value, shape tensor.Shape, values []int) *ir.Value {
	t := tensor.New(c.Type.DType, shape.Clone())
	for i, v := range values {
		if c.Type.DType == tensor.Int64 {
			tensor.View[int64](t)[i] = int64(v)
		} else {
			tensor.View[int32](t)[i] = int32(v)
		}
	}
	return r.constant(c.Name, t)
}
