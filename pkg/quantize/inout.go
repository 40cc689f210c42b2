package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// setBorders gives the graph's inputs and outputs the element type that io asks for, where they are quantized: an input that only a QUANTIZE reads,
// an output that a DEQUANTIZE makes. Float32 leaves those operators in place; int8 removes them; uint8 turns them into QUANTIZE operators between
// uint8 and int8. int16 turns an input's into a QUANTIZE from int16 to int8, and puts another one behind an output's DEQUANTIZE, since runtimes have no kernel from int8 to int16.
// Other inputs and outputs keep their type, and by default so does an input that holds indices.
func (g *graph) setBorders(io IOType) {
	if io == Float32IO {
		return
	}
	for i, v := range g.inputs {
		q := v.onlyUser()
		if !q.is("QUANTIZE") {
			continue
		}
		if g.compat == Default && indices(q.outputs[0]) {
			g.indices = append(g.indices, v.name)
			continue
		}
		w := q.outputs[0]
		switch io {
		case UInt8IO:
			w = v.derived(unsigned(w.quantized))
			q.setInput(0, w)
		case Int16IO:
			w = v.derived(widened(w.quantized))
			q.setInput(0, w)
		default:
			w.made = nil
			g.erase(q)
		}
		w.name = v.name
		g.inputs[i] = w
	}
	for i, v := range g.ret.inputs {
		if !v.madeBy("DEQUANTIZE") {
			continue
		}
		w := v.made.inputs[0]
		switch io {
		case UInt8IO:
			w = g.borderQuantize(w, unsigned(w.quantized))
		case Int16IO:
			w = g.borderQuantize(v, widened(w.quantized))
		case OwnIO, Int8IO, Float32IO: // w is what they want
		}
		g.ret.setInput(i, w)
	}
	g.sweep()
}

// indices reports whether an input, behind its QUANTIZE, is read as whole numbers alone: with a scale other than 1 they would be others.
func indices(v *value) bool {
	whole := func(u use) bool { return u.by.is("CAST") && u.by.outputs[0].typ.DType != tensor.Float32 }
	for _, u := range v.uses {
		if !u.by.is("DEQUANTIZE") || slices.ContainsFunc(u.by.outputs[0].uses, func(u use) bool { return !whole(u) }) {
			return false
		}
	}
	return len(v.uses) > 0
}

// borderQuantize returns v in another type, in front of the outputs.
func (g *graph) borderQuantize(v *value, t *quant.Type) *value {
	u := v.derived(t)
	g.insertBefore(g.ret, newOperation("QUANTIZE", []*value{v}, []*value{u}))
	return u
}

// widened is the int16 type around 0 that holds the real values of an int8 type.
func widened(t *quant.Type) *quant.Type {
	lo, hi := t.Interval()
	return quant.Int16Activation(float32(lo), float32(hi))
}

// unsigned is the uint8 type of the same real values as an int8 type.
func unsigned(t *quant.Type) *quant.Type {
	u := *t
	u.Zero, u.Lo, u.Hi = t.Zero+128, t.Lo+128, t.Hi+128
	return &u
}

// storage is the element type that holds a quantized type's integers.
func storage(t *quant.Type) tensor.DType {
	switch {
	case t.Bits == 32:
		return tensor.Int32
	case t.Bits == 4:
		return tensor.Int4
	case t.Bits == 16:
		return tensor.Int16
	case t.Bits == 64:
		return tensor.Int64
	case t.Lo == 0:
		return tensor.UInt8
	}
	return tensor.Int8
}
