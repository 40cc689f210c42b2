package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/tensor"
)

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
