package quantize

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// wide makes operators with int16 activations and int8 weights. Each operator is looked at once, in order: what it reads gets its type from whoever made
// it, or here, and what it makes gets one from its range, or from what it reads.
type wide struct {
	*graph
	copies map[typed]*value // constants that are quantized already
}

// minScale16 is the least scale of an activation, that of a millionth.
const minScale16 = 1e-6 / 32767

// typed is a constant in one of its types.
type typed struct {
	c   *operation
	typ string
}

// runWide quantizes the graph. The inputs and outputs of an entry become what io says.
func (g *graph) runWide(entry bool, io IOType) {
	w := wide{graph: g, copies: map[typed]*value{}}
	g.unfit = map[*operation]string{}
	operations := slices.DeleteFunc(g.operations(), func(o *operation) bool { return o.is(constant, result) })
	for _, o := range operations {
		if why := w.unfitWide(o); why != "" {
			g.unfit[o] = why
		}
	}
	w.inputTypes()
	for _, o := range operations {
		if _, float := g.unfit[o]; float {
			w.leaveFloat(o)
		} else if w.real(o) {
			w.quantize(o)
		}
	}
	for _, o := range slices.Backward(operations) {
		if _, float := g.unfit[o]; !float && w.real(o) && w.row(o).All {
			w.unify(o)
		}
	}
	if !entry || io == Float32IO {
		w.floatBorders()
	}
	g.sweep()
}

func (w *wide) row(o *operation) op.Wide { return op.WideOf(o.name) }

// operands returns the numbers of the operands that the row means and that are there.
func (w *wide) operands(o *operation) []int {
	r := w.row(o)
	var list []int
	for i := range o.inputs {
		if r.All {
			list = append(list, i)
		}
	}
	if !r.All {
		list = append(list, r.Operands...)
	}
	return slices.DeleteFunc(list, func(i int) bool { return o.input(i) == nil })
}

// results returns the results that are activations.
func (w *wide) results(o *operation) []*value {
	if w.row(o).Ints {
		return nil
	}
	return o.outputs
}

// real reports whether o computes on real numbers: others are left alone.
func (w *wide) real(o *operation) bool {
	is := func(v *value) bool { return v.float || v.quantized != nil }
	return slices.ContainsFunc(w.operands(o), func(i int) bool { return is(o.inputs[i]) }) || slices.ContainsFunc(w.results(o), is)
}

// unfitWide says why o stays float; "" if it does not.
func (w *wide) unfitWide(o *operation) string {
	r := w.row(o)
	switch {
	case o.kept != "":
		return o.kept
	case o.is("CUSTOM"):
		return "custom operators stay float"
	case o.is("IF", "WHILE", "CALL"):
		return "values that go into or come out of another graph stay float"
	case r.Kind == op.Float:
		return "there are no rules for int16 activations"
	case r.TFLite && w.compat == Default:
		return "LiteRT has no int16 kernel for it that heeds quantization parameters"
	case !w.real(o):
		return ""
	case r.Steep && w.compat == Default && nextToZero(o.inputs[r.Operands[0]]):
		return "LiteRT's int16 kernel draws straight lines between 512 points, too coarse for values next to 0"
	}
	for _, i := range w.operands(o) {
		switch v := o.inputs[i]; {
		case !v.float:
		case !v.madeBy(constant):
			if r.Weight != nil && r.Weight.Input == i && !o.is("FULLY_CONNECTED") {
				return fmt.Sprintf("its weights %q are computed, not constant", v.name)
			}
			if v.stat == nil && !w.fixedMaker(v) {
				return fmt.Sprintf("no range is known of its operand %q", v.name)
			}
		case len(v.floats()) == 0:
			return fmt.Sprintf("the constant %q is empty, a variable, or not stored as plain numbers", v.name)
		case unstorable(v) != "":
			return unstorable(v)
		}
	}
	if r.Weight != nil {
		if why := w.unfitBias(o, r); why != "" {
			return why
		}
	}
	for _, v := range w.results(o) {
		if v.float && v.stat == nil && (r.Kind == op.Free || r.All) {
			return fmt.Sprintf("no range is known of its result %q", v.name)
		}
	}
	return ""
}

// nextToZero reports whether v comes next to 0, or below it: within 8 of the 256 lines that a table has on either side. From there on lines are off by at most 1/512 where they follow a
// logarithm, and by 1/680 of the greatest result where they follow an inverse square root, no more than int8 is.
func nextToZero(v *value) bool {
	return v.stat != nil && v.stat.lo < max(-v.stat.lo, v.stat.hi)/32
}

