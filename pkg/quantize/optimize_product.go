package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// dropReshapeBefore removes a RESHAPE in front of a fully connected layer that flattens its input anyhow.
func dropReshapeBefore(g *graph, o *operation) bool {
	a, ok := o.attr.(*op.FullyConnected)
	v, out := o.inputs[0], o.outputs[0]
	d := v.made
	if !ok || a.KeepNumDims || a.WeightsFormat != op.DefaultWeights || !d.is("RESHAPE") {
		return false
	}
	in := d.inputs[0]
	if !v.static() || !in.static() || !out.static() || out.rank() != 2 || v.rank() == 0 || in.rank() == 0 || v.lastDim() != in.lastDim() {
		return false
	}
	o.setInput(0, in)
	g.eraseDead(d)
	return true
}

// flattenInput does the same for a layer that keeps dimensions, behind a RESHAPE that only removes leading ones.
func flattenInput(g *graph, o *operation) bool {
	a, ok := o.attr.(*op.FullyConnected)
	v := o.inputs[0]
	d := v.made
	if !ok || !a.KeepNumDims || !d.is("RESHAPE") || d.input(1).ints() == nil {
		return false
	}
	in := d.inputs[0]
	if !v.static() || !in.static() || in.rank() < 3 || v.rank() != 2 || o.inputs[1].rank() != 2 || !isReducedTail(in.dims(), v.dims()) {
		return false
	}
	c := *a
	c.KeepNumDims = false
	o.attr = &c
	o.setInput(0, in)
	g.eraseDead(d)
	return true
}

// layerBefore returns the fully connected layer whose only user is o, a RESHAPE.
func layerBefore(o *operation) (*operation, *op.FullyConnected) {
	d := o.inputs[0].made
	if !d.is("FULLY_CONNECTED") || len(d.outputs) != 1 || len(d.outputs[0].uses) != 1 {
		return nil, nil
	}
	a, ok := d.attr.(*op.FullyConnected)
	if !ok {
		return nil, nil
	}
	return d, a
}

// dropReshapeBehind removes a RESHAPE that restores what a fully connected layer flattened: the layer keeps its dimensions instead.
func dropReshapeBehind(g *graph, o *operation) bool {
	d, a := layerBefore(o)
	if d == nil || a.KeepNumDims || a.WeightsFormat != op.DefaultWeights {
		return false
	}
	in, mid, out := d.inputs[0], d.outputs[0], o.outputs[0]
	if !in.static() || !mid.static() || !out.static() || mid.rank() == 0 || out.rank() == 0 || in.rank() == 0 || mid.lastDim() != out.lastDim() ||
		!leading(in).Equal(leading(out)) {
		return false
	}
	c := *a
	c.KeepNumDims = true
	d.attr = &c
	g.moveTo(d, o)
	return true
}

func leading(v *value) tensor.Shape { return v.dims()[:v.rank()-1] }

// moveReshapeBefore turns RESHAPE, fully connected, RESHAPE into RESHAPE, RESHAPE, fully connected.
func moveReshapeBefore(g *graph, o *operation) bool {
	d, a := layerBefore(o)
	if d == nil || !d.inputs[0].madeBy("RESHAPE") {
		return false
	}
	in, mid, out := d.inputs[0], d.outputs[0], o.outputs[0]
	if !in.static() || !mid.static() || !out.static() || out.rank() < 2 || out.lastDim() != mid.lastDim() {
		return false
	}
	dims := append(leading(out).Clone(), in.lastDim())
	before := in.resized(dims)
	n := newOperation("RESHAPE", []*value{in, g.addInts(o, out.name+"/shape", dims)}, []*value{before})
	n.attr = &op.Reshape{NewShape: dims}
	g.insertBefore(o, n)
	c := *a
	c.KeepNumDims = true
	d.attr = &c
	d.setInput(0, before)
	g.moveTo(d, o)
	return true
}

