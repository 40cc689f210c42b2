package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// Names of operations that are no operators of the op set: both are gone when the graph is exported.
const (
	constant = "CONST"  // makes a constant or a variable
	result   = "RETURN" // reads the graph's outputs; the last operation
)

// graph is a graph while it is quantized. Constants are operations, and values know their uses in an order of their own: what TFLiteConverter
// makes of a graph depends on that order in many places, so that it is kept exactly.
type graph struct {
	inputs      []*value
	first, last *operation
	ret         *operation
	compat      Compat
	opt         Options
	added       []*operation               // put into the list since somebody last looked
	unfit       map[*operation]string      // why operations can't become integer ones although their operator could; Default only
	once        map[*byte][]storedIntegers // the integers that constants were stored as, by where their numbers begin

	// What schemes for weights alone have to report.
	stored, clipped int // constants stored in fewer bits; numbers that became the largest of half precision
	byChannel       int // weights that are to have one scale where LiteRT's kernel reads one for each channel
	kept            []keptFloat

	indices []string // inputs that stay float, since whole numbers are made of them
}

// value is a graph input or the result of an operation.
type value struct {
	name       string
	typ        ir.Type // the float type for a value that is quantized here; its element type is quantized's then
	advertised tensor.Shape
	float      bool        // float32 elements
	quantized  *quant.Type // nil if the value is not quantized
	kept       bool        // the source quantized it: parameters are the source's
	source     *ir.Value   // the value that it stands for or descends from; nil if there is none
	stat       *stat       // what is known of its range, as long as that counts
	recorded   *stat       // the range that goes into the file
	blocks     *blocks     // nil if the value is not quantized in blocks
	made       *operation  // nil for graph inputs
	uses       []use       // the newest first
}

// stat is a range.
type stat struct{ lo, hi float32 }

// use is an operand of an operation.
type use struct {
	by *operation
	i  int
}

// operation is a node, or one of the two helpers above.
type operation struct {
	name       string
	attr       ir.Attr
	inputs     []*value // nil where absent
	outputs    []*value
	node       *ir.Node       // the node that it comes from; nil if there is none
	content    *tensor.Tensor // of a constant; nil for variables
	volatile   bool           // a QUANTIZE that was put there for fusing, and may go if nothing fused
	kept       string         // why it is to stay float; "" if nobody asked for that
	own        *Choice        // its entry in Options.Own; nil if there is none
	parts      bool           // some of its operands are in Options.Constants
	cell       *cell          // of recurrent operators
	gone       bool
	prev, next *operation
}

// newOperation makes an operation that is not in the list yet; its uses count at once.
func newOperation(name string, inputs, outputs []*value) *operation {
	o := &operation{name: name, outputs: outputs}
	for _, v := range inputs {
		o.addInput(v)
	}
	for _, v := range outputs {
		v.made = o
	}
	return o
}

func (o *operation) addInput(v *value) {
	o.inputs = append(o.inputs, nil)
	o.setInput(len(o.inputs)-1, v)
}

// setInput makes v operand i; the use becomes the newest one.
func (o *operation) setInput(i int, v *value) {
	if old := o.inputs[i]; old != nil {
		at := slices.Index(old.uses, use{o, i})
		old.uses = slices.Delete(old.uses, at, at+1)
	}
	o.inputs[i] = v
	if v != nil {
		v.uses = slices.Insert(v.uses, 0, use{o, i})
	}
}

func (o *operation) dropInputs() {
	for i := range o.inputs {
		o.setInput(i, nil)
	}
}

// input returns operand i, or nil if it is absent or not listed.
func (o *operation) input(i int) *value {
	if i < len(o.inputs) {
		return o.inputs[i]
	}
	return nil
}

func (o *operation) is(names ...string) bool { return o != nil && slices.Contains(names, o.name) }

// replace moves all uses of v to w, which reverses their order.
func (v *value) replace(w *value) {
	for len(v.uses) > 0 {
		u := v.uses[0]
		u.by.setInput(u.i, w)
	}
}

// madeBy reports whether v is the result of an operation with that name.
func (v *value) madeBy(name string) bool { return v != nil && v.made.is(name) }

