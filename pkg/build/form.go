package build

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Form is the type of a value with its unknown dimensions told apart. Control flow needs it: what a graph is given and returns has the forms of values
// of another graph.
type Form struct {
	dtype  tensor.DType
	worlds [2]tensor.Shape
	loose  []bool // dimensions that take any size; see Join
}

// Form returns the form of v.
func (b *Builder) Form(v *ir.Value) Form {
	f := b.fact(v)
	return Form{f.worlds[0].DType, [2]tensor.Shape{f.worlds[0].Shape, f.worlds[1].Shape}, make([]bool, len(f.worlds[0].Shape))}
}

// DType returns the element type.
func (f Form) DType() tensor.DType { return f.dtype }

// Type returns the type, with -1 for unknown dimensions.
func (f Form) Type() ir.Type { return f.fact().typ() }

// FormOf returns the form of a tensor of the given dimensions. What nothing is known of is a new unknown one.
func (b *Builder) FormOf(d tensor.DType, dims []Dim) Form {
	f := Form{d, [2]tensor.Shape{make(tensor.Shape, len(dims)), make(tensor.Shape, len(dims))}, make([]bool, len(dims))}
	for i, dim := range dims {
		x, y := dim.Size, dim.Size
		if dim.Value != nil {
			fact := b.fact(dim.Value)
			x, y = scalar(fact.worlds[0]), scalar(fact.worlds[1])
		}
		if x < 0 || y < 0 {
			p := b.state.freshProbe()
			x, y = p[0], p[1]
		}
		f.worlds[0][i], f.worlds[1][i] = x, y
	}
	return f
}

// scalar returns the one integer that t holds, -1 if that is not known.
func scalar(t *tensor.Tensor) int {
	if list, ok := integers(t); ok && len(list) == 1 {
		return list[0]
	}
	return -1
}

// Same reports whether dimension i of f is dimension j of g: the same number, or unknown and of one size.
func (f Form) Same(i int, g Form, j int) bool {
	return f.worlds[0][i] == g.worlds[0][j] && f.worlds[1][i] == g.worlds[1][j]
}

// Join returns the form of values that have either form: dimensions that differ become new unknown ones, which stay whatever they are joined with. changed
// reports whether there are any that f has not; ok is false if element types or ranks differ.
func (b *Builder) Join(f, g Form) (h Form, changed, ok bool) {
	if f.dtype != g.dtype || len(f.worlds[0]) != len(g.worlds[0]) {
		return f, false, false
	}
	h = Form{f.dtype, [2]tensor.Shape{f.worlds[0].Clone(), f.worlds[1].Clone()}, slices.Clone(f.loose)}
	for i := range h.loose {
		if h.loose[i] || f.Same(i, g, i) {
			continue
		}
		p := b.state.freshProbe()
		h.worlds[0][i], h.worlds[1][i], h.loose[i] = p[0], p[1], true
		changed = true
	}
	return h, changed, true
}

// fact returns what a value of this form is known to be.
func (f Form) fact() *fact {
	t := &tensor.Tensor{DType: f.dtype, Shape: f.worlds[0]}
	if f.worlds[0].Equal(f.worlds[1]) {
		return &fact{[2]*tensor.Tensor{t, t}}
	}
	return &fact{[2]*tensor.Tensor{t, {DType: f.dtype, Shape: f.worlds[1]}}}
}

// Param adds an input of the given form to the graph.
func (b *Builder) Param(name string, f Form) *ir.Value {
	return b.param(name, f.fact())
}

// Capture adds an input that stands for v, a value of another graph: what is known of v's content is known of it.
func (b *Builder) Capture(v *ir.Value) *ir.Value { return b.param(v.Name, b.fact(v)) }

func (b *Builder) param(name string, f *fact) *ir.Value {
	v := b.value(name, f.typ())
	b.Graph.Inputs = append(b.Graph.Inputs, v)
	if f.matters() {
		b.state.facts[v] = f
	}
	return v
}

// EmitForms adds a node that runs other graphs, with results of the given forms.
func (b *Builder) EmitForms(name, operator string, attr ir.Attr, forms []Form, in ...*ir.Value) []*ir.Value {
	n := &ir.Node{Op: operator, Attr: attr, Inputs: in}
	facts := make([]*fact, len(forms))
	for i, f := range forms {
		facts[i] = f.fact()
		n.Outputs = append(n.Outputs, &ir.Value{Name: name})
	}
	return b.place(name, n, facts)
}
