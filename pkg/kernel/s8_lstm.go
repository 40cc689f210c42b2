package kernel

import (
	"fmt"
	"math"
	"sync"
)

// S8LSTMSpec is the geometry of an int8 LSTM and how its numbers stand for real ones.
type S8LSTMSpec struct {
	Inputs, Cells, Outputs      int
	InZero, OutZero, HiddenZero int32
	CellBits                    int        // the cell is in fixed point, with so many bits before the point: 0 to 6
	Hidden                      Multiplier // from output gate · tanh(cell) in units of 2^-30 to the hidden value
	CellClip, ProjClip          int32      // limits of absolute values, as stored; 0 is none

	Gates      [4]S8LSTMGate // the input gate's without weights: that gate is one minus the forget gate (CIFG)
	Projection []int8        // [Outputs, Cells], or nil: the hidden value is the result
	ProjBias   []int32       // [Outputs], or nil
	Project    Multiplier
}

// S8LSTMGate are the weights of a gate, and the multipliers that bring its terms to 2^-12, or with a layer normalization to the scale of what that gets.
type S8LSTMGate struct {
	Input, Recurrent           []int8 // [Cells, Inputs] and [Cells, Outputs]
	Bias                       []int32
	InputScale, RecurrentScale Multiplier
	Peephole                   []int16 // from the cell, or nil
	PeepholeScale              Multiplier
	Norm                       []int16 // coefficients of the layer normalization, or nil
	NormScale                  Multiplier
	NormGuard                  int32 // what a variance under 1 counts as
}

// S8LSTM is an LSTM layer on int8 rows, which remembers its result in int8 and the cell in int16, as TFLite's reference kernel computes it. It is immutable, and goroutines
// may share it.
//
// A gate is a sum in int16, saturated after each term: input, recurrent and peephole products, each rescaled. The layer normalization is that of int16 numbers by their integer
// mean and variance. Gates are activated in fixed point, Q3 to Q0, and
//
//	cell   = clip(forget · cell + input · cell gate)
//	hidden = output gate · tanh(cell)
//
// Where a projection makes fewer outputs than there are cells, the reference kernel takes their number for that of the cells when it adds peepholes, and so does Run.
type S8LSTM struct {
	spec                         S8LSTMSpec
	gates                        [gates]s8LSTMGate
	input, recurrent, projection s8Right // the gates' columns side by side

	logistic, tanh, tanhCell *table16 // of gates, of the cell gate, and of the cell
}

// table16 is a function of an int16, by the bits of its argument.
type table16 [1 << 16]int16

// of stores the function of each element of src.
func (t *table16) of(dst, src []int16) {
	for i, x := range src {
		dst[i] = t[uint16(x)]
	}
}

func newTable16(f func(x int16) int16) *table16 {
	t := new(table16)
	for i := range t {
		t[i] = f(int16(i))
	}
	return t
}

// The tables that LSTMs share, made when one first needs them.
var (
	logisticTable = sync.OnceValue(func() *table16 { return newTable16(logistic16) })
	tanhTables    = [7]func() *table16{tanhTable(0), tanhTable(1), tanhTable(2), tanhTable(3), tanhTable(4), tanhTable(5), tanhTable(6)}
)

func tanhTable(bits int) func() *table16 {
	return sync.OnceValue(func() *table16 { return newTable16(func(x int16) int16 { return tanh16(x, bits) }) })
}

// s8LSTMGate is a gate, and where its columns begin among those of all gates.
type s8LSTMGate struct {
	*S8LSTMGate
	first int
}

// checkS8Rows checks n rows of k weights and their bias.
func checkS8Rows(n, k int, weights []int8, bias []int32) error {
	if n < 1 || k < 1 || n > maxElements/k {
		return fmt.Errorf("kernel: %d rows of %d weights", n, k)
	}
	return checkS8(weights, n*k, bias, n)
}

// newS8Rows packs rows of k weights as columns. zero is the data's zero point.
func newS8Rows(k int, weights []int8, bias []int32, zero int32) s8Right {
	return newS8Right(s8FormNow(), k, len(weights)/k, s8Weights{weights, 1, k}, bias, zero, 0)
}