// unfitBias says why the bias of o can't be int64, or its weights have no scale for each channel; "" if there is nothing to say.
func (w *wide) unfitBias(o *operation, r op.Wide) string {
	weights, b := o.input(r.Weight.Input), o.input(r.Bias)
	if weights == nil {
		return "its weights are absent"
	}
	channels := -1
	if dims := weights.typ.Shape; weights.madeBy(constant) && r.Weight.Axis < len(dims) {
		channels = dims[r.Weight.Axis]
	}
	switch {
	case weights.madeBy(constant) && channels < 1:
		return fmt.Sprintf("its weights %q are %v, which has no channels", weights.name, weights.typ)
	case b == nil:
		return ""
	case len(b.floats()) == 0:
		return fmt.Sprintf("its bias %q is computed, not constant", b.name)
	case len(b.typ.Shape) != 1 || channels > 0 && b.typ.Shape[0] != channels:
		return fmt.Sprintf("its bias %q, %v, does not fit its weights %q, %v", b.name, b.typ, weights.name, weights.typ)
	}
	return ""
}

// fixedMaker reports whether v gets its type without a range.
func (w *wide) fixedMaker(v *value) bool {
	if v.made == nil || w.unfit[v.made] != "" {
		return false
	}
	r := w.row(v.made)
	return r.Kind == op.Fixed || r.Kind == op.SameScale && !r.All
}

// inputTypes quantizes the graph's inputs that an operator with int16 activations reads.
func (w *wide) inputTypes() {
	for _, v := range w.inputs {
		reads := func(u use) bool {
			_, float := w.unfit[u.by]
			return !float && !u.by.is(result) && slices.Contains(w.operands(u.by), u.i)
		}
		if v.float && v.stat != nil && slices.ContainsFunc(v.uses, reads) {
			w.give(v, v.stat)
		}
	}
}

// give quantizes an activation by a range, which goes into the file.
func (w *wide) give(v *value, s *stat) {
	v.recorded = &stat{min(s.lo, 0), max(s.hi, 0)}
	v.quantized, v.float = quant.Int16Activation(v.recorded.lo, v.recorded.hi), false
	if w.compat == Default { // LiteRT's kernels divide by scales
		v.quantized.Scale[0] = max(v.quantized.Scale[0], minScale16)
	}
}

// leaveFloat lets o read floats.
func (w *wide) leaveFloat(o *operation) {
	for i, v := range o.inputs {
		if v != nil && v.quantized != nil && !v.kept {
			w.dequantized(o, i)
		}
	}
}

// dequantized lets o read operand i as floats.
func (w *wide) dequantized(o *operation, i int) {
	f := o.inputs[i].derived(nil)
	f.stat = o.inputs[i].stat
	w.insertBefore(o, newOperation("DEQUANTIZE", []*value{o.inputs[i]}, []*value{f}))
	o.setInput(i, f)
}

// quantize makes o an operator with int16 activations.
func (w *wide) quantize(o *operation) {
	r := w.row(o)
	for _, i := range w.operands(o) {
		switch v := o.inputs[i]; {
		case !v.float:
		case v.madeBy(constant):
			w.constant(o, i, w.constantType(o, i))
		default: // an operator that stays float made it
			q := v.derived(nil)
			w.give(q, v.stat)
			w.insertBefore(o, newOperation("QUANTIZE", []*value{v}, []*value{q}))
			o.setInput(i, q)
		}
	}
	for _, v := range w.results(o) {
		switch {
		case !v.float:
		case r.Kind == op.SameScale && !r.All:
			first := o.inputs[r.Operands[0]]
			v.quantized, v.recorded, v.float = first.quantized, first.recorded, false
		case r.Kind == op.Fixed:
			v.quantized, v.float = quant.Int16(1.0/32768), false
		default:
			w.give(v, v.stat)
		}
	}
	if b := o.input(r.Bias); r.Bias > 0 && b != nil {
		w.constant(o, r.Bias, quant.Bias64(o.inputs[r.Operands[0]].quantized, o.inputs[r.Weight.Input].quantized))
	}
	o.attr = op.WideAttr(o.attr)
}

