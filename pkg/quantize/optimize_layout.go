package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// turnIntoReshape makes o a RESHAPE of v to the dimensions of its result.
func (g *graph) turnIntoReshape(o *operation, v *value) bool {
	out := o.outputs[0]
	shape := g.addInts(o, out.name+"/shape", out.dims())
	o.become("RESHAPE", &op.Reshape{NewShape: slices.Clone(out.dims())}, v, shape)
	return true
}

// squeezeByReshape: SQUEEZE is RESHAPE, which infers one dimension that is not known.
func squeezeByReshape(g *graph, o *operation) bool {
	out := o.outputs[0]
	open := 0
	for _, n := range out.dims() {
		if n < 0 {
			open++
		}
	}
	return !out.typ.Unranked && open <= 1 && g.turnIntoReshape(o, o.inputs[0])
}

// expandByReshape: EXPAND_DIMS is RESHAPE.
func expandByReshape(g *graph, o *operation) bool {
	return o.outputs[0].static() && g.turnIntoReshape(o, o.inputs[0])
}

// becomeReshapeIfSameSize: BROADCAST_TO that adds no elements is RESHAPE.
func becomeReshapeIfSameSize(g *graph, o *operation) bool {
	in, out := o.inputs[0], o.outputs[0]
	return in.static() && out.static() && in.dims().Elements() == out.dims().Elements() && g.turnIntoReshape(o, in)
}

// becomeReshapeIfAlone: PACK of one operand is RESHAPE.
func becomeReshapeIfAlone(g *graph, o *operation) bool {
	return len(o.inputs) == 1 && o.outputs[0].static() && g.turnIntoReshape(o, o.inputs[0])
}

// joinReshapes: of two RESHAPE in a row the first does not matter.
func joinReshapes(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("RESHAPE") {
		return false
	}
	o.setInput(0, d.inputs[0])
	g.eraseDead(d)
	return true
}

// dropTranspose removes a TRANSPOSE that moves nothing.
func dropTranspose(g *graph, o *operation) bool {
	perm := o.inputs[1].ints()
	if perm == nil || !isPermutation(perm, len(perm)) || !slices.IsSorted(perm) {
		return false
	}
	g.bypass(o, o.inputs[0])
	return true
}

// joinTransposes: two TRANSPOSE in a row are one.
func joinTransposes(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("TRANSPOSE") || len(d.outputs[0].uses) != 1 {
		return false
	}
	first, second := d.inputs[1].ints(), o.inputs[1].ints()
	if !isPermutation(first, len(second)) || !isPermutation(second, len(first)) {
		return false
	}
	joined := make([]int, len(second))
	for i, p := range second {
		joined[i] = first[p]
	}
	o.become("TRANSPOSE", o.attr, d.inputs[0], g.addInts(o, o.inputs[1].name, joined))
	g.eraseDead(d)
	return true
}

// becomeReshapeIfTrivial: TRANSPOSE that moves dimensions of size 1 only is RESHAPE.
func becomeReshapeIfTrivial(g *graph, o *operation) bool {
	perm, in := o.inputs[1].ints(), o.inputs[0]
	if perm == nil || !in.static() || !o.outputs[0].static() || !isPermutation(perm, in.rank()) {
		return false
	}
	var moved []int
	for _, p := range perm {
		if in.dims()[p] != 1 {
			moved = append(moved, p)
		}
	}
	return slices.IsSorted(moved) && g.turnIntoReshape(o, in)
}

// squeezeFirst turns TRANSPOSE, SQUEEZE into SQUEEZE, TRANSPOSE.
func squeezeFirst(g *graph, o *operation) bool {
	d := o.inputs[0].made
	a, ok := o.attr.(*op.Squeeze)
	if !ok || !d.is("TRANSPOSE") || d.outputs[0].typ.Unranked {
		return false
	}
	perm, dims := d.inputs[1].ints(), d.outputs[0].dims()
	if !isPermutation(perm, len(dims)) || d.inputs[0].rank() != len(dims) {
		return false
	}
	gone := make([]bool, len(dims)) // by dimension of the transposed value
	for _, s := range a.Dims {
		s, err := tensor.Axis(s, len(dims))
		if err != nil {
			return false
		}
		gone[s] = true
	}
	if len(a.Dims) == 0 {
		for i, n := range dims {
			gone[i] = n == 1
		}
	}
	in := d.inputs[0]
	place := make([]int, len(dims)) // of the dimensions of the input that stay, among these
	var squeezed []int
	var left, whole tensor.Shape
	for i := range dims {
		if at := slices.Index(perm, i); gone[at] {
			squeezed = append(squeezed, i)
			continue
		}
		place[i] = len(left)
		left, whole = append(left, in.dims()[i]), append(whole, in.typ.Shape[i])
	}
	var rest []int
	for i, p := range perm {
		if !gone[i] {
			rest = append(rest, place[p])
		}
	}
	mid := in.resized(whole)
	mid.quantized = o.outputs[0].quantized
	if in.advertised != nil {
		mid.advertised = left
	}
	n := newOperation("SQUEEZE", []*value{in}, []*value{mid})
	n.attr = &op.Squeeze{Dims: squeezed}
	g.insertBefore(o, n)
	o.become("TRANSPOSE", nil, mid, g.addInts(o, o.outputs[0].name+"/perm", rest))
	g.eraseDead(d)
	return true
}

// becomeSlice: STRIDED_SLICE without strides, masks and ends that count backwards is SLICE.
func becomeSlice(g *graph, o *operation) bool {
	a, ok := o.attr.(*op.StridedSlice)
	if !ok || *a != (op.StridedSlice{}) || len(o.inputs) != 4 {
		return false
	}
	begin, end, strides := o.inputs[1].ints(), o.inputs[2].ints(), o.inputs[3].ints()
	if begin == nil || len(begin) != len(end) || strides == nil || !allInts(strides, 1) {
		return false
	}
	size := make([]int, len(begin))
	for i := range begin {
		if size[i] = end[i] - begin[i]; begin[i] < 0 || end[i] < 0 || size[i] < 0 {
			return false
		}
	}
	o.become("SLICE", nil, o.inputs[0], o.inputs[1], g.addInts(o, o.outputs[0].name+"/size", size))
	return true
}

// dropSlice removes a SLICE that takes everything.
func dropSlice(g *graph, o *operation) bool {
	in, begin, size := o.inputs[0], o.inputs[1].ints(), o.inputs[2].ints()
	if in.typ.Unranked || len(begin) != in.rank() || len(size) != in.rank() || !allInts(begin, 0) {
		return false
	}
	for i, n := range size {
		if n != -1 && n != in.dims()[i] {
			return false
		}
	}
	g.bypass(o, in)
	return true
}
