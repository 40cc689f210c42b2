package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/op"
)

// keepReducedDims removes a RESHAPE that puts reduced dimensions back: the reduction keeps them instead.
func keepReducedDims(g *graph, o *operation) bool {
	d, shape := o.inputs[0].made, o.input(1).ints()
	if !d.is("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD") || len(d.outputs[0].uses) != 1 {
		return false
	}
	a, ok := d.attr.(*op.Reduce)
	in, axes := d.inputs[0], d.inputs[1].ints()
	if !ok || a.KeepDims || axes == nil || in.typ.Unranked || len(shape) != in.rank() {
		return false
	}
	for i, n := range in.dims() {
		if slices.Contains(axes, i) {
			n = 1
		}
		if shape[i] != n {
			return false
		}
	}
	d.attr = &op.Reduce{KeepDims: true}
	g.moveTo(d, o)
	return true
}

// dropReduction removes a reduction that leaves the shape as it is.
func dropReduction(g *graph, o *operation) bool {
	in, out := o.inputs[0], o.outputs[0]
	if in.typ.Unranked || out.typ.Unranked || o.inputs[1].ints() == nil || !in.dims().Equal(out.dims()) {
		return false
	}
	g.bypass(o, in)
	return true
}

// dropSoftmax removes SOFTMAX and LOG_SOFTMAX in front of ARG_MAX and ARG_MIN, whose result they don't change.
func dropSoftmax(g *graph, o *operation) bool {
	d, axis := o.inputs[0].made, o.inputs[1].ints()
	if !d.is("SOFTMAX", "LOG_SOFTMAX") || len(d.outputs[0].uses) != 1 || len(axis) != 1 {
		return false
	}
	in := d.inputs[0]
	if axis[0] != -1 && axis[0] != in.rank()-1 {
		return false
	}
	o.setInput(0, in)
	g.eraseDead(d)
	return true
}
