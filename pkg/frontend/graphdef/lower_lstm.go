package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// lstm is a loop over the steps of a sequence in which an LSTM cell (Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000) is
// recognised:
//
//	i, f, g, o = σ, σ, tanh, σ of the four parts of x·W + h·R + b
//	c' = f·c + i·g
//	h' = o·tanh(c')
//
// The order of the parts, of sums and of factors is free.
type lstm struct {
	*loop
	steps            int
	h, c             int         // the variables
	gates            [4]gate     // i, f, g, o, as TFLite's operands stand
	split            *ir.Node    // of the sums into the gates' parts
	sequence         *ir.Value   // [steps, batch, inputs], in the graph around the loop
	input, recurrent [][]float32 // rows of weights: one of each unit of each part
	bias             []float32   // one of each unit of each part
	units            int
}

// gate is a part of the sums, with a constant that is added.
type gate struct {
	part int
	bias float32
}

// lstm recognises an LSTM layer with zeros as the first state. It is nil if the loop is none, or if shapes are not known.
func (l *loop) lstm() *lstm {
	m := &lstm{loop: l, h: -1}
	var ok bool
	if m.steps, ok = l.rounds(); !ok || m.steps == 0 || !m.cell() || !m.zero(m.h) || !m.zero(m.c) || !m.sums(m.split.Input(1)) {
		return nil
	}
	if m.sequence == nil || m.recurrent == nil || !m.others() {
		return nil
	}
	state, x := m.entry[m.h].Value.Type.Shape, m.sequence.Type.Shape
	if state[0] < 0 || len(x) == 3 && x[1] < 0 {
		if m.scope.opt.Fuse {
			build.Refuse("an LSTM layer is one operator only where the batch is fixed")
		}
		m.Note("LSTM layers stay loops, or many operators, as long as the batch is not known: fixed, it makes each one operator")
		return nil
	}
	if !x.Static() {
		return nil
	}
	if !state.Equal(m.entry[m.c].Value.Type.Shape) || x[0] != m.steps || x[1] != state[0] || x[2] < 1 {
		return nil
	}
	return m
}

// made returns the operands of the node that makes v if it is an operator without an activation, else nil.
func (m *lstm) made(v *ir.Value, operator string) []*ir.Value {
	n := m.makers[v]
	if n == nil || n.Op != operator {
		return nil
	}
	switch a := n.Attr.(type) {
	case *op.Arith:
		if a.Activation != op.None {
			return nil
		}
	case *op.Fused:
		if a.Activation != op.None {
			return nil
		}
	case *op.FullyConnected:
		if a.Activation != op.None {
			return nil
		}
	}
	return n.Inputs
}

// pair returns the operands of a commutative operator in the order in which first takes the first one.
func (m *lstm) pair(v *ir.Value, operator string, first func(*ir.Value) bool) (a, b *ir.Value, ok bool) {
	in := m.made(v, operator)
	switch {
	case len(in) != 2:
		return nil, nil, false
	case first(in[0]):
		return in[0], in[1], true
	case first(in[1]):
		return in[1], in[0], true
	}
	return nil, nil, false
}

func (m *lstm) is(operator string) func(*ir.Value) bool {
	return func(v *ir.Value) bool { return m.made(v, operator) != nil }
}

// cell finds the state and the gates.
func (m *lstm) cell() bool {
	for i := range m.results {
		tanh, o, ok := m.pair(m.results[i].part(), "MUL", m.is("TANH"))
		if !ok || m.results[i].Value == nil {
			continue
		}
		state := m.made(tanh, "TANH")[0]
		c := slices.IndexFunc(m.results, func(e Edge) bool { return e.Value == state })
		if c < 0 {
			continue
		}
		forgets := func(v *ir.Value) bool {
			_, _, ok := m.pair(v, "MUL", func(v *ir.Value) bool { return v == m.args[c].Value })
			return ok
		}
		kept, added, ok := m.pair(state, "ADD", forgets)
		if !ok {
			continue
		}
		_, f, _ := m.pair(kept, "MUL", func(v *ir.Value) bool { return v == m.args[c].Value })
		g, in, ok := m.pair(added, "MUL", m.is("TANH"))
		if ok && m.gate(0, in, "LOGISTIC") && m.gate(1, f, "LOGISTIC") && m.gate(2, g, "TANH") && m.gate(3, o, "LOGISTIC") && m.distinct() {
			m.h, m.c = i, c
			return true
		}
	}
	return false
}

