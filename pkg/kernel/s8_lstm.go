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
	spec       S8LSTMSpec
	gates      [gates]s8LSTMGate
	projection s8GateRows

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

// s8LSTMGate is a gate whose zero points are in the biases.
type s8LSTMGate struct {
	*S8LSTMGate
	input, recurrent s8GateRows
}

// s8GateRows are weights by row, and what the sum of each row starts at.
type s8GateRows struct {
	weights []int8
	start   []int32
}

// newS8GateRows checks n rows of k weights and takes the data's zero point into the bias.
func newS8GateRows(n, k int, weights []int8, bias []int32, zero int32) (s8GateRows, error) {
	if n < 1 || k < 1 || n > maxElements/k {
		return s8GateRows{}, fmt.Errorf("kernel: %d rows of %d weights", n, k)
	}
	if err := checkS8(weights, n*k, bias, n); err != nil {
		return s8GateRows{}, err
	}
	r := s8GateRows{weights, make([]int32, n)}
	for i := range r.start {
		for _, w := range weights[i*k : (i+1)*k] {
			r.start[i] -= zero * int32(w)
		}
		if bias != nil {
			r.start[i] += bias[i]
		}
	}
	return r, nil
}

// sumS8 is the product of row i with x, which wraps.
func sumS8[T int8 | int16](r *s8GateRows, i int, x []T) int32 {
	acc := r.start[i]
	w := r.weights[i*len(x):][:len(x)]
	for k, v := range x {
		acc += int32(v) * int32(w[k])
	}
	return acc
}

// NewS8LSTM prepares a layer. It keeps the weights.
func NewS8LSTM(s S8LSTMSpec) (*S8LSTM, error) {
	if s.CellBits < 0 || s.CellBits > 6 {
		return nil, fmt.Errorf("kernel: a cell with %d bits before the point, want 0 to 6", s.CellBits)
	}
	l := &S8LSTM{spec: s, logistic: logisticTable(), tanh: tanhTables[3](), tanhCell: tanhTables[s.CellBits]()}
	var err error
	for i := range l.gates {
		g := &l.spec.Gates[i]
		if i == InputGate && g.Input == nil {
			continue
		}
		l.gates[i].S8LSTMGate = g
		bias := g.Bias
		if g.Norm != nil {
			bias = nil
		}
		if l.gates[i].input, err = newS8GateRows(s.Cells, s.Inputs, g.Input, bias, s.InZero); err != nil {
			return nil, fmt.Errorf("input weights of gate %d: %w", i, err)
		}
		if l.gates[i].recurrent, err = newS8GateRows(s.Cells, s.Outputs, g.Recurrent, nil, s.OutZero); err != nil {
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
	}
	if s.Projection == nil {
		if s.Outputs != s.Cells {
			return nil, fmt.Errorf("kernel: %d outputs of %d cells without a projection", s.Outputs, s.Cells)
		}
		return l, nil
	}
	if l.projection, err = newS8GateRows(s.Outputs, s.Cells, s.Projection, s.ProjBias, -s.HiddenZero); err != nil {
		return nil, fmt.Errorf("projection: %w", err)
	}
	return l, nil
}

// Scratch returns how many int16 Run needs.
func (l *S8LSTM) Scratch() int { return gates * l.spec.Cells }

// Run takes a sequence through the layer. in holds a row for every step and sample, out gets one of Outputs elements for each. state, [Batch, Outputs], and cell,
// [Batch, Cells], are what the layer remembers, before and after.
func (l *S8LSTM) Run(out, in, state []int8, cell []int16, q F32Sequence, scratch []int16) {
	s := &l.spec
	together := 1 // samples that the reference kernel takes a step with at once
	if q.TimeMajor {
		together = q.Batch
	}
	for b := range q.Batch {
		at := b % together * s.Cells
		h, c := state[b*s.Outputs:(b+1)*s.Outputs], cell[b*s.Cells:(b+1)*s.Cells]
		for i := range q.Steps {
			row := q.row(i, b)
			l.step(h, in[row*s.Inputs:(row+1)*s.Inputs], c, scratch, at, together*s.Outputs)
			copy(out[row*s.Outputs:], h)
		}
	}
}

// step takes one row in: state and cell change. The row's cells begin at a place among those of all rows that take the step, of which the first few have peepholes.
func (l *S8LSTM) step(state, in []int8, cell, scratch []int16, at, peepholes int) {
	s, n := &l.spec, l.spec.Cells
	input, forget, candidate, output := scratch[:n], scratch[n:2*n], scratch[2*n:3*n], scratch[3*n:4*n]
	if l.gates[InputGate].S8LSTMGate != nil {
		l.gates[InputGate].run(input, in, state, cell, at, peepholes)
		l.logistic.of(input, input)
	}
	l.gates[ForgetGate].run(forget, in, state, cell, at, peepholes)
	l.logistic.of(forget, forget)
	l.gates[CellGate].run(candidate, in, state, cell, at, peepholes)
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
	l.gates[OutputGate].run(output, in, state, cell, at, peepholes)
	l.logistic.of(output, output)
	l.tanhCell.of(candidate, cell)
	if s.Projection == nil {
		for i, o := range output {
			state[i] = saturate8(s.Hidden.Rescale(int32(o)*int32(candidate[i])) + s.HiddenZero)
		}
		return
	}
	hidden := candidate
	for i, o := range output {
		hidden[i] = int16(saturate8(s.Hidden.Rescale(int32(o)*int32(candidate[i])) - s.HiddenZero))
	}
	for i := range state {
		y := saturate8(s.Project.Rescale(sumS8(&l.projection, i, hidden)) + s.OutZero)
		if s.ProjClip > 0 {
			y = int8(min(max(int32(y), -s.ProjClip), s.ProjClip))
		}
		state[i] = y
	}
}

// run makes the sums of a gate, before its activation.
func (g *s8LSTMGate) run(x []int16, in, state []int8, cell []int16, at, peepholes int) {
	for i := range x {
		y := saturate16(g.InputScale.Rescale(sumS8(&g.input, i, in)))
		x[i] = saturate16(int32(y) + g.RecurrentScale.Rescale(sumS8(&g.recurrent, i, state)))
	}
	if g.Peephole != nil {
		for i := range min(len(x), max(peepholes-at, 0)) {
			w := g.Peephole[(at+i)%len(state)]
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
