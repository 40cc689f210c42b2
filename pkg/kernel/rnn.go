package kernel

import "fmt"

// F32RNNSpec is the geometry of a simple recurrent layer.
type F32RNNSpec struct {
	Inputs, Aux, Units int               // Aux is 0 if there is no auxiliary input
	Activation         func(x []float32) // in place; nil is none
}

// F32RNN is a simple recurrent layer. It is immutable, and goroutines may share it.
//
// state = activation(bias + Σ input + Σ aux + Σ recurrent), one accumulator that takes the terms in this order.
type F32RNN struct {
	spec             F32RNNSpec
	input, aux, back rowProduct // aux is nil without an auxiliary input
}

// NewF32RNN prepares a layer from weights [Units, Inputs], [Units, Aux] (or nil), [Units, Units] and a bias (nil is zeros). It keeps none of them.
func NewF32RNN(s F32RNNSpec, input, aux, recurrent, bias []float32) (*F32RNN, error) {
	return newRNN(s, input, aux, recurrent, bias, f32Rows)
}

// newRNN prepares a layer whose products join makes.
func newRNN[M any](s F32RNNSpec, input, aux, recurrent M, bias []float32, join func(n, k int, weights []M, bias [][]float32) (rowProduct, error)) (*F32RNN, error) {
	r := &F32RNN{spec: s}
	var err error
	if r.input, err = join(s.Units, s.Inputs, []M{input}, [][]float32{bias}); err != nil {
		return nil, fmt.Errorf("input weights: %w", err)
	}
	if s.Aux > 0 {
		if r.aux, err = join(s.Units, s.Aux, []M{aux}, nil); err != nil {
			return nil, fmt.Errorf("auxiliary weights: %w", err)
		}
	}
	if r.back, err = join(s.Units, s.Units, []M{recurrent}, nil); err != nil {
		return nil, fmt.Errorf("recurrent weights: %w", err)
	}
	return r, nil
}

// Scratch returns how many float32 Run needs.
func (r *F32RNN) Scratch(q F32Sequence) int {
	return (q.Steps+1)*q.Batch*r.spec.Units + rowScratch(r.input, r.aux, r.back)
}

// Run takes a sequence through the layer. in and aux hold a row for every step and sample; out gets one of Units elements for each. state, [Batch, Units],
// is what the layer remembers, before and after.
func (r *F32RNN) Run(out, in, aux, state []float32, q F32Sequence, scratch []float32) {
	n := r.spec.Units
	all := scratch[:q.Steps*q.Batch*n]
	step, scratch := scratch[len(all):][:q.Batch*n], scratch[len(all)+q.Batch*n:]
	r.input.rows(all, in, false, scratch)
	if r.aux != nil {
		r.aux.rows(all, aux, true, scratch)
	}
	outRow := q.OutRow
	if outRow == 0 {
		outRow = n
	}
	for i := range q.Steps {
		for b := range q.Batch {
			copy(step[b*n:(b+1)*n], all[q.row(i, b)*n:])
		}
		r.back.rows(step, state, true, scratch)
		if r.spec.Activation != nil {
			r.spec.Activation(step)
		}
		copy(state, step)
		for b := range q.Batch {
			at := q.row(i, b) * outRow
			copy(out[at:at+n], state[b*n:])
		}
	}
}
