package graphdef

import (
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// zero reports whether a variable is zeros before the loop, in the shape of the cell's state.
func (m *lstm) zero(i int) bool {
	v := m.entry[i].Value
	if v == nil || len(v.Type.Shape) != 2 || v.Type.Shape[1] != m.units {
		return false
	}
	if n := m.maker(v); n != nil && n.Op == "FILL" {
		v = n.Inputs[1]
	}
	if v.Const == nil || v.Type.DType != f32 {
		return false
	}
	for _, x := range tensor.View[float32](v.Const) {
		if x != 0 {
			return false
		}
	}
	return true
}

// others reports whether each variable but the state is one that can be made of the layer's outputs.
func (m *lstm) others() bool {
	for i := range m.entry {
		if !m.constant[i] && i != m.c && !m.counts(i) && !m.last(i) && !m.all(i) {
			return false
		}
	}
	return true
}

// last reports whether variable i is the last output, or a list of it alone.
func (m *lstm) last(i int) bool {
	output := m.results[m.h].Value
	if l := m.results[i].List; l != nil {
		return l.Value != nil && m.isRow(l.Value)
	}
	return m.results[i].Value == output
}

// all reports whether variable i is a list in which each round writes its output.
func (m *lstm) all(i int) bool {
	l := m.results[i].List
	if l == nil || l.Value == nil || l.Value.Type.Shape[0] != m.steps {
		return false
	}
	in := m.made(l.Value, "DYNAMIC_UPDATE_SLICE")
	if in == nil || in[0] != m.args[i].part() || !m.isRow(in[1]) {
		return false
	}
	at := m.made(in[2], "PACK")
	if at == nil || !m.isIndex(at[0]) {
		return false
	}
	for _, v := range at[1:] {
		if k, ok := m.body.Known(v); !ok || len(k) != 1 || k[0] != 0 {
			return false
		}
	}
	return true
}

// isRow reports whether v is the output with a dimension of 1 in front.
func (m *lstm) isRow(v *ir.Value) bool {
	in := m.made(v, "RESHAPE")
	if in == nil {
		in = m.made(v, "EXPAND_DIMS")
	}
	return in != nil && in[0] == m.results[m.h].Value && len(v.Type.Shape) == 3 && v.Type.Shape[0] == 1
}

// emit emits the layer and returns the variables after the loop. TFLite's operator does not give the cell's state: who needs that makes Import
// start again without the operator.
func (m *lstm) emit() []Edge {
	x, timeMajor := m.sequence, true
	if y := m.batchMajor(x); y != nil {
		x, timeMajor = y, false
	}
	m.Note("LSTM layers go on from the state of the last run in TFLite's runtimes: programs must reset the interpreter's variables before each sequence")
	attr := &op.SequenceLSTM{Activation: op.Tanh, TimeMajor: timeMajor}
	out := m.Context.Emit("UNIDIRECTIONAL_SEQUENCE_LSTM", attr, m.operands(x)...)
	m.Rename(out, m.Def.Name)
	batch := m.entry[m.h].Value.Type.Shape[0]
	at := func(row, column int) []int {
		if timeMajor {
			return []int{row, column}
		}
		return []int{column, row}
	}
	begin, end := append(at(m.steps-1, 0), 0), append(at(m.steps, batch), m.units)
	shrink := 1
	if !timeMajor {
		shrink = 2
	}
	last := m.Context.Emit("STRIDED_SLICE", &op.StridedSlice{ShrinkAxisMask: shrink}, out,
		m.Ints(m.name("begin"), begin...), m.Ints(m.name("end"), end...), m.Ints(m.name("strides"), 1, 1, 1))
	results := append([]Edge(nil), m.entry...)
	for i, e := range m.entry {
		list := e.List != nil
		switch {
		case m.constant[i]:
		case i == m.c:
			results[i] = Edge{poison: &poison{node: m.Def, reason: "the last state of the cell is needed", loop: m.key()}}
		case m.last(i) && list:
			results[i] = Edge{List: &List{Value: m.Reshape(m.name("last"), last, build.Fixed(1, batch, m.units)), State: e.List.State}}
		case m.last(i):
			results[i] = Edge{Value: last}
		case list:
			v := out
			if !timeMajor {
				v = m.Context.Emit("TRANSPOSE", nil, out, m.Ints(m.name("perm"), 1, 0, 2))
			}
			results[i] = Edge{List: &List{Value: v, State: e.List.State}}
		default:
			results[i] = Edge{Value: m.Builder.Int(m.name("steps"), m.steps)}
		}
	}
	return results
}

// operands returns the operator's: the input, weights from the input and from the last output, biases, and the state, which is zero at first.
func (m *lstm) operands(x *ir.Value) []*ir.Value {
	in := make([]*ir.Value, 24)
	in[0] = x
	for i, g := range []int{0, 1, 2, 3} { // the input, the forget, the cell and the output gate
		first, last := m.gates[g].part*m.units, (m.gates[g].part+1)*m.units
		in[1+i] = m.weights("input", m.input[first:last])
		in[5+i] = m.weights("recurrent", m.recurrent[first:last])
		bias := tensor.F32(tensor.Shape{m.units}, m.bias[first:last]...)
		for k := range m.units {
			tensor.View[float32](bias)[k] += m.gates[g].bias
		}
		in[12+i] = m.Const(m.name("bias"), bias)
	}
	state := m.entry[m.h].Value.Type
	for i, what := range []string{"output_state", "cell_state"} {
		in[18+i] = m.State(m.name(what), state)
	}
	return in
}

func (m *lstm) weights(what string, rows [][]float32) *ir.Value {
	var values []float32
	for _, row := range rows {
		values = append(values, row...)
	}
	return m.Const(m.name(what), tensor.F32(tensor.Shape{len(rows), len(rows[0])}, values...))
}

// batchMajor returns a sequence of steps as it was before it was transposed, [batch, steps, inputs], or nil if it wasn't.
func (m *lstm) batchMajor(x *ir.Value) *ir.Value {
	n := m.maker(x)
	switch {
	case n == nil:
	case n.Op == "TRANSPOSE":
		if perm, ok := m.Known(n.Inputs[1]); ok && len(perm) == 3 && perm[0] == 1 && perm[1] == 0 {
			return n.Inputs[0]
		}
	case n.Op == "REVERSE_V2":
		axis, ok := m.Known(n.Inputs[1])
		if y := m.batchMajor(n.Inputs[0]); y != nil && ok && len(axis) == 1 && axis[0] == 0 {
			return m.Context.Emit("REVERSE_V2", nil, y, m.Ints(m.name("axis"), 1))
		}
	}
	return nil
}

// key tells the loop from all others of an import.
func (l *loop) key() string { return strings.Join(append(l.scope.calls, l.Def.Name), "\n") }
