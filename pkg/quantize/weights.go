package quantize

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

const (
	// minHybrid is the number of elements under which TFLiteConverter leaves weights float.
	minHybrid = 1024
	// maxHalf is the largest number in half precision, and what larger ones become.
	maxHalf = 65504
)

// The metadata by which TFLiteConverter tells runtimes that a model with weights in half precision may be computed in it.
const (
	reducedPrecision     = "reduced_precision_support"
	halfWithFloatResults = "fp16accfp32"
)

func withReducedPrecision(list []ir.Metadata) []ir.Metadata {
	list = slices.DeleteFunc(slices.Clone(list), func(m ir.Metadata) bool { return m.Name == reducedPrecision })
	return append(list, ir.Metadata{Name: reducedPrecision, Data: []byte(halfWithFloatResults)})
}

// storeWeights stores constants in fewer bits, by schemes that leave activations float. In a graph of integer operators it comes last, and is for those whose own
// scheme is such a one.
func (g *graph) storeWeights(source *ir.Graph) {
	w := weights{graph: g}
	mixed := g.opt.Scheme.Calibrated()
	if any := g.release(); mixed && !any {
		return
	}
	for _, c := range g.constantsOf(source) {
		w.blocked = map[blocking]*value{}
		w.half(c)
		w.integers(c)
	}
	g.sweep()
	if g.uses(Dynamic) {
		g.pushDown(func(d *operation) bool { return !mixed || d.inputs[0].madeBy(constant) })
	}
}

// release ends what kept operations with schemes of their own for weights from becoming integer ones, which is over; false if there are none.
func (g *graph) release() (any bool) {
	for o := g.first; o != nil; o = o.next {
		if o.ownWeights() {
			o.kept, any = "", true
		}
	}
	return any
}

// constantsOf returns the operations that make float constants, in the order in which the source lists their values. The DEQUANTIZE operators
// of TFLiteConverter stand in that order.
func (g *graph) constantsOf(source *ir.Graph) []*operation {
	var list []*operation
	for o := g.first; o != nil; o = o.next {
		if !o.is(constant) {
			continue
		}
		if v := o.outputs[0]; len(v.floats()) > 0 && v.source != nil && !v.source.Variable {
			list = append(list, o)
		}
	}
	at := source.Index()
	slices.SortStableFunc(list, func(a, b *operation) int { return cmp.Compare(at[a.outputs[0].source], at[b.outputs[0].source]) })
	return list
}

// weights is what the steps of such a scheme share.
type weights struct {
	*graph
	last    *operation          // the last DEQUANTIZE at the start of the graph
	blocked map[blocking]*value // the constant at hand in blocks
}

// half stores c in half precision for the operators whose scheme that is. What leaves the graph stays as it is, and what operators read that are kept float.
func (w *weights) half(c *operation) {
	v := c.outputs[0]
	uses := slices.DeleteFunc(slices.Clone(v.uses), func(u use) bool { return u.by.is(result) || u.by.kept != "" || w.choiceOf(u).Scheme != Float16 })
	if len(uses) == 0 {
		return
	}
	halves := tensor.New(tensor.Float16, v.typ.Shape)
	halves.Own = true
	w.clipped += halve(tensor.View[uint16](halves), v.floats(), w.compat == TFLite)
	stored := v.derived(nil)
	stored.float, stored.typ.DType = false, tensor.Float16
	w.dequantized(c, stored, halves, uses)
}

// halve rounds numbers to half precision. Those beyond its range become its ends, infinities only if all is set; it returns how many did. It does not hold all numbers a
// second time.
func halve(out []uint16, numbers []float32, all bool) (clipped int) {
	const block = 1 << 12
	within := make([]float32, min(len(numbers), block))
	for start := 0; start < len(numbers); start += block {
		part := numbers[start:min(start+block, len(numbers))]
		copy(within, part)
		for i, x := range part {
			if x == x && !math.IsInf(float64(x), 0) || all {
				within[i] = min(max(x, -maxHalf), maxHalf)
			}
			if within[i] != x && x == x {
				clipped++
			}
		}
		kernel.F32ToF16(out[start:start+len(part)], within[:len(part)])
	}
	return clipped
}

