package pass

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestImportKeepsValuesOfRandomGraphs lets all import passes work on random graphs of what they look for, the batch known or not, and compares the values
// before and after. The number of nodes must not grow.
func TestImportKeepsValuesOfRandomGraphs(t *testing.T) {
	importKeepsValues(t, (*randomGraph).step)
}

func importKeepsValues(t *testing.T, step func(*randomGraph)) {
	rapid.Check(t, func(t *rapid.T) {
		g := newRandomGraph(t)
		for range rapid.IntRange(3, 14).Draw(t, "steps") {
			step(g)
		}
		m := g.finish()
		text := m.String()
		if err := ir.Verify(m, op.Set); err != nil {
			t.Fatalf("the graph is wrong: %v\n%s", err, text)
		}
		type run struct {
			shapes []tensor.Shape
			inputs []*tensor.Tensor
			want   []*tensor.Tensor
			scale  float64
		}
		var runs []run
		for _, batches := range worlds {
			shapes, _ := inputShapes(m.Graphs[0], batches)
			inputs := randomInputs(m.Graphs[0], shapes, seeded(fmt.Sprint(len(text)), batches))
			want, scale, err := execScaled(m, shapes, inputs)
			if err != nil && slices.Contains(batches, 1) {
				continue // the batch may have been transposed, and be too small for a window; or others were joined with it
			}
			if err != nil {
				t.Fatalf("run: %v\n%s", err, text)
			}
			runs = append(runs, run{shapes, inputs, want, scale})
		}
		nodes := len(m.Graphs[0].Nodes)
		if err := Settle(m, Import); err != nil {
			t.Fatalf("settle: %v\n%s", err, text)
		}
		if err := ir.Verify(m, op.Set); err != nil {
			t.Fatalf("verify: %v\n%s\n%s", err, text, m)
		}
		if got := len(m.Graphs[0].Nodes); got > nodes {
			t.Errorf("%d nodes became %d\n%s\n%s", nodes, got, text, m)
		}
		for _, r := range runs {
			got, _, err := execScaled(m, r.shapes, r.inputs)
			if err != nil {
				t.Fatalf("run: %v\n%s\n%s", err, text, m)
			}
			for i := range r.want {
				if err := roughly(got[i], r.want[i], r.scale); err != nil {
					t.Fatalf("inputs of shapes %v: output %d: %v\n%s\n%s", r.shapes, i, err, text, m)
				}
			}
		}
	})
}

// worlds are the batch sizes of the inputs with which random graphs run; the first two tell apart what depends on an unknown batch. A batch of 1 broadcasts.
var worlds = [][]int{{2, 2}, {3, 3}, {1, 1}, {1, 3}, {3, 1}}

// widest is an observer that keeps the greatest absolute value, and what declared sees.
type widest struct {
	declared
	most float64
}

func (w *widest) Observe(v *ir.Value, x *tensor.Tensor, r quant.Range) {
	w.declared.Observe(v, x, r)
	w.most = max(w.most, math.Abs(float64(r.Min)), math.Abs(float64(r.Max)))
}

func execScaled(m *ir.Model, shapes []tensor.Shape, inputs []*tensor.Tensor) ([]*tensor.Tensor, float64, error) {
	p, err := exec.Compile(m, 0, exec.Options{InputShapes: shapes})
	if err != nil {
		return nil, 0, err
	}
	w := &widest{most: 1}
	out, err := p.NewSession().Run(inputs, w)
	if err == nil {
		err = w.err
	}
	return out, w.most, err
}

// roughly compares results up to rounding of intermediate values as large as scale. What overflows is not compared.
func roughly(got, want *tensor.Tensor, scale float64) error {
	if !got.Shape.Equal(want.Shape) || got.DType != want.DType {
		return fmt.Errorf("%v%v, want %v%v", got.DType, got.Shape, want.DType, want.Shape)
	}
	if want.DType != tensor.Float32 || scale > 1e9 || scale != scale {
		return nil
	}
	g, w := tensor.View[float32](got), tensor.View[float32](want)
	for i := range w {
		if d := math.Abs(float64(g[i]) - float64(w[i])); d > 1e-4*scale || d != d {
			return fmt.Errorf("element %d is %v, want %v", i, g[i], w[i])
		}
	}
	return nil
}

// randomGraph is a graph in the making. Each value has its shape in both worlds.
type randomGraph struct {
	t      *rapid.T
	graph  *ir.Graph
	shapes map[*ir.Value][2]tensor.Shape
	values []*ir.Value // those of float32 that may be read
}

func newRandomGraph(t *rapid.T) *randomGraph {
	g := &randomGraph{t: t, graph: &ir.Graph{Name: "main"}, shapes: map[*ir.Value][2]tensor.Shape{}}
	open := rapid.Bool().Draw(t, "open")
	for i := range rapid.IntRange(1, 2).Draw(t, "inputs") {
		rest := tensor.Shape{4, 4, 2}
		if i == 1 && rapid.Bool().Draw(t, "matrix") {
			rest = tensor.Shape{4}
		}
		s := [2]tensor.Shape{slices.Concat(tensor.Shape{2}, rest), slices.Concat(tensor.Shape{2}, rest)}
		if open {
			s[1][0] = 3
		}
		v := g.value(fmt.Sprintf("in%d", i), tensor.Float32, s)
		g.graph.Inputs = append(g.graph.Inputs, v)
		g.values = append(g.values, v)
	}
	return g
}

