package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

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
