package kernel

import "fmt"

// The gates of an LSTM, in TFLite's order.
const (
	InputGate = iota
	ForgetGate
	CellGate
	OutputGate
	gates
)

// F32LSTMSpec is the geometry of an LSTM.
type F32LSTMSpec struct {
	Inputs, Aux    int // elements of an input and of an auxiliary input, 0 if there is none
	Cells, Outputs int // Outputs equals Cells if there is no projection

	Activation         func(x []float32) // in place, of the cell gate and of the cell where it leaves; the hyperbolic tangent if nil
	CellClip, ProjClip float32           // limits of the cell's and of the projection's absolute values; 0 is none
}

// LSTMWeights are the weights of an LSTM, by gate. Matrices are [Cells, Inputs], [Cells, Aux] and [Cells, Outputs], vectors have Cells elements.
type LSTMWeights[M any] struct {
	Input     [4]M // absent for the input gate: that gate is one minus the forget gate (CIFG), and has no weights
	Aux       [4]M // if the spec has an auxiliary input
	Recurrent [4]M
	Bias      [4][]float32 // nil is zeros
	Peephole  [4][]float32 // from the cell to the gates, all or nil; not to the cell gate
	Norm      [4][]float32 // coefficients of the layer normalization, for all gates or nil

	Projection     M         // [Outputs, Cells], or absent
	ProjectionBias []float32 // [Outputs], or nil
}

// F32LSTMWeights are weights of floats; a nil matrix is absent.
type F32LSTMWeights = LSTMWeights[[]float32]

// F32LSTM is an LSTM layer. It is immutable, and goroutines may share it.
//
// A gate is activation(bias + Σ input + Σ aux + Σ recurrent + peephole · cell), one accumulator that takes the terms in this order, each by a fused
// multiply-add. With layer normalization it starts from 0, and coefficient · normalized + bias is activated instead: (x - mean) / √(variance + 1e-8), where mean and
// variance are sums by F32Sum and F32SumSquares, divided in float64 and rounded to float32. The activation is F32Logistic but for the cell gate. Then
//
//	cell   = clip(forget · cell + input · cell gate)
//	output = clip(projection(output gate · activation(cell)))
//
// where the output gate's peephole sees the new cell.
type F32LSTM struct {
	spec  F32LSTMSpec
	cifg  bool
	input rowProduct // to all gates, side by side
	aux   rowProduct // nil without an auxiliary input
	back  rowProduct
	proj  rowProduct // nil without a projection

	bias, peephole, norm [gates][]float32
}

// NewF32LSTM prepares a layer. It keeps the vectors of w, but not the matrices.
func NewF32LSTM(s F32LSTMSpec, w *F32LSTMWeights) (*F32LSTM, error) {
	return newLSTM(s, w, func(m []float32) bool { return m != nil }, f32Rows)
}

// newLSTM prepares a layer whose matrices there tells from absent ones, and whose products join makes: with n columns of k weights each, all side by side.
func newLSTM[M any](s F32LSTMSpec, w *LSTMWeights[M], there func(M) bool, join func(n, k int, weights []M, bias [][]float32) (rowProduct, error)) (*F32LSTM, error) {
	if s.Activation == nil {
		s.Activation = func(x []float32) { F32MapTanh(x, x) }
	}
	l := &F32LSTM{spec: s, cifg: !there(w.Input[InputGate]), peephole: w.Peephole, norm: w.Norm}
	first := InputGate
	if l.cifg {
		first = ForgetGate
	}
	for gate := first; gate < gates; gate++ {
		for _, v := range [...]struct {
			name     string
			v        []float32
			optional bool
		}{
			{"bias", w.Bias[gate], true},
			{"peephole", w.Peephole[gate], w.Peephole[ForgetGate] == nil || gate == CellGate},
			{"layer normalization", w.Norm[gate], w.Norm[ForgetGate] == nil},
		} {
			if len(v.v) != s.Cells && (v.v != nil || !v.optional) {
				return nil, fmt.Errorf("kernel: gate %d of an LSTM of %d cells has %d elements of %s", gate, s.Cells, len(v.v), v.name)
			}
		}
	}
	bias := w.Bias
	if w.Norm[ForgetGate] != nil {
		l.bias, bias = w.Bias, [4][]float32{}
	}
	var err error
	if l.input, err = join(s.Cells, s.Inputs, w.Input[first:], bias[first:]); err != nil {
		return nil, fmt.Errorf("input weights: %w", err)
	}
	if s.Aux > 0 {
		if l.aux, err = join(s.Cells, s.Aux, w.Aux[first:], nil); err != nil {
			return nil, fmt.Errorf("auxiliary weights: %w", err)
		}
	}
	if l.back, err = join(s.Cells, s.Outputs, w.Recurrent[first:], nil); err != nil {
		return nil, fmt.Errorf("recurrent weights: %w", err)
	}
	if !there(w.Projection) {
		if s.Outputs != s.Cells {
			return nil, fmt.Errorf("kernel: %d outputs of %d cells without a projection", s.Outputs, s.Cells)
		}
		return l, nil
	}
	if l.proj, err = join(s.Outputs, s.Cells, []M{w.Projection}, [][]float32{w.ProjectionBias}); err != nil {
		return nil, fmt.Errorf("projection: %w", err)
	}
	return l, nil
}

// F32Sequence says how the steps of a sequence lie in memory, and how to go through them.
type F32Sequence struct {
	Steps, Batch int
	TimeMajor    bool // rows are [Steps, Batch], else [Batch, Steps]
	Reverse      bool // from the last step to the first
	OutRow       int  // elements from one row of the result to the next; 0 if they follow each other
}