func (g *randomGraph) value(name string, d tensor.DType, s [2]tensor.Shape) *ir.Value {
	shape := s[0].Clone()
	for i := range shape {
		if s[1][i] != shape[i] {
			shape[i] = -1
		}
	}
	v := g.graph.Add(&ir.Value{Name: name, Type: ir.Type{DType: d, Shape: shape}})
	g.shapes[v] = s
	return v
}

// finish returns the model, with all values that nothing reads, and now and then another, as outputs.
func (g *randomGraph) finish() *ir.Model {
	uses := g.graph.Uses()
	made := g.graph.Producers()
	for _, v := range g.graph.Values {
		if made[v] != nil && (len(uses[v]) == 0 || g.pick("output", 8) == 7) {
			g.graph.Outputs = append(g.graph.Outputs, v)
		}
	}
	return &ir.Model{Graphs: []*ir.Graph{g.graph}}
}

func (g *randomGraph) pick(what string, n int) int { return rapid.IntRange(0, n-1).Draw(g.t, what) }

// some returns a value, mostly one of the last, that has the given rank; nil if there is none. Any rank passes if it is 0.
func (g *randomGraph) some(rank int) *ir.Value {
	var fit []*ir.Value
	for _, v := range g.values {
		if rank == 0 || len(v.Type.Shape) == rank {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[max(0, len(fit)-1-g.pick("value", 3))]
}

// image is some(4) for values with a known number of channels.
func (g *randomGraph) image() *ir.Value {
	if v := g.some(4); v != nil && v.Type.Shape[3] > 0 {
		return v
	}
	return nil
}

// emit adds a node if the operator takes the operands in both worlds, and returns its result, else nil.
func (g *randomGraph) emit(name string, attr ir.Attr, inputs ...*ir.Value) *ir.Value {
	o := op.Set.Lookup(name)
	var found [2]tensor.Shape
	var d tensor.DType
	n := &ir.Node{Op: name, Attr: attr, Inputs: inputs, Outputs: []*ir.Value{{}}}
	for w := range found {
		var in []*tensor.Tensor
		for _, v := range inputs {
			switch {
			case v == nil:
				in = append(in, nil)
			case v.Const != nil:
				in = append(in, v.Const)
			default:
				in = append(in, &tensor.Tensor{DType: v.Type.DType, Shape: g.shapes[v][w]})
			}
		}
		types, err := o.Infer(n, in)
		if err != nil || types[0].Shape.Elements() > 4096 || types[0].Shape.Elements() == 0 {
			return nil
		}
		found[w], d = types[0].Shape, types[0].DType
	}
	v := g.value(fmt.Sprintf("v%d", len(g.graph.Values)), d, found)
	n.Outputs[0] = v
	g.graph.Nodes = append(g.graph.Nodes, n)
	if d == tensor.Float32 && len(found[0]) > 0 {
		g.values = append(g.values, v)
	}
	return v
}

// numbers are what constants are made of: those that passes look for, and others.
var numbers = []float32{0, 1, -1, 6, 2, 0.5, -0.5, 3, 0.25, 1.5, -2, 0.125}

// constant returns a constant of a number throughout, or of any numbers.
func (g *randomGraph) constant(shape tensor.Shape) *ir.Value {
	t := tensor.New(tensor.Float32, shape)
	list := tensor.View[float32](t)
	first, uniform := g.pick("number", len(numbers)), g.pick("uniform", 3) == 0
	for i := range list {
		if list[i] = numbers[first]; !uniform {
			list[i] = numbers[(first+i*i+i)%len(numbers)]
		}
	}
	return g.graph.AddConst(fmt.Sprintf("c%d", len(g.graph.Values)), t)
}

func (g *randomGraph) ints(shape tensor.Shape, values ...int32) *ir.Value {
	return g.graph.AddConst(fmt.Sprintf("i%d", len(g.graph.Values)), tensor.I32(shape, values...))
}

// beside returns a constant that broadcasts with a value: of one element, of one for each channel, or of another part of the shape.
func (g *randomGraph) beside(v *ir.Value) *ir.Value {
	s := v.Type.Shape
	last := s[len(s)-1]
	kind := g.pick("beside", 6)
	if last < 0 {
		kind = 0
	}
	switch kind {
	case 0:
		return g.constant(tensor.Shape{})
	case 1:
		return g.constant(tensor.Shape{1, 1})
	case 2, 3:
		return g.constant(tensor.Shape{last})
	case 4:
		return g.constant(slices.Concat(tensor.Shape(slices.Repeat([]int{1}, len(s)-1)), tensor.Shape{last}))
	}
	shape := s.Clone()
	for i, d := range shape {
		if d < 0 || g.pick("narrow", 2) == 0 {
			shape[i] = 1
		}
	}
	return g.constant(shape)
}