// keepDimsBefore lets a fully connected layer keep its dimensions where a RESHAPE follows anyhow.
func keepDimsBefore(g *graph, o *operation) bool {
	d, a := layerBefore(o)
	if d == nil || a.KeepNumDims {
		return false
	}
	in, mid := d.inputs[0], d.outputs[0]
	if in.typ.Unranked || mid.typ.Unranked || in.rank() == 2 || in.rank() == 0 {
		return false
	}
	c := *a
	c.KeepNumDims = true
	d.attr = &c
	mid.typ.Shape = append(slices.Clone(in.typ.Shape[:in.rank()-1]), mid.lastDim())
	mid.advertised = nil
	if in.advertised != nil {
		mid.advertised = append(leading(in).Clone(), mid.lastDim())
	}
	return true
}

// fuseLeftTranspose and fuseRightTranspose let a matrix product transpose its operands itself; one with a transposed matrix on the right is a
// fully connected layer.
func fuseLeftTranspose(g *graph, o *operation) bool {
	a, ok := o.attr.(*op.BatchMatMul)
	d := o.inputs[0].made
	if !ok || a.AdjX || !transposesMatrices(d) {
		return false
	}
	c := *a
	c.AdjX = true
	o.attr = &c
	o.setInput(0, d.inputs[0])
	g.eraseDead(d)
	return true
}

func fuseRightTranspose(g *graph, o *operation) bool {
	a, ok := o.attr.(*op.BatchMatMul)
	d := o.inputs[1].made
	if !ok || a.AdjY || !transposesMatrices(d) {
		return false
	}
	in := d.inputs[0]
	switch {
	case in.rank() == 2 && in.static() && !a.AdjX:
		o.become("FULLY_CONNECTED", &op.FullyConnected{KeepNumDims: true, AsymmetricQuantizeInput: a.AsymmetricQuantizeInput}, o.inputs[0], in, nil)
	case len(d.outputs[0].uses) == 1:
		c := *a
		c.AdjY = true
		o.attr = &c
		o.setInput(1, in)
	default:
		return false
	}
	g.eraseDead(d)
	return true
}

// transposesMatrices reports whether o is a TRANSPOSE that exchanges the last two dimensions.
func transposesMatrices(o *operation) bool {
	if !o.is("TRANSPOSE") {
		return false
	}
	perm := slices.Clone(o.inputs[1].ints())
	n := len(perm)
	if n < 2 || !isPermutation(perm, n) {
		return false
	}
	perm[n-2], perm[n-1] = perm[n-1], perm[n-2]
	return slices.IsSorted(perm)
}

// fuseTransposeBehind: the transposed product of a matrix with a transposed one is the product of the other with it transposed.
func fuseTransposeBehind(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("BATCH_MATMUL") || !transposesMatrices(o) {
		return false
	}
	a, ok := d.attr.(*op.BatchMatMul)
	if !ok || a.AdjX || !a.AdjY {
		return false
	}
	o.become("BATCH_MATMUL", a, d.inputs[1], d.inputs[0])
	g.eraseDead(d)
	return true
}

// dropReshapesAround removes the RESHAPE before and behind a product with one matrix that only put leading dimensions together and apart.
func dropReshapesAround(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("BATCH_MATMUL") || o.input(1).ints() == nil {
		return false
	}
	first := d.inputs[0].made
	if !first.is("RESHAPE") || first.input(1).ints() == nil {
		return false
	}
	in, flat, mid, out, right := first.inputs[0], d.inputs[0], d.outputs[0], o.outputs[0], d.inputs[1]
	if !in.static() || !flat.static() || !out.static() || !mid.static() || mid.rank() < 2 || in.lastDim() != flat.lastDim() {
		return false
	}
	skip := 0 // leading dimensions that are 1 on both sides
	switch {
	case right.rank() == 2 && flat.rank() == 2 && in.rank() >= 2 && out.rank() >= 2:
	case right.rank() == 3 && flat.rank() == 3 && in.rank() >= 3 && right.dims()[0] == 1 && in.dims()[0] == 1 && out.rank() >= 3:
		skip = 1
	default:
		return false
	}
	if !leading(in)[skip:].Equal(leading(out)[skip:]) || leading(in)[skip:].Elements() != flat.dims()[flat.rank()-2] ||
		leading(out)[skip:].Elements() != mid.dims()[mid.rank()-2] {
		return false
	}
	o.become("BATCH_MATMUL", d.attr, in, right)
	g.eraseDead(d)
	return true
}
