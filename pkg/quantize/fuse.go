package quantize

import "slices"

// fuse makes operators integer ones whose float operands and results all have a type. All or nothing: a missing one leaves the operator float.
func (g *graph) fuse() {
	for o := g.first; o != nil; o = o.next {
		if o.is("QUANTIZE", "DEQUANTIZE") {
			slices.Reverse(o.outputs[0].uses)
		}
	}
	for again := true; again; {
		again = false
		list := g.operations()
		slices.Reverse(list) // results before operands decides which users of a shared value are asked first
		for _, o := range list {
			if !o.gone && !o.is(result) && g.fuseAround(o) {
				again = true
			}
		}
	}
}

// fuseAround does what there is to do at o, and reports whether it changed anything.
func (g *graph) fuseAround(o *operation) bool {
	switch {
	case o.dead():
		g.erase(o)
		return true
	case o.is("DEQUANTIZE"):
		return g.fuseUsers(o)
	case o.is("QUANTIZE") && o.inputs[0].float && o.inputs[0].made != nil:
		d := o.inputs[0].made
		if !d.is("DEQUANTIZE") {
			return !d.is(constant) && g.fuseOperation(d)
		}
		if v := d.inputs[0]; v.quantized.Equal(o.outputs[0].quantized) {
			o.outputs[0].replace(v)
			return true
		}
	}
	return false
}

// fuseUsers fuses the users of a DEQUANTIZE; TFLiteConverter stops at the first that can't be, which matters for those without float results. A constant
// that then still has float users stays float for them.
func (g *graph) fuseUsers(o *operation) bool {
	changed := false
	for _, u := range slices.Clone(o.outputs[0].uses) {
		if g.fuseOperation(u.by) {
			changed = true
		} else if g.compat == TFLite {
			break
		}
	}
	if q := o.inputs[0].made; q.is("QUANTIZE") && q.inputs[0].float && q.inputs[0].madeBy(constant) && len(o.outputs[0].uses) > 0 {
		g.revertConstant(o, q)
		changed = true
	}
	return changed
}

// revertConstant gives the remaining users of a constant behind q and d the float constant again. TFLiteConverter leaves TRANSPOSE_CONV its int8
// weights, which LiteRT runs as a hybrid operator.
func (g *graph) revertConstant(d, q *operation) {
	for len(d.outputs[0].uses) > 0 {
		u := d.outputs[0].uses[0]
		if g.compat == TFLite && u.by.is("TRANSPOSE_CONV") && u.i == 1 {
			u.by.setInput(u.i, q.outputs[0])
		} else {
			u.by.setInput(u.i, q.inputs[0])
		}
	}
}

// fuseOperation gives o its quantized operands and results, if it has them all.
func (g *graph) fuseOperation(o *operation) bool {
	if o.is("QUANTIZE", "DEQUANTIZE", result, constant) || !g.integer(o) {
		return false
	}
	for i, v := range o.inputs {
		if v != nil && v.float && !v.madeBy("DEQUANTIZE") && !operandOfCell(use{o, i}) {
			return false
		}
	}
	for _, v := range o.outputs {
		if v.float && !v.onlyUser().is("QUANTIZE") {
			return false
		}
	}
	for i, v := range o.inputs {
		if v != nil && v.float && !operandOfCell(use{o, i}) {
			o.setInput(i, v.made.inputs[0])
		}
	}
	for i, v := range o.outputs {
		if v.float {
			q := v.onlyUser()
			o.outputs[i] = q.outputs[0]
			o.outputs[i].made = o
			g.erase(q)
		}
	}
	if o.cell != nil {
		g.storeCell(o)
	}
	return true
}

// quantizeConstants stores the integers of constants that are quantized.
func (g *graph) quantizeConstants() {
	for _, o := range g.operations() {
		if !o.is("QUANTIZE") || !o.inputs[0].madeBy(constant) || o.inputs[0].quantized != nil {
			continue
		}
		v := o.outputs[0]
		c := newOperation(constant, nil, []*value{v})
		c.content = g.toIntegers(o.inputs[0].made.content, v.quantized)
		g.insertBefore(o, c)
		g.erase(o)
	}
	g.sweep()
}
