package op

import (
	"math"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// s8LSTMs reads the operands of an int8 LSTM layer; the effective scales are computed in float32, as TFLite does.
type s8LSTMs struct{ *operands }

// aroundZero returns operand i and its scale: integers of a type that stand for real numbers around 0. It is nil, and the scale 1, where the operand is absent.
func aroundZero[T tensor.Element](o s8LSTMs, i int, d tensor.DType) ([]T, float32) {
	v := o.node.Input(i)
	if v == nil || o.err != nil {
		return nil, 1
	}
	t := o.stored(i, d)
	scale, zero := o.single(v)
	if zero != 0 {
		o.fail("%q has zero point %d, want 0", v.Name, zero)
	}
	if o.err != nil {
		return nil, 1
	}
	return tensor.View[T](t), scale
}

// single returns the only scale and zero point of a value.
func (o s8LSTMs) single(v *ir.Value) (float32, int64) {
	if v == nil {
		o.fail("a value with quantization parameters is absent")
		return 1, 0
	}
	p := o.affine(v, v.Type.Shape)
	if o.err == nil && (p.PerAxis() || !(p.Scale[0] > 0) || math.IsInf(float64(p.Scale[0]), 0)) {
		o.fail("%q has scales %v, want one above 0", v.Name, p.Scale)
	}
	return p.Scale[0], p.Zero[0]
}

// gate reads the weights of a gate. in and out are the scales of the input and of the result, cell is that of the cell.
func (o s8LSTMs) gate(gate int, in, out, cell float32) kernel.S8LSTMGate {
	l := oneWay
	var g kernel.S8LSTMGate
	var input, recurrent, peephole, norm float32
	g.Input, input = aroundZero[int8](o, l.weights+gate, tensor.Int8)
	g.Recurrent, recurrent = aroundZero[int8](o, l.weights+4+gate, tensor.Int8)
	g.Bias, _ = aroundZero[int32](o, l.weights+11+gate, tensor.Int32)
	if at := [...]int{8, 9, -1, 10}[gate]; at >= 0 {
		g.Peephole, peephole = aroundZero[int16](o, l.weights+at, tensor.Int16)
	}
	g.Norm, norm = aroundZero[int16](o, l.norm+gate, tensor.Int16)
	to := float32(1) / (1 << 12)
	if g.Norm != nil {
		to, _ = o.single(o.node.Intermediates[gate])
	}
	if o.err != nil || g.Input == nil && gate == kernel.InputGate {
		return kernel.S8LSTMGate{}
	}
	g.InputScale = multiplier(float64(float32(input*in) / to))
	g.RecurrentScale = multiplier(float64(float32(recurrent*out) / to))
	g.PeepholeScale = multiplier(float64(float32(float64(cell) * float64(peephole) / float64(to))))
	m, shift := quant.Multiplier(float64(norm))
	g.NormScale = kernel.NewMultiplier(m, shift+12)
	g.NormGuard = max(1, int32(10000*norm))
	return g
}

// clip is the stored form of a limit; 0 is none.
func clip(limit, scale float32, most float32) int32 {
	if !(limit > 0) {
		return 0
	}
	return int32(min(limit/scale, most))
}

// s8LSTM prepares an int8 layer whose inputs have the geometry f and go through it as q says.
func s8LSTM(of *operands, q kernel.F32Sequence, f kernel.F32LSTMSpec, a Activation) (Kernel, error) {
	o, n := s8LSTMs{of}, of.node
	if len(n.Intermediates) != lstmIntermediates {
		o.fail("has %d intermediates, want %d", len(n.Intermediates), lstmIntermediates)
	}
	if a != Tanh {
		o.fail("activation %v of an int8 LSTM is not supported", a)
	}
	if o.err != nil {
		return nil, o.err
	}
	x := o.perTensor(n.Inputs[0])
	state, cell := n.Inputs[oneWay.state], n.Inputs[oneWay.cell]
	o.stored(oneWay.state, tensor.Int8)
	o.stored(oneWay.cell, tensor.Int16)
	h, result := o.perTensor(state), o.perTensor(n.Outputs[0])
	hidden, hiddenZero := o.single(n.Intermediates[lstmHidden])
	cellScale, _ := o.single(cell)
	half, exponent := math.Frexp(float64(cellScale))
	s := kernel.S8LSTMSpec{
		Inputs: f.Inputs, Cells: f.Cells, Outputs: f.Outputs, InZero: x.Zero, OutZero: h.Zero, HiddenZero: int32(hiddenZero), CellBits: 14 + exponent,
		Hidden:   multiplier(float64(float32(1.0 / (1 << 15) / float64(hidden) / (1 << 15)))),
		CellClip: clip(f.CellClip, cellScale, math.MaxInt16), ProjClip: clip(f.ProjClip, result.Scale, math.MaxInt8),
	}
	if half != 0.5 || s.CellBits < 0 || s.CellBits > 6 {
		o.fail("%q has scale %v, want a power of 2 from 2^-15 to 2^-9", cell.Name, cellScale)
	}
	for gate := range s.Gates {
		s.Gates[gate] = o.gate(gate, x.Scale, h.Scale, cellScale)
	}
	var project float32
	s.Projection, project = aroundZero[int8](o, oneWay.weights+15, tensor.Int8)
	s.ProjBias, _ = aroundZero[int32](o, oneWay.weights+16, tensor.Int32)
	s.Project = multiplier(float64(float32(project*hidden) / h.Scale))
	if o.err != nil {
		return nil, o.err
	}
	k, err := kernel.NewS8LSTM(s)
	return func(c *Call) error {
		k.Run(i8(c.Out[0]), i8(c.In[0]), i8(c.In[oneWay.state]), i16(c.In[oneWay.cell]), q, c.Scratch(k.Scratch()))
		return nil
	}, err
}
