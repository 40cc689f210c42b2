package quantize

// foldRequantize lets an operator make the parameters itself that its only user, a QUANTIZE, asks for.
func (g *graph) foldRequantize() {
	for _, o := range g.operations() {
		if !o.is("QUANTIZE") || o.inputs[0].quantized == nil {
			continue
		}
		v := o.inputs[0]
		d := v.made
		if d == nil || d.is("QUANTIZE", constant) || d.cell != nil || !g.integer(d) || g.fixed(d) != nil || g.shares(d) || len(v.uses) != 1 {
			continue
		}
		v.quantized = o.outputs[0].quantized
		o.outputs[0].replace(v)
		g.erase(o)
	}
}

// dropPairs removes the pairs in which nothing fused. With keepBorders those at graph inputs, and those that only an output reads, stay.
func (g *graph) dropPairs(keepBorders bool) {
	for o := g.first; o != nil; {
		if !g.dropPair(o, keepBorders) {
			o = o.next
			continue
		}
		g.sweep()
		o = g.first
	}
	g.sweep()
}

func (g *graph) dropPair(d *operation, keepBorders bool) bool {
	if !d.is("DEQUANTIZE") || !d.inputs[0].madeBy("QUANTIZE") || !d.inputs[0].made.volatile {
		return false
	}
	v := d.inputs[0].made.inputs[0]
	if keepBorders && (v.made == nil || d.outputs[0].onlyUser() == g.ret) {
		return false
	}
	if v.quantized != nil {
		d.setInput(0, v)
	} else {
		d.outputs[0].replace(v)
	}
	return true
}

// pushDown moves a DEQUANTIZE behind an operator that makes its tensor smaller by moving integers only.
func (g *graph) pushDown(which func(d *operation) bool) {
	for again := true; again; {
		again = false
		for _, d := range g.operations() {
			if d.is("DEQUANTIZE") && which(d) && len(d.outputs[0].uses) == 1 && g.pushDownOver(d, d.outputs[0].uses[0]) {
				again = true
			}
		}
	}
}

func (g *graph) pushDownOver(d *operation, u use) bool {
	o := u.by
	if d.inputs[0].quantized == nil || !g.shares(o) || !g.integer(o) || len(o.outputs) != 1 || floatOperands(o) != 1 {
		return false
	}
	before, after := d.outputs[0].typ.Shape.Elements(), o.outputs[0].typ.Shape.Elements()
	if before <= after {
		return false
	}
	out := o.outputs[0]
	quantized := out.derived(d.inputs[0].quantized)
	o.setInput(u.i, d.inputs[0])
	o.outputs[0], quantized.made = quantized, o
	g.unlink(d)
	d.setInput(0, quantized)
	d.outputs[0], out.made = out, d
	g.insertAfter(o, d)
	return true
}