// onlyUser returns the operation of the single use of v, or nil if there are none or several.
func (v *value) onlyUser() *operation {
	if len(v.uses) == 1 {
		return v.uses[0].by
	}
	return nil
}

// derived returns a new value for the same data as v, with type t; nil makes it float.
func (v *value) derived(t *quant.Type) *value {
	return &value{name: v.name, typ: v.typ, advertised: v.advertised, float: t == nil, quantized: t, source: v.source}
}

// operations returns the list at this moment, so that a pass may change it while it walks.
func (g *graph) operations() []*operation {
	var list []*operation
	for o := g.first; o != nil; o = o.next {
		list = append(list, o)
	}
	return list
}

// values returns the inputs and then all results, in order.
func (g *graph) values() []*value {
	list := slices.Clone(g.inputs)
	for o := g.first; o != nil; o = o.next {
		list = append(list, o.outputs...)
	}
	return list
}

// insertAfter puts o behind at; in front of all but constants if at is nil.
func (g *graph) insertAfter(at, o *operation) {
	if at != nil {
		g.link(at, o, at.next)
		return
	}
	next := g.first
	for next.is(constant) {
		next = next.next
	}
	g.link(next.prev, o, next)
}

func (g *graph) insertBefore(at, o *operation) { g.link(at.prev, o, at) }

func (g *graph) append(o *operation) { g.link(g.last, o, nil) }

func (g *graph) link(prev, o, next *operation) {
	o.prev, o.next = prev, next
	g.added = append(g.added, o)
	if prev == nil {
		g.first = o
	} else {
		prev.next = o
	}
	if next == nil {
		g.last = o
	} else {
		next.prev = o
	}
}

// unlink takes o out of the list and leaves its operands alone.
func (g *graph) unlink(o *operation) {
	if o.prev == nil {
		g.first = o.next
	} else {
		o.prev.next = o.next
	}
	if o.next == nil {
		g.last = o.prev
	} else {
		o.next.prev = o.prev
	}
	o.prev, o.next = nil, nil
}

func (g *graph) erase(o *operation) {
	o.dropInputs()
	o.gone = true
	g.unlink(o)
}

// sweep removes constants, QUANTIZE and DEQUANTIZE without a use.
func (g *graph) sweep() {
	for o := g.last; o != nil; {
		prev := o.prev
		if o.is(constant, "QUANTIZE", "DEQUANTIZE") && len(o.outputs[0].uses) == 0 {
			g.erase(o)
		}
		o = prev
	}
}

// storedIntegers are what a constant was stored as.
type storedIntegers struct {
	typ   *quant.Type
	shape tensor.Shape
	dtype tensor.DType
	data  []byte
}

// toIntegers returns the integers of a constant under a type. Those of the same numbers under the same type are in memory, and so in the file, once, however many constants they
// are of.
func (g *graph) toIntegers(c *tensor.Tensor, t *quant.Type) *tensor.Tensor {
	if len(c.Data) == 0 {
		return t.Quantize(c)
	}
	start := &c.Data[0]
	for _, k := range g.once[start] {
		if k.typ.Equal(t) && k.shape.Equal(c.Shape) {
			return &tensor.Tensor{DType: k.dtype, Shape: c.Shape.Clone(), Data: k.data, Own: true}
		}
	}
	q := t.Quantize(c)
	q.Own = true
	if g.once == nil {
		g.once = map[*byte][]storedIntegers{}
	}
	g.once[start] = append(g.once[start], storedIntegers{t.Clone(), c.Shape.Clone(), q.DType, q.Data})
	return q
}

// copyConstant makes another constant with the same content.
func copyConstant(c *operation) *operation {
	v := c.outputs[0]
	n := newOperation(constant, nil, []*value{{name: v.name, typ: v.typ, advertised: v.advertised, float: v.float, source: v.source}})
	n.content = c.content
	return n
}

// floats returns the numbers of a float constant, or nil if v is none, or stored in a form that holds no plain numbers.
func (v *value) floats() []float32 {
	if !v.madeBy(constant) || !v.float || v.made.content == nil || v.source != nil && v.source.Sparsity != nil {
		return nil
	}
	return tensor.View[float32](v.made.content)
}