// NewS8LSTM prepares a layer. It keeps the vectors of weights, but not the matrices.
func NewS8LSTM(s S8LSTMSpec) (*S8LSTM, error) {
	if s.CellBits < 0 || s.CellBits > 6 {
		return nil, fmt.Errorf("kernel: a cell with %d bits before the point, want 0 to 6", s.CellBits)
	}
	l := &S8LSTM{spec: s, logistic: logisticTable(), tanh: tanhTables[3](), tanhCell: tanhTables[s.CellBits]()}
	var input, recurrent []int8
	var start []int32
	for i := range l.gates {
		g := &l.spec.Gates[i]
		if i == InputGate && g.Input == nil {
			continue
		}
		l.gates[i] = s8LSTMGate{g, len(start)}
		bias := g.Bias
		if g.Norm != nil {
			bias = nil
		}
		if err := checkS8Rows(s.Cells, s.Inputs, g.Input, bias); err != nil {
			return nil, fmt.Errorf("input weights of gate %d: %w", i, err)
		}
		if err := checkS8Rows(s.Cells, s.Outputs, g.Recurrent, nil); err != nil {
			return nil, fmt.Errorf("recurrent weights of gate %d: %w", i, err)
		}
		for _, v := range [...]struct {
			what string
			n    int
			fits bool
		}{
			{"peepholes", len(g.Peephole), g.Peephole == nil || len(g.Peephole) == s.Cells && s.Outputs <= s.Cells},
			{"coefficients", len(g.Norm), g.Norm == nil || len(g.Norm) == s.Cells && len(g.Bias) == s.Cells},
		} {
			if !v.fits {
				return nil, fmt.Errorf("kernel: gate %d of an LSTM of %d cells and %d outputs has %d %s", i, s.Cells, s.Outputs, v.n, v.what)
			}
		}
		input, recurrent = append(input, g.Input...), append(recurrent, g.Recurrent...)
		start = append(start, make([]int32, s.Cells)...)
		copy(start[len(start)-s.Cells:], bias)
	}
	l.input, l.recurrent = newS8Rows(s.Inputs, input, start, s.InZero), newS8Rows(s.Outputs, recurrent, nil, s.OutZero)
	if s.Projection == nil {
		if s.Outputs != s.Cells {
			return nil, fmt.Errorf("kernel: %d outputs of %d cells without a projection", s.Outputs, s.Cells)
		}
		return l, nil
	}
	if err := checkS8Rows(s.Outputs, s.Cells, s.Projection, s.ProjBias); err != nil {
		return nil, fmt.Errorf("projection: %w", err)
	}
	l.projection = newS8Rows(s.Cells, s.Projection, s.ProjBias, -s.HiddenZero)
	return l, nil
}

// s8LSTMWork is the memory of a step.
type s8LSTMWork struct {
	gates                        [gates][]int16
	inputs, states, outputs      []int32 // sums: of the input and of the state for all gates, of the projection
	hidden                       []int8
	input, recurrent, projection s8Work
}

// Scratch returns how many float32 Run needs.
func (l *S8LSTM) Scratch() int {
	n := gates*bytesIn32(2*l.spec.Cells) + 2*l.input.n + l.input.stripScratch(1) + l.recurrent.stripScratch(1)
	if l.spec.Projection != nil {
		n += l.projection.n + bytesIn32(l.spec.Cells) + l.projection.stripScratch(1)
	}
	return n
}

// work divides memory of Scratch elements.
func (l *S8LSTM) work(scratch []float32) (w s8LSTMWork) {
	for i := range w.gates {
		w.gates[i], scratch = cut[int16](scratch, l.spec.Cells)
	}
	part := func(r *s8Right) (sums []int32, work s8Work) {
		sums, scratch = cut[int32](scratch, r.n)
		work, scratch = r.cutWork(scratch, 1), scratch[r.stripScratch(1):]
		return sums, work
	}
	w.inputs, w.input = part(&l.input)
	w.states, w.recurrent = part(&l.recurrent)
	if l.spec.Projection != nil {
		w.outputs, w.projection = part(&l.projection)
		w.hidden, _ = cut[int8](scratch, l.spec.Cells)
	}
	return w
}

// Run takes a sequence through the layer. in holds a row for every step and sample, out gets one of Outputs elements for each. state, [Batch, Outputs], and cell,
// [Batch, Cells], are what the layer remembers, before and after.
func (l *S8LSTM) Run(out, in, state []int8, cell []int16, q F32Sequence, scratch []float32) {
	s, work := &l.spec, l.work(scratch)
	together := 1 // samples that the reference kernel takes a step with at once
	if q.TimeMajor {
		together = q.Batch
	}
	for b := range q.Batch {
		at := b % together * s.Cells
		h, c := state[b*s.Outputs:(b+1)*s.Outputs], cell[b*s.Cells:(b+1)*s.Cells]
		for i := range q.Steps {
			row := q.row(i, b)
			l.step(h, in[row*s.Inputs:(row+1)*s.Inputs], c, &work, at, together*s.Outputs)
			copy(out[row*s.Outputs:], h)
		}
	}
}

