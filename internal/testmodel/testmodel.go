// Package testmodel builds tiny models for tests. Each call returns a new one, always with the same content.
package testmodel

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Case is one of the models, with its name.
type Case struct {
	Name  string
	Build func() *ir.Model
}

// All lists every model of the package.
func All() []Case {
	return []Case{
		{"conv", Conv}, {"residual", Residual}, {"lstm", LSTM}, {"rnn", RNN}, {"svdf", SVDF},
		{"while", While}, {"if", If}, {"signatures", Signatures},
	}
}

// builder makes a graph whose values are named after what they are.
type builder struct {
	g    *ir.Graph
	seed uint32
}

func newGraph(name string) *builder { return &builder{g: &ir.Graph{Name: name}, seed: 1} }

// input adds a float input.
func (b *builder) input(name string, shape ...int) *ir.Value {
	v := b.value(name, tensor.Float32, shape...)
	b.g.Inputs = append(b.g.Inputs, v)
	return v
}

func (b *builder) value(name string, d tensor.DType, shape ...int) *ir.Value {
	return b.g.Add(&ir.Value{Name: name, Type: ir.Type{DType: d, Shape: tensor.Shape(shape)}})
}

// weights adds a float constant of multiples of 1/64 between -1/2 and 1/2.
func (b *builder) weights(name string, shape ...int) *ir.Value {
	t := tensor.New(tensor.Float32, tensor.Shape(shape))
	for i := range t.Elements() {
		b.seed = b.seed*1664525 + 1013904223
		tensor.View[float32](t)[i] = float32(int(b.seed>>26)-32) / 64
	}
	return b.g.AddConst(name, t)
}

func (b *builder) ints(name string, values ...int32) *ir.Value {
	return b.g.AddConst(name, tensor.I32(tensor.Shape{len(values)}, values...))
}

// state adds a float variable.
func (b *builder) state(name string, shape ...int) *ir.Value {
	v := b.value(name, tensor.Float32, shape...)
	v.Variable = true
	return v
}

// node adds a node with one float result.
func (b *builder) node(op, name string, attr ir.Attr, shape tensor.Shape, inputs ...*ir.Value) *ir.Value {
	v := b.value(name, tensor.Float32, shape...)
	b.g.Nodes = append(b.g.Nodes, &ir.Node{Op: op, Attr: attr, Inputs: inputs, Outputs: []*ir.Value{v}})
	return v
}

// signature names the inputs of a graph x0, x1, … and its outputs y0, y1, ….
func signature(key string, graph int, g *ir.Graph) *ir.Signature {
	s := &ir.Signature{Key: key, Graph: graph}
	for i, v := range g.Inputs {
		s.Inputs = append(s.Inputs, ir.Port{Name: fmt.Sprint("x", i), Value: v})
	}
	for i, v := range g.Outputs {
		s.Outputs = append(s.Outputs, ir.Port{Name: fmt.Sprint("y", i), Value: v})
	}
	return s
}

// model returns the model of the given graphs, with one signature for the first.
func model(graphs ...*ir.Graph) *ir.Model {
	return &ir.Model{Graphs: graphs, Signatures: []*ir.Signature{signature("serving_default", 0, graphs[0])}}
}