// gate finds the part of the sums behind a gate.
func (m *lstm) gate(i int, v *ir.Value, function string) bool {
	in := m.made(v, function)
	if in == nil {
		return false
	}
	part, offset := in[0], float32(0)
	if x, rest, ok := m.pair(part, "ADD", func(v *ir.Value) bool { return v.Const != nil && v.Const.Elements() == 1 && v.Type.DType == f32 }); ok {
		part, offset = rest, tensor.View[float32](x.Const)[0]
	}
	n := m.makers[part]
	if n == nil || n.Op != "SPLIT" || len(n.Outputs) != 4 || i > 0 && n != m.split {
		return false
	}
	axis, ok := m.body.Known(n.Inputs[0])
	if !ok || len(axis) != 1 || axis[0] != 1 && axis[0] != -1 || len(part.Type.Shape) != 2 || part.Type.Shape[1] < 1 {
		return false
	}
	m.split, m.units = n, part.Type.Shape[1]
	m.gates[i] = gate{slices.Index(n.Outputs, part), offset}
	return true
}

func (m *lstm) distinct() bool {
	var seen [4]bool
	for _, g := range m.gates {
		seen[g.part] = true
	}
	return seen == [4]bool{true, true, true, true}
}

// sums reads the terms of the sums: products of the step's input and of the last output with weights, and constants.
func (m *lstm) sums(v *ir.Value) bool {
	m.bias = make([]float32, 4*m.units)
	for todo := []*ir.Value{v}; len(todo) > 0; todo = todo[1:] {
		v := todo[0]
		if v.Const != nil {
			if !m.offset(v) {
				return false
			}
			continue
		}
		if in := m.made(v, "ADD"); in != nil {
			todo = append(todo, in...)
			continue
		}
		if in := m.made(v, "RESHAPE"); in != nil && v.Type.Static() && v.Type.Shape.Elements() == len(m.bias) { // of a batch of one
			todo = append(todo, in[0])
			continue
		}
		in := m.made(v, "FULLY_CONNECTED")
		if in == nil || !m.product(in[0], in[1]) {
			return false
		}
		if len(in) > 2 && in[2] != nil {
			todo = append(todo, in[2])
		}
	}
	return true
}

// offset adds a constant to the bias.
func (m *lstm) offset(v *ir.Value) bool {
	n := v.Const.Elements()
	if v.Type.DType != f32 || n != 1 && (n != len(m.bias) || v.Type.Shape[len(v.Type.Shape)-1] != n) {
		return false
	}
	for i, x := range tensor.View[float32](v.Const) {
		for k := i; k < len(m.bias); k += n {
			m.bias[k] += x
		}
	}
	return true
}

// product reads the weights of a product with the step's input, the last output, or both side by side.
func (m *lstm) product(x, weights *ir.Value) bool {
	if weights == nil || weights.Const == nil || weights.Type.DType != f32 || len(weights.Type.Shape) != 2 || weights.Type.Shape[0] != 4*m.units {
		return false
	}
	operands := []*ir.Value{x}
	if n := m.makers[x]; n != nil && n.Op == "CONCATENATION" {
		if a := n.Attr.(*op.Concat); a.Activation != op.None || a.Axis != 1 && a.Axis != -1 {
			return false
		}
		operands = n.Inputs
	}
	values, columns, first := tensor.View[float32](weights.Const), weights.Type.Shape[1], 0
	for _, v := range operands {
		if len(v.Type.Shape) != 2 || v.Type.Shape[1] < 0 {
			return false
		}
		last := first + v.Type.Shape[1]
		if last > columns {
			return false
		}
		var rows [][]float32
		for r := range 4 * m.units {
			rows = append(rows, values[r*columns+first:r*columns+last])
		}
		switch sequence := m.step(v); {
		case v == m.args[m.h].Value && m.recurrent == nil:
			m.recurrent = rows
		case sequence != nil && m.sequence == nil:
			m.input, m.sequence = rows, sequence
		default:
			return false
		}
		first = last
	}
	return first == columns
}

// step returns the sequence of which v is the step of the round, or nil.
func (m *lstm) step(v *ir.Value) *ir.Value {
	n := m.makers[v]
	if n == nil || n.Op != "GATHER" || *n.Attr.(*op.Gather) != (op.Gather{}) || !m.isIndex(n.Inputs[1]) {
		return nil
	}
	for outer, inner := range m.body.captured {
		if inner == n.Inputs[0] && len(outer.Type.Shape) == 3 {
			return outer
		}
	}
	return nil
}

// isIndex reports whether v counts the rounds in the body.
func (m *lstm) isIndex(v *ir.Value) bool {
	for i, e := range m.args {
		if e.Value == v && m.counts(i) {
			return true
		}
	}
	return false
}
