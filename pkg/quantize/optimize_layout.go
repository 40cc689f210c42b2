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
	if !in.static() || !o.outputs[0].static() || !isPermutation(perm, in.rank()) {
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

// moveBeforeMove puts an elementwise operator before the one that only moves its operand's elements, where both have one element type.
func moveBeforeMove(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("DEPTH_TO_SPACE", "EXPAND_DIMS", "SQUEEZE", "RESHAPE", "TRANSPOSE") || len(d.outputs[0].uses) != 1 ||
		!sameElements(d.inputs[0], o.outputs[0]) {
		return false
	}
	out := o.outputs[0]
	mid := out.resized(d.inputs[0].typ.Shape)
	mid.advertised, mid.made = d.inputs[0].advertised, o
	o.setInput(0, d.inputs[0])
	o.outputs[0] = mid
	g.unlink(d)
	g.insertAfter(o, d)
	d.setInput(0, mid)
	d.outputs[0], out.made = out, d
	return true
}

// moveBeforeReshapes computes on the operands of two equal RESHAPE, and reshapes the result.
func moveBeforeReshapes(g *graph, o *operation) bool {
	l, r := o.inputs[0].made, o.inputs[1].made
	if !l.is("RESHAPE") || !r.is("RESHAPE") || l.input(1).ints() == nil || r.input(1).ints() == nil {
		return false
	}
	a, b := l.inputs[0], r.inputs[0]
	if !o.inputs[0].dims().Equal(o.inputs[1].dims()) || !a.dims().Equal(b.dims()) || !sameElements(a, b) {
		return false
	}
	if o.is("ADD", "SUB", "MUL", "DIV") {
		once := len(o.inputs[0].uses) == 1 && len(o.inputs[1].uses) == 1
		if !once && !(o.inputs[0] == o.inputs[1] && len(o.inputs[0].uses) == 2) {
			return false
		}
	}
	shape := l.inputs[1]
	out := o.outputs[0]
	mid := out.resized(a.typ.Shape)
	mid.advertised, mid.made = a.advertised, o
	o.setInput(0, a)
	o.setInput(1, b)
	o.outputs[0] = mid
	n := newOperation("RESHAPE", []*value{mid, shape}, []*value{out})
	n.attr = l.attr
	g.insertAfter(o, n)
	g.eraseDead(l)
	g.eraseDead(r)
	return true
}

// dropReshapeOfOperand removes a RESHAPE in front of an elementwise operator that would broadcast its operand all the same.
func dropReshapeOfOperand(g *graph, o *operation) bool {
	for i := range 2 {
		v, other := o.inputs[i], o.inputs[1-i]
		d := v.made
		if !d.is("RESHAPE") || d.input(1).ints() == nil {
			continue
		}
		in := d.inputs[0]
		if in.static() && other.static() && in.rank() <= v.rank() && v.rank() <= other.rank() && other.rank() <= 4 &&
			isReducedTail(v.dims(), in.dims()) && (len(v.uses) == 1 || onlyArithmetic(v)) {
			o.setInput(i, in)
			g.eraseDead(d)
			return true
		}
	}
	return false
}

func onlyArithmetic(v *value) bool {
	return !slices.ContainsFunc(v.uses, func(u use) bool { return !u.by.is("ADD", "SUB", "MUL", "DIV") })
}

// unpacked returns the UNPACK all of whose results o reads, in order, or nil.
func unpacked(o *operation) *operation {
	d := o.input(0)
	if !d.madeBy("UNPACK") || len(d.made.outputs) != len(o.inputs) {
		return nil
	}
	for i, v := range o.inputs {
		if v != d.made.outputs[i] {
			return nil
		}
	}
	return d.made
}

// dropPack removes a PACK that undoes an UNPACK.
func dropPack(g *graph, o *operation) bool {
	d := unpacked(o)
	if d == nil {
		return false
	}
	p, ok := o.attr.(*op.Pack)
	u, ok2 := d.attr.(*op.Unpack)
	if !ok || !ok2 || p.Axis != u.Axis {
		return false
	}
	g.bypass(o, d.inputs[0])
	return true
}

// joinUnpacked: CONCATENATION of all that UNPACK took apart along the same dimension is RESHAPE.
func joinUnpacked(g *graph, o *operation) bool {
	d := unpacked(o)
	if d == nil || !o.outputs[0].static() || d.inputs[0].typ.Unranked {
		return false
	}
	c, ok := o.attr.(*op.Concat)
	u, ok2 := d.attr.(*op.Unpack)
	if !ok || !ok2 || c.Activation != op.None {
		return false
	}
	to, err := tensor.Axis(c.Axis, o.outputs[0].rank())
	from, err2 := tensor.Axis(u.Axis, d.inputs[0].rank())
	return err == nil && err2 == nil && (to == from || len(d.outputs) == 1) && g.turnIntoReshape(o, d.inputs[0])
}

// dropGather removes a GATHER_ND that takes every row where it is.
func dropGather(g *graph, o *operation) bool {
	in, index := o.inputs[0], o.inputs[1]
	rows := index.ints()
	if in.rank() == 0 || index.rank() != 2 || !index.dims().Equal(tensor.Shape{in.dims()[0], 1}) || !sameType(in, o.outputs[0]) {
		return false
	}
	for i, r := range rows {
		if i != r {
			return false
		}
	}
	g.bypass(o, in)
	return len(rows) > 0
}

// castLast lets GATHER move integers before they are cast.
func castLast(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("CAST") || len(d.outputs[0].uses) != 1 {
		return false
	}
	out := o.outputs[0]
	mid := d.inputs[0].resized(out.typ.Shape)
	mid.name, mid.source, mid.advertised, mid.made = out.name, nil, out.advertised, o
	o.setInput(0, d.inputs[0])
	o.outputs[0] = mid
	g.unlink(d)
	g.insertAfter(o, d)
	d.setInput(0, mid)
	d.outputs[0], out.made = out, d
	return true
}

// simplifySelect removes a SELECT whose condition is constant, and a negation of its condition.
func simplifySelect(g *graph, o *operation) bool {
	condition := o.inputs[0]
	if condition.madeBy("LOGICAL_NOT") {
		o.become(o.name, o.attr, condition.made.inputs[0], o.inputs[2], o.inputs[1])
		g.eraseDead(condition.made)
		return true
	}
	if !condition.madeBy(constant) || condition.typ.DType != tensor.Bool || condition.made.content == nil {
		return false
	}
	data := condition.made.content.Data
	for i, chosen := range []*value{o.inputs[2], o.inputs[1]} {
		if len(data) > 0 && !slices.ContainsFunc(data, func(b byte) bool { return b != byte(i) }) && sameType(chosen, o.outputs[0]) {
			g.bypass(o, chosen)
			return true
		}
	}
	return false
}

// plainShape gives RESHAPE its shape as a list, and not as a matrix of one row.
func plainShape(g *graph, o *operation) bool {
	v := o.input(1)
	list := v.ints()
	if list == nil || v.rank() < 2 || len(v.uses) != 1 || v.lastDim() != len(list) {
		return false
	}
	o.setInput(1, g.addInts(o, v.name, list))
	g.eraseDead(v.made)
	return true
}

// narrow stores int64 operands that PAD and SLICE take as int32 too.
func narrow(g *graph, o *operation) bool {
	changed := false
	for i, v := range o.inputs[1:] {
		list := v.ints()
		if list == nil || v.typ.DType != tensor.Int64 {
			continue
		}
		w := g.addInts(o, v.name, list)
		w.typ.Shape = v.typ.Shape.Clone()
		w.made.content.Shape = w.typ.Shape
		o.setInput(i+1, w)
		g.eraseDead(v.made)
		changed = true
	}
	return changed
}

// dropRoundTrip removes DEQUANTIZE and QUANTIZE in a row. TFLiteConverter does not mind if the types differ, unless the first is a requantize's.
func dropRoundTrip(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("DEQUANTIZE") {
		return false
	}
	v := d.inputs[0]
	if !v.quantized.Equal(o.outputs[0].quantized) && (g.compat == Default || v.madeBy("QUANTIZE")) {
		return false
	}
	g.bypass(o, v)
	return true
}

// dropTile removes a TILE whose work the elementwise operator behind it does by broadcasting.
func dropTile(g *graph, o *operation) bool {
	for i := range 2 {
		d, other := o.inputs[i].made, o.inputs[1-i]
		if !d.is("TILE") || d.inputs[1].ints() == nil {
			continue
		}
		in := d.inputs[0]
		shape, err := tensor.Broadcast(in.dims(), other.dims())
		if err == nil && shape.Equal(o.outputs[0].dims()) && in.rank() <= 4 && other.rank() <= 4 {
			o.setInput(i, in)
			g.eraseDead(d)
			return true
		}
	}
	return false
}
