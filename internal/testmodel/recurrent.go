package testmodel

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// The recurrent models read f32[batch=1, time=5, features=3] (SVDF one step of it) and keep their state in variables.
const (
	features = 3
	units    = 4
	steps    = 5
)

// LSTM is one UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes, projection and layer norm.
func LSTM() *ir.Model {
	b := newGraph("main")
	in := []*ir.Value{b.input("x", 1, steps, features)}
	for _, gate := range []string{"i", "f", "c", "o"} {
		in = append(in, b.weights("w/"+gate, units, features))
	}
	for _, gate := range []string{"i", "f", "c", "o"} {
		in = append(in, b.weights("r/"+gate, units, units))
	}
	in = append(in, nil, nil, nil)
	for _, gate := range []string{"i", "f", "c", "o"} {
		in = append(in, b.weights("b/"+gate, units))
	}
	in = append(in, nil, nil, b.state("h", 1, units), b.state("c", 1, units), nil, nil, nil, nil)
	y := b.node("UNIDIRECTIONAL_SEQUENCE_LSTM", "y", &op.SequenceLSTM{Activation: op.Tanh, CellClip: 10}, tensor.Shape{1, steps, units}, in...)
	b.g.Outputs = []*ir.Value{y}
	return model(b.g)
}

// RNN is one UNIDIRECTIONAL_SEQUENCE_RNN.
func RNN() *ir.Model {
	b := newGraph("main")
	y := b.node("UNIDIRECTIONAL_SEQUENCE_RNN", "y", &op.SequenceRNN{Activation: op.Tanh}, tensor.Shape{1, steps, units},
		b.input("x", 1, steps, features), b.weights("w", units, features), b.weights("r", units, units), b.weights("b", units), b.state("h", 1, units))
	b.g.Outputs = []*ir.Value{y}
	return model(b.g)
}

// SVDF is one SVDF of rank 2 that remembers 6 steps.
func SVDF() *ir.Model {
	const rank, memory = 2, 6
	b := newGraph("main")
	y := b.node("SVDF", "y", &op.SVDF{Rank: rank, Activation: op.Relu}, tensor.Shape{1, units},
		b.input("x", 1, features), b.weights("features", units*rank, features), b.weights("time", units*rank, memory),
		b.weights("b", units), b.state("state", 1, memory*units*rank))
	b.g.Outputs = []*ir.Value{y}
	return model(b.g)
}