// dequantized lets uses of c read another form of it, behind a DEQUANTIZE.
func (w *weights) dequantized(c *operation, stored *value, content *tensor.Tensor, uses []use) {
	d := newOperation("DEQUANTIZE", []*value{w.constant(c, stored, content)}, []*value{c.outputs[0].derived(nil)})
	w.insertAfter(w.last, d)
	w.last = d
	for _, u := range uses {
		u.by.setInput(u.i, d.outputs[0])
	}
	w.stored++
}

// constant makes v a constant that stands in front of c.
func (w *weights) constant(c *operation, v *value, content *tensor.Tensor) *value {
	n := newOperation(constant, nil, []*value{v})
	n.content = content
	w.insertBefore(c, n)
	return v
}

// integers stores c as the integers that its uses can read, once for each type that they ask for.
func (w *weights) integers(c *operation) {
	v := c.outputs[0]
	types := map[form]*quant.Type{}
	read, dequantized := map[form]*value{}, map[form][]use{}
	var order []form
	for _, u := range slices.Clone(v.uses) {
		row, own := op.HybridOf(u.by.name), w.choiceOf(u)
		if own.Scheme == Float16 || own.Scheme.Calibrated() && !own.Float {
			continue
		}
		beside := own.Scheme == WeightOnly && slices.Contains(row.Beside, u.i)
		if !beside && !slices.Contains(row.Weights, u.i) || !w.fits(u, row) {
			continue
		}
		if own.Block > 0 {
			w.block(c, u, blocking{own.Block, own.Fit != ByLargest})
			continue
		}
		f := w.formOf(u, row, own)
		if types[f] == nil {
			types[f], order = f.typeOf(v), append(order, f)
		}
		if own.Scheme == WeightOnly || !row.LiteRT || w.compat == TFLite && !row.TFLite {
			dequantized[f] = append(dequantized[f], u)
			continue
		}
		if read[f] == nil {
			read[f] = w.constant(c, v.derived(types[f]), w.toIntegers(c.content, types[f]))
			w.stored++
		}
		u.by.setInput(u.i, read[f])
		if u.by.node != nil && u.by.attr == u.by.node.Attr {
			u.by.attr = op.AsymmetricInputs(u.by.attr)
		}
	}
	for _, f := range order {
		if uses := dequantized[f]; len(uses) > 0 {
			w.dequantized(c, v.derived(types[f]), w.toIntegers(c.content, types[f]), uses)
		}
	}
}

// form is how a constant is stored as integers.
type form struct {
	scheme     Scheme
	bits, axis int
	fit        Fit
}

// formOf is how the constant that u reads is stored.
func (w *weights) formOf(u use, row op.Hybrid, own Choice) form {
	f := form{own.Scheme, own.bits(), w.axisOf(u, row), w.fitOf(u.by, u.i)}
	if f.fit == Balanced && (f.axis == quant.PerTensorAxis || !row.Sums) {
		f.fit = ByError
	}
	return f
}

// typeOf is the type of a constant in that form.
func (f form) typeOf(v *value) *quant.Type {
	data, shape := v.floats(), v.typ.Shape
	t := quant.HybridWeight(data, shape, f.axis)
	if f.scheme == WeightOnly {
		t = quant.WeightOnly(data, shape, f.axis, f.bits)
	}
	if f.fit != ByLargest {
		t = t.Closest(data, shape)
	}
	t.Balanced = f.fit == Balanced
	return t
}