// constantType is the type of a constant operand: int16 beside activations, int8 as weights.
func (w *wide) constantType(o *operation, i int) *quant.Type {
	r, v := w.row(o), o.inputs[i]
	if r.Wide || r.Kind == op.SameScale {
		lo, hi := slices.Min(v.floats()), slices.Max(v.floats())
		return quant.Int16Activation(lo, hi)
	}
	axis := quant.PerTensorAxis
	if r.Weight != nil && r.Weight.Input == i {
		axis = w.scales(o, r.Weight.Axis)
	}
	t := quant.Weight16(v.floats(), v.typ.Shape, axis)
	if w.compat == Default {
		for i, s := range t.Scale { // of channels without weights any scale will do but 0
			if s == 0 {
				t.Scale[i] = 1
			}
		}
	}
	t = w.fitOf(o, i).of(t, v)
	if b := o.input(r.Bias); r.Bias > 0 && b != nil {
		if x := w.dataType(o); x != nil { // 64 bits hold more, but by what makes an output of so many steps LiteRT's kernel multiplies as by 0
			quant.RaiseForBias(t, x, b.floats())
		}
	}
	return t
}

// dataType is the type of what o multiplies weights by; nil if it is not known yet.
func (w *wide) dataType(o *operation) *quant.Type {
	if t := o.inputs[w.row(o).Operands[0]].quantized; t != nil && w.compat == Default {
		return t
	}
	if s := w.dataRange(o); s != nil {
		return quant.Int16Activation(min(s.lo, 0), max(s.hi, 0))
	}
	return nil
}

// dataRange is the range of what o multiplies weights by.
func (w *wide) dataRange(o *operation) *stat {
	v := o.inputs[w.row(o).Operands[0]]
	if v.stat != nil {
		return v.stat
	}
	return v.recorded
}

// constant lets o read operand i as integers of a type; operators that want the same share them. With TFLiteConverter the first operator decides for all,
// once for operands and once for biases: of others that share a bias it takes the scale for right.
func (w *wide) constant(o *operation, i int, t *quant.Type) {
	c := o.inputs[i].made
	key := typed{c, fmt.Sprint(*t)}
	if w.compat == TFLite {
		key.typ = fmt.Sprint(t.Bits == 64)
	}
	q := w.copies[key]
	if q == nil {
		q = o.inputs[i].derived(t)
		n := newOperation(constant, nil, []*value{q})
		n.content = w.toIntegers(c.content, t)
		w.insertBefore(c, n)
		w.copies[key] = q
		if data := c.outputs[0].floats(); t.Bits == 16 {
			q.recorded = &stat{slices.Min(data), slices.Max(data)}
		}
	}
	o.setInput(i, q)
}

// unify gives the operands of o the parameters of its result: constants are stored by them, in front of the others stands a QUANTIZE.
func (w *wide) unify(o *operation) {
	t := o.outputs[0].quantized
	at := o
	for i, v := range o.inputs {
		if v == nil || v.quantized.Equal(t) {
			continue
		}
		if v.madeBy(constant) && len(v.uses) == 1 {
			n := newOperation(constant, nil, []*value{v.derived(t)})
			n.content = requantized(v, t)
			w.insertBefore(v.made, n)
			o.setInput(i, n.outputs[0])
			continue
		}
		r := v.derived(t)
		q := newOperation("QUANTIZE", []*value{v}, []*value{r})
		w.insertBefore(at, q) // the last operand's stands first
		at = q
		o.setInput(i, r)
	}
}

// floatBorders keeps the inputs and outputs that were quantized float, behind QUANTIZE and DEQUANTIZE.
func (w *wide) floatBorders() {
	for i, v := range w.inputs {
		if v.quantized == nil || v.kept {
			continue
		}
		f := v.derived(nil)
		v.made = newOperation("QUANTIZE", []*value{f}, []*value{v})
		w.insertAfter(nil, v.made)
		w.inputs[i] = f
	}
	for i, v := range w.ret.inputs {
		if v.quantized != nil && !v.kept && !v.madeBy(constant) {
			w.dequantized(w.ret, i)
		}
	}
}

// requantized returns the integers of a constant under another type, by way of the real values that it stands for.
func requantized(v *value, t *quant.Type) *tensor.Tensor {
	q := tensor.View[int16](v.made.content)
	numbers := make([]float32, len(q))
	for i, x := range q {
		numbers[i] = float32(v.quantized.Scale[0]) * float32(x)
	}
	return t.Quantize(tensor.F32(v.made.content.Shape, numbers...))
}
