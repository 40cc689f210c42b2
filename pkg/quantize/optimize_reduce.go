package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
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
		if n < 0 || shape[i] != n {
			return false
		}
	}
	d.attr = &op.Reduce{KeepDims: true}
	g.moveTo(d, o)
	return true
}

// dropReduction removes a reduction that leaves the shape as it is. TFLiteConverter does not mind if its users then read other parameters.
func dropReduction(g *graph, o *operation) bool {
	in, out := o.inputs[0], o.outputs[0]
	if in.typ.Unranked || out.typ.Unranked || o.inputs[1].ints() == nil || !in.dims().Equal(out.dims()) ||
		g.compat == Default && !sameElements(in, out) {
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

// dropSum removes a CUMSUM along dimensions of size 1.
func dropSum(g *graph, o *operation) bool {
	a, ok := o.attr.(*op.Cumsum)
	in, axes := o.inputs[0], o.inputs[1].ints()
	if !ok || a.Exclusive || axes == nil || in.typ.Unranked {
		return false
	}
	for _, axis := range axes {
		if axis, err := tensor.Axis(axis, in.rank()); err != nil || in.dims()[axis] != 1 {
			return false
		}
	}
	g.bypass(o, in)
	return true
}

// alongLast reports whether o is a reduction of the given kind along the last dimension, which it keeps.
func alongLast(o *operation, name string) bool {
	if !o.is(name) {
		return false
	}
	a, ok := o.attr.(*op.Reduce)
	axes := o.inputs[1].ints()
	return ok && a.KeepDims && len(axes) == 1 && (axes[0] == -1 || axes[0] == o.inputs[0].rank()-1)
}

// becomeSoftmax: exp(x) / sum(exp(x)) is SOFTMAX. TFLiteConverter leaves it the parameters of the quotient, which LiteRT refuses.
func becomeSoftmax(g *graph, o *operation) bool {
	e, s := o.inputs[0].made, o.inputs[1].made
	if t := o.outputs[0].quantized; t != nil && g.compat == Default && !t.Equal(quant.Int8(1.0/256, -128)) {
		return false
	}
	if !e.is("EXP") || !alongLast(s, "SUM") || s.inputs[0] != o.inputs[0] || activation(o.attr) != op.None ||
		len(e.outputs[0].uses) != 2 || len(s.outputs[0].uses) != 1 {
		return false
	}
	o.become("SOFTMAX", &op.Softmax{Beta: 1}, e.inputs[0])
	g.eraseDead(s)
	return true
}

// dropMaximum: SOFTMAX subtracts the maximum itself.
func dropMaximum(g *graph, o *operation) bool {
	d := o.inputs[0].made
	if !d.is("SUB") || activation(d.attr) != op.None || len(d.outputs[0].uses) != 1 {
		return false
	}
	x, m := d.inputs[0], d.inputs[1].made
	if !alongLast(m, "REDUCE_MAX") || m.inputs[0] != x || len(m.outputs[0].uses) != 1 {
		return false
	}
	o.setInput(0, x)
	g.eraseDead(d)
	return true
}