// axisOf is the dimension along which weights get a scale each.
func (w *weights) axisOf(u use, row op.Hybrid) int {
	axis, dims, own := row.Axis, len(u.by.inputs[u.i].typ.Shape), w.choiceOf(u)
	switch a := u.by.attr.(type) {
	case *op.BatchMatMul:
		if own.Scheme == WeightOnly { // the dimension of the product's columns
			axis = dims - 1
			if a.AdjY {
				axis--
			}
		}
	}
	if axis < 0 || axis >= dims || own.PerTensor && !w.keepsChannels(u, row, own) {
		return quant.PerTensorAxis
	}
	return axis
}

// keepsChannels reports whether weights that are to have one scale have one for each channel all the same, since LiteRT's hybrid kernel reads beyond the end of a single one.
// TFLiteConverter writes that. Either way there is a note.
func (w *weights) keepsChannels(u use, row op.Hybrid, own Choice) bool {
	if own.Scheme != Dynamic || row.Channels == nil || !row.Channels(u.by.inputs[0].typ.Shape, u.by.inputs[u.i].typ.Shape) {
		return false
	}
	w.byChannel++
	return w.compat == Default
}

// fits reports whether the constant that u reads is stored as integers, and notes why not.
func (w *weights) fits(u use, row op.Hybrid) bool {
	why := w.misfit(u, row)
	if why != "" && !slices.ContainsFunc(w.kept, func(k keptFloat) bool { return k.o == u.by }) {
		w.kept = append(w.kept, keptFloat{u.by, why, u.by.kept != "" || w.choiceOf(u).Float})
	}
	return why == ""
}

func (w *weights) misfit(u use, row op.Hybrid) string {
	v, own := u.by.inputs[u.i], w.choiceOf(u)
	switch {
	case u.by.kept != "":
		return u.by.kept
	case own.Float:
		return own.By
	}
	if why := unstorable(v); why != "" {
		return why
	}
	if a, ok := u.by.attr.(*op.FullyConnected); ok && a.WeightsFormat != op.DefaultWeights {
		return "its weights are shuffled"
	}
	if a, ok := u.by.attr.(*op.LSTM); ok && a.Kind == op.BasicKernel {
		return "LiteRT has no hybrid kernel for the basic form of this operator"
	}
	switch {
	case own.Block > 0:
		return unblockable(u, row, own.Block)
	case own.Scheme == WeightOnly && !row.Bits8:
		return "weight-only quantization is for products"
	case own.Scheme == WeightOnly && own.bits() == 4 && !row.Bits4:
		return "its weights are not stored in 4 bits"
	case len(v.floats()) < own.Least:
		return fmt.Sprintf("its weights have less than %d elements", own.Least)
	case own.Scheme == WeightOnly:
		return ""
	case row.Whole && (w.compat == Default || u.by.is("UNIDIRECTIONAL_SEQUENCE_LSTM")):
		return w.partial(u.by, row, own.Least)
	}
	return ""
}

// partial says why weights of which the kernel wants all or none as integers stay float.
func (w *weights) partial(o *operation, row op.Hybrid, least int) string {
	for _, i := range row.Weights {
		v := o.input(i)
		if v == nil || v.quantized != nil {
			continue
		}
		if w.choiceOf(use{o, i}).Scheme != Dynamic {
			return fmt.Sprintf("its weights %q have another scheme, and the kernel wants all of them as integers or none", v.name)
		}
		data := v.floats()
		switch {
		case data == nil && w.compat == Default:
			return fmt.Sprintf("its weights %q are computed, not constant", v.name)
		case data != nil && len(data) < least:
			return fmt.Sprintf("its weights %q have %d elements, less than %d, and the kernel wants all of them as integers or none", v.name, len(data), least)
		case data != nil && unstorable(v) != "":
			return unstorable(v)
		}
	}
	return ""
}

// unstorable says why a constant can't be integers.
func unstorable(v *value) string {
	if !quant.Finite(v.floats()) {
		return fmt.Sprintf("the constant %q holds NaN or infinity", v.name)
	}
	return ""
}