// row returns the row of sample b in the i-th step that is taken.
func (q *F32Sequence) row(i, b int) int {
	if q.Reverse {
		i = q.Steps - 1 - i
	}
	if q.TimeMajor {
		return i*q.Batch + b
	}
	return b*q.Steps + i
}

func (l *F32LSTM) gates() int {
	if l.cifg {
		return gates - 1
	}
	return gates
}

// Scratch returns how many float32 Run needs.
func (l *F32LSTM) Scratch(q F32Sequence) int {
	return (q.Steps+1)*q.Batch*l.gates()*l.spec.Cells + 2*q.Batch*l.spec.Cells + rowScratch(l.input, l.aux, l.back, l.proj)
}

// F32LSTMScan is where a layer lets inner results be seen in each step. A nil scan sees nothing.
type F32LSTMScan struct {
	Norm   [4]*F32Scan // what the layer normalization of each gate gets; nothing without one
	Hidden *F32Scan    // output gate · activation(cell): the result, if it is not projected
	Cell   *F32Scan    // the new cell
}

// Run takes a sequence through the layer. in and aux hold a row for every step and sample; out gets one of Outputs elements for each. state, [Batch, Outputs],
// and cell, [Batch, Cells], are what the layer remembers, before and after.
func (l *F32LSTM) Run(out, in, aux, state, cell []float32, q F32Sequence, scratch []float32) {
	l.RunScan(out, in, aux, state, cell, q, scratch, &F32LSTMScan{})
}

// RunScan is Run, with a look inside.
func (l *F32LSTM) RunScan(out, in, aux, state, cell []float32, q F32Sequence, scratch []float32, seen *F32LSTMScan) {
	s := &l.spec
	width := l.gates() * s.Cells
	// The terms of the inputs don't wait for the state: one product for all steps.
	all, scratch := scratch[:q.Steps*q.Batch*width], scratch[q.Steps*q.Batch*width:]
	step, scratch := scratch[:q.Batch*width], scratch[q.Batch*width:]
	hidden, scratch := scratch[:q.Batch*s.Cells], scratch[q.Batch*s.Cells:]
	ones, scratch := scratch[:s.Cells], scratch[s.Cells:]
	l.input.rows(all, in, false, scratch)
	if l.aux != nil {
		l.aux.rows(all, aux, true, scratch)
	}
	outRow := q.OutRow
	if outRow == 0 {
		outRow = s.Outputs
	}
	for i := range q.Steps {
		for b := range q.Batch {
			copy(step[b*width:(b+1)*width], all[q.row(i, b)*width:])
		}
		l.back.rows(step, state, true, scratch)
		for b := range q.Batch {
			l.update(step[b*width:(b+1)*width], cell[b*s.Cells:(b+1)*s.Cells], hidden[b*s.Cells:(b+1)*s.Cells], ones, seen)
		}
		if l.proj != nil {
			l.proj.rows(state, hidden, false, scratch)
			clipTo(state, s.ProjClip)
		} else {
			copy(state, hidden)
		}
		for b := range q.Batch {
			at := q.row(i, b) * outRow
			copy(out[at:at+s.Outputs], state[b*s.Outputs:])
		}
	}
}

// update takes the gates' sums of one sample, without peepholes, to its new cell and hidden values. inputs is memory for the input gate of CIFG.
func (l *F32LSTM) update(sums, cell, hidden, inputs []float32, seen *F32LSTMScan) {
	n := len(cell)
	if l.cifg {
		l.gate(sums[:n], cell, ForgetGate, logisticGate, seen)
		for i, f := range sums[:n] {
			inputs[i] = 1 - f
		}
	} else {
		inputs, sums = sums[:n], sums[n:]
		l.gate(inputs, cell, InputGate, logisticGate, seen)
		l.gate(sums[:n], cell, ForgetGate, logisticGate, seen)
	}
	forget, candidate, output := sums[:n], sums[n:2*n], sums[2*n:3*n]
	l.gate(candidate, nil, CellGate, l.spec.Activation, seen)
	for i, c := range cell {
		cell[i] = float32(forget[i]*c) + float32(candidate[i]*inputs[i])
	}
	clipTo(cell, l.spec.CellClip)
	seen.Cell.Include(cell)
	l.gate(output, cell, OutputGate, logisticGate, seen)
	copy(hidden, cell)
	l.spec.Activation(hidden)
	Mul(hidden, output, hidden)
	seen.Hidden.Include(hidden)
}

// gate finishes a gate: peephole, layer normalization, activation.
func (l *F32LSTM) gate(x, cell []float32, gate int, activation func(x []float32), seen *F32LSTMScan) {
	if w := l.peephole[gate]; w != nil && gate != CellGate {
		for i, c := range cell {
			x[i] = fma32(w[i], c, x[i])
		}
	}
	if coefficients := l.norm[gate]; coefficients != nil {
		seen.Norm[gate].Include(x)
		normalize(x)
		bias := l.bias[gate]
		for i, c := range coefficients {
			x[i] = float32(x[i] * c)
			if bias != nil {
				x[i] += bias[i]
			}
		}
	}
	activation(x)
}

func logisticGate(x []float32) { F32MapLogistic(x, x) }

// normalize subtracts the mean and divides by the standard deviation.
func normalize(x []float32) {
	n := float64(len(x))
	mean := float32(F32Sum(x) / n)
	for i := range x {
		x[i] -= mean
	}
	variance := float32(F32SumSquares(x) / n)
	inverse := 1 / F32Sqrt(variance+1e-8)
	for i := range x {
		x[i] *= inverse
	}
}

// clipTo limits absolute values; a limit of 0 is none.
func clipTo(x []float32, most float32) {
	if most > 0 {
		Clamp(x, x, -most, most)
	}
}