// step takes one row in: state and cell change. The row's cells begin at a place among those of all rows that take the step, of which the first few have peepholes.
func (l *S8LSTM) step(state, in []int8, cell []int16, w *s8LSTMWork, at, peepholes int) {
	s := &l.spec
	input, forget, candidate, output := w.gates[0], w.gates[1], w.gates[2], w.gates[3]
	l.input.row(w.inputs, in, &w.input)
	l.recurrent.row(w.states, state, &w.recurrent)
	if l.gates[InputGate].S8LSTMGate != nil {
		l.gates[InputGate].run(input, w, cell, len(state), at, peepholes)
		l.logistic.of(input, input)
	}
	l.gates[ForgetGate].run(forget, w, cell, len(state), at, peepholes)
	l.logistic.of(forget, forget)
	l.gates[CellGate].run(candidate, w, cell, len(state), at, peepholes)
	l.tanh.of(candidate, candidate)
	shift := 15 + s.CellBits
	for i, c := range cell {
		f := forget[i]
		open := input[i]
		if l.gates[InputGate].S8LSTMGate == nil {
			open = math.MaxInt16 - f
		}
		kept := ShiftRound(int32(f)*int32(c), 15)
		c = saturate16(int32(int16(kept)) + int32(int16(ShiftRound(int32(open)*int32(candidate[i]), shift))))
		if s.CellClip > 0 {
			c = int16(min(max(int32(c), -s.CellClip), s.CellClip))
		}
		cell[i] = c
	}
	l.gates[OutputGate].run(output, w, cell, len(state), at, peepholes)
	l.logistic.of(output, output)
	l.tanhCell.of(candidate, cell)
	if s.Projection == nil {
		for i, o := range output {
			state[i] = saturate8(s.Hidden.Rescale(int32(o)*int32(candidate[i])) + s.HiddenZero)
		}
		return
	}
	for i, o := range output {
		w.hidden[i] = saturate8(s.Hidden.Rescale(int32(o)*int32(candidate[i])) - s.HiddenZero)
	}
	l.projection.row(w.outputs, w.hidden, &w.projection)
	for i, sum := range w.outputs {
		y := saturate8(s.Project.Rescale(sum) + s.OutZero)
		if s.ProjClip > 0 {
			y = int8(min(max(int32(y), -s.ProjClip), s.ProjClip))
		}
		state[i] = y
	}
}

// run makes what a gate is before its activation, of an LSTM of so many outputs.
func (g *s8LSTMGate) run(x []int16, w *s8LSTMWork, cell []int16, outputs, at, peepholes int) {
	inputs, states := w.inputs[g.first:][:len(x)], w.states[g.first:][:len(x)]
	for i := range x {
		y := saturate16(g.InputScale.Rescale(inputs[i]))
		x[i] = saturate16(int32(y) + g.RecurrentScale.Rescale(states[i]))
	}
	if g.Peephole != nil {
		for i := range min(len(x), max(peepholes-at, 0)) {
			w := g.Peephole[(at+i)%outputs]
			x[i] = saturate16(int32(x[i]) + g.PeepholeScale.Rescale(int32(w)*int32(cell[i])))
		}
	}
	if g.Norm != nil {
		g.normalize(x)
	}
}

// normalize applies the layer normalization: the mean and the variance are those of integers, the former with 10 bits behind the point.
func (g *s8LSTMGate) normalize(x []int16) {
	var sum, squares int64
	for _, v := range x {
		sum += int64(v)
		squares += int64(v) * int64(v)
	}
	n := int64(len(x))
	mean := int32(sum * 1024 / n)
	variance := int32((squares*(1<<20/n) - int64(mean)*int64(mean)) / (1 << 20))
	if variance < 1 {
		variance = g.NormGuard
	}
	m, shift := invSqrt(variance)
	for i, v := range x {
		y := int64(Rescale(1024*int32(v)-mean, m, shift)*int32(g.Norm[i]) + g.Bias[i])
		if y > 0 {
			y += 512
		} else {
			y -= 512
		}
		x[i] = saturate16(g.NormScale.Rescale(int32(y / 1024)))
	}
}

func saturate8(x int32) int8 { return int8(min(max(x, math.MinInt8), math.MaxInt8)) }
