package pass

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
)

// moveShuffle is the move of a shuffle of channels, as ShuffleNet has it: RESHAPE that splits a dimension in two, TRANSPOSE that swaps these, and n, a RESHAPE that
// joins them again. All three work along another dimension then.
func moveShuffle(r *rewriter, n *ir.Node, l layout) *layoutMove {
	swap := r.only(n.Inputs[0], "TRANSPOSE")
	perm, ok := permutation(swap)
	if !ok || len(perm) != len(l.perm)+1 {
		return nil
	}
	split := r.only(swap.Inputs[0], "RESHAPE")
	if split == nil || !alike(split.Inputs[0], n.Outputs[0]) {
		return nil
	}
	data := l.own(split, 0)
	axis := slices.IndexFunc(perm, func(p int) bool { return perm[p] != p })
	if data == nil || axis < 0 || axis+1 >= len(perm) || perm[axis] != axis+1 || perm[axis+1] != axis || !slices.IsSorted(perm[axis+2:]) {
		return nil
	}
	shape, parts := split.Inputs[0].Type.Shape, split.Outputs[0].Type.Shape
	groups, each := parts[axis], parts[axis+1]
	if groups < 0 || each < 0 || shape[axis] != groups*each || !slices.Equal(parts, slices.Concat(shape[:axis], parts[axis:axis+2], shape[axis+1:])) {
		return nil
	}
	// The same shapes with the dimensions in their new places.
	whole := ir.Type{DType: n.Outputs[0].Type.DType, Shape: permuted(shape, l.perm)}
	at := l.place[axis]
	cut, swapped := whole, whole
	cut.Shape = slices.Concat(whole.Shape[:at], []int{groups, each}, whole.Shape[at+1:])
	swapped.Shape = slices.Concat(whole.Shape[:at], []int{each, groups}, whole.Shape[at+1:])
	cutTo, ok1 := openShape(cut)
	joinTo, ok2 := openShape(whole)
	if !ok1 || !ok2 {
		return nil
	}
	order := make([]int, len(perm))
	for i := range order {
		order[i] = i
	}
	order[at], order[at+1] = at+1, at
	return &layoutMove{data: data, results: true, apply: func(r *rewriter, in []*ir.Value) {
		a := r.ahead(n, split.Outputs[0].Name, cut, "RESHAPE", split.Attr, in[0], r.indices(split.Outputs[0].Name+"/shape", cutTo))
		b := r.ahead(n, swap.Outputs[0].Name, swapped, "TRANSPOSE", nil, a, r.indices(swap.Outputs[0].Name+"/perm", order))
		old := n.Inputs
		r.setInputs(n, b, r.indices(n.Outputs[0].Name+"/shape", joinTo))
		r.release(old)
	}}
}

// moveFlatten is the move of n, a TRANSPOSE behind a RESHAPE, where both together are nothing but a RESHAPE of the permuted operand.
func moveFlatten(r *rewriter, n *ir.Node, l layout) *layoutMove {
	flat := r.only(n.Inputs[0], "RESHAPE")
	shape, ok := openShape(n.Outputs[0].Type)
	if flat == nil || !ok {
		return nil
	}
	data := l.own(flat, 0)
	t, ok := follow([]*ir.Node{flat, n})
	if data == nil || !ok {
		return nil
	}
	// Where the RESHAPE splits no dimension, the parts of the source are its dimensions that are not 1.
	x := flat.Inputs[0].Type.Shape
	var order []*run
	next := 0
	parts := make([]*run, len(x))
	for i, d := range x {
		if d != 1 && next < len(t.source) {
			parts[i] = t.source[next]
			next++
		}
	}
	for _, p := range l.perm {
		if parts[p] != nil {
			order = append(order, parts[p])
		}
	}
	if next != len(t.source) || !slices.Equal(order, slices.Concat(t.dims...)) {
		return nil
	}
	return &layoutMove{data: data, apply: func(r *rewriter, in []*ir.Value) { r.toReshape(n, in[0], shape) }}
}
