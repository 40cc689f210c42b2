package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// numbers returns n numbers between -1 and 1.
func numbers(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.IntN(2001)-1000) / 1000
	}
	return x
}

// dot adds a product to an accumulator as the numerics contract says.
func dot(acc float32, w, x []float32) float32 {
	for k := range w {
		acc = fma32(w[k], x[k], acc)
	}
	return acc
}

func relu(x float32) float32  { return bounded(x, 0, inf) }
func relu6(x float32) float32 { return bounded(x, 0, 6) }

// inPlace makes an activation of a function of one number.
func inPlace(f func(float32) float32) func(x []float32) {
	return func(x []float32) { F32Map(x, x, f) }
}

// lstmSeen are the ranges of what is inside an LSTM: what the gates' layer normalizations get, the hidden values, and the cell.
type lstmSeen [6]F32Range

// lstmStep is one step of one sample, written from the formulas, gate by gate and cell by cell. It widens the ranges in seen.
func lstmStep(s F32LSTMSpec, w *F32LSTMWeights, in, aux, state, cell []float32, seen *lstmSeen) (newState, newCell []float32) {
	act := F32Tanh
	if s.Activation != nil {
		act = relu
	}
	gate := func(g int, cell []float32, f func(float32) float32) []float32 {
		x := make([]float32, s.Cells)
		for i := range x {
			if w.Norm[g] == nil && w.Bias[g] != nil {
				x[i] = w.Bias[g][i]
			}
			x[i] = dot(x[i], w.Input[g][i*s.Inputs:(i+1)*s.Inputs], in)
			if s.Aux > 0 {
				x[i] = dot(x[i], w.Aux[g][i*s.Aux:(i+1)*s.Aux], aux)
			}
			x[i] = dot(x[i], w.Recurrent[g][i*s.Outputs:(i+1)*s.Outputs], state)
			if w.Peephole[g] != nil {
				x[i] = fma32(w.Peephole[g][i], cell[i], x[i])
			}
		}
		if w.Norm[g] != nil {
			seen[g].merge(F32MinMax(x))
			mean := float32(F32Sum(x) / float64(s.Cells))
			diff := make([]float32, s.Cells)
			for i := range x {
				diff[i] = x[i] - mean
			}
			inverse := 1 / F32Sqrt(float32(F32SumSquares(diff)/float64(s.Cells))+1e-8)
			for i := range x {
				x[i] = float32(float32(diff[i]*inverse)*w.Norm[g][i]) + w.Bias[g][i]
			}
		}
		for i := range x {
			x[i] = f(x[i])
		}
		return x
	}
	limit := func(x, by float32) float32 {
		if by > 0 {
			return max(-by, min(by, x))
		}
		return x
	}
	forget := gate(ForgetGate, cell, F32Logistic)
	input := make([]float32, s.Cells)
	if w.Input[InputGate] != nil {
		input = gate(InputGate, cell, F32Logistic)
	} else {
		for i, f := range forget {
			input[i] = 1 - f
		}
	}
	candidate := gate(CellGate, nil, act)
	newCell = make([]float32, s.Cells)
	for i := range newCell {
		newCell[i] = limit(float32(forget[i]*cell[i])+float32(input[i]*candidate[i]), s.CellClip)
	}
	output := gate(OutputGate, newCell, F32Logistic)
	newState = make([]float32, s.Cells)
	for i := range newState {
		newState[i] = output[i] * act(newCell[i])
	}
	seen[4].merge(F32MinMax(newState))
	seen[5].merge(F32MinMax(newCell))
	if w.Projection != nil {
		hidden := newState
		newState = make([]float32, s.Outputs)
		for i := range newState {
			if w.ProjectionBias != nil {
				newState[i] = w.ProjectionBias[i]
			}
			newState[i] = limit(dot(newState[i], w.Projection[i*s.Cells:(i+1)*s.Cells], hidden), s.ProjClip)
		}
	}
	return newState, newCell
}

// TestLSTM demands the bits of the plain formulas from every variant of the layer.
func TestLSTM(t *testing.T) {
	for bits := range 1 << 6 {
		cifg, peephole, projection, norm, aux, clip := bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0, bits&16 != 0, bits&32 != 0
		name := fmt.Sprintf("cifg=%v peephole=%v projection=%v norm=%v aux=%v clip=%v", cifg, peephole, projection, norm, aux, clip)
		r := rand.New(rand.NewPCG(uint64(bits), 1))
		s := F32LSTMSpec{Inputs: 3, Cells: 5, Outputs: 5}
		var w F32LSTMWeights
		if projection {
			s.Outputs = 2
			w.Projection = numbers(r, s.Outputs*s.Cells)
			if norm {
				w.ProjectionBias = numbers(r, s.Outputs)
			}
		}
		if aux {
			s.Aux = 2
			s.Activation = inPlace(relu)
		}
		if clip {
			s.CellClip, s.ProjClip = 0.2, 0.1
		}
		for g := range w.Input {
			if g == InputGate && cifg {
				continue
			}
			w.Input[g] = numbers(r, s.Cells*s.Inputs)
			w.Recurrent[g] = numbers(r, s.Cells*s.Outputs)
			if aux {
				w.Aux[g] = numbers(r, s.Cells*s.Aux)
			}
			if norm || g != OutputGate { // the output gate's bias is optional
				w.Bias[g] = numbers(r, s.Cells)
			}
			if peephole && g != CellGate {
				w.Peephole[g] = numbers(r, s.Cells)
			}
			if norm {
				w.Norm[g] = numbers(r, s.Cells)
			}
		}
		layer, err := NewF32LSTM(s, &w)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, q := range []F32Sequence{
			{Steps: 4, Batch: 2},
			{Steps: 3, Batch: 2, TimeMajor: true, Reverse: true, OutRow: s.Outputs + 3},
			{Steps: 1, Batch: 1, Reverse: true},
		} {
			rows := q.Steps * q.Batch
			in, auxIn := numbers(r, rows*s.Inputs), numbers(r, rows*s.Aux)
			state, cell := numbers(r, q.Batch*s.Outputs), numbers(r, q.Batch*s.Cells)
			outRow := max(q.OutRow, s.Outputs)
			want := make([]float32, rows*outRow)
			wantState, wantCell := make([]float32, len(state)), make([]float32, len(cell))
			var wantSeen, gotSeen lstmSeen
			for i := range wantSeen {
				wantSeen[i] = emptyRange
			}
			for b := range q.Batch {
				h, c := state[b*s.Outputs:(b+1)*s.Outputs], cell[b*s.Cells:(b+1)*s.Cells]
				for i := range q.Steps {
					at := i
					if q.Reverse {
						at = q.Steps - 1 - i
					}
					row := b*q.Steps + at
					if q.TimeMajor {
						row = at*q.Batch + b
					}
					h, c = lstmStep(s, &w, in[row*s.Inputs:(row+1)*s.Inputs], auxIn[row*s.Aux:(row+1)*s.Aux], h, c, &wantSeen)
					copy(want[row*outRow:], h)
				}
				copy(wantState[b*s.Outputs:], h)
				copy(wantCell[b*s.Cells:], c)
			}
			out := make([]float32, len(want))
			scratch := make([]float32, layer.Scratch(q))
			var scans [6]F32Scan
			for i := range scans {
				scans[i].Start(true)
			}
			look := F32LSTMScan{Norm: [4]*F32Scan{&scans[0], &scans[1], &scans[2], &scans[3]}, Hidden: &scans[4], Cell: &scans[5]}
			layer.RunScan(out, in, auxIn, state, cell, q, scratch, &look)
			for i := range scans {
				gotSeen[i], _ = scans[i].Range(scans[i].Seen())
			}
			if diff := cmp.Diff(wantSeen, gotSeen); diff != "" {
				t.Errorf("%s, %+v: inside: %s", name, q, diff)
			}
			for _, c := range []struct {
				what      string
				got, want []float32
			}{{"output", out, want}, {"state", state, wantState}, {"cell", cell, wantCell}} {
				if diff := cmp.Diff(c.want, c.got); diff != "" {
					t.Errorf("%s, %+v: %s: %s", name, q, c.what, diff)
				}
			}
			if n := testing.AllocsPerRun(3, func() { layer.Run(out, in, auxIn, state, cell, q, scratch) }); n != 0 {
				t.Errorf("%s: Run allocates %v times", name, n)
			}
		}
	}
}

func TestLSTMRejects(t *testing.T) {
	good := func() (F32LSTMSpec, *F32LSTMWeights) {
		w := &F32LSTMWeights{}
		for g := range w.Input {
			w.Input[g], w.Recurrent[g], w.Bias[g] = make([]float32, 6), make([]float32, 4), make([]float32, 2)
		}
		return F32LSTMSpec{Inputs: 3, Cells: 2, Outputs: 2}, w
	}
	s, w := good()
	if _, err := NewF32LSTM(s, w); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*F32LSTMSpec, *F32LSTMWeights){
		"short input weights":     func(_ *F32LSTMSpec, w *F32LSTMWeights) { w.Input[CellGate] = w.Input[CellGate][:5] },
		"no recurrent weights":    func(_ *F32LSTMSpec, w *F32LSTMWeights) { w.Recurrent[InputGate] = nil },
		"short bias":              func(_ *F32LSTMSpec, w *F32LSTMWeights) { w.Bias[OutputGate] = make([]float32, 1) },
		"half of the peepholes":   func(_ *F32LSTMSpec, w *F32LSTMWeights) { w.Peephole[ForgetGate] = make([]float32, 2) },
		"half of the norms":       func(_ *F32LSTMSpec, w *F32LSTMWeights) { w.Norm[ForgetGate] = make([]float32, 2) },
		"outputs, no projection":  func(s *F32LSTMSpec, w *F32LSTMWeights) { s.Outputs = 1 },
		"short projection":        func(_ *F32LSTMSpec, w *F32LSTMWeights) { w.Projection = make([]float32, 3) },
		"no auxiliary weights":    func(s *F32LSTMSpec, _ *F32LSTMWeights) { s.Aux = 1 },
		"no input weights at all": func(_ *F32LSTMSpec, w *F32LSTMWeights) { w.Input = [4][]float32{} },
	} {
		s, w := good()
		spoil(&s, w)
		if _, err := NewF32LSTM(s, w); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRNN(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	s := F32RNNSpec{Inputs: 3, Aux: 2, Units: 4, Activation: inPlace(relu6)}
	input, aux, recurrent, bias := numbers(r, 12), numbers(r, 8), numbers(r, 16), numbers(r, 4)
	layer, err := NewF32RNN(s, input, aux, recurrent, bias)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []F32Sequence{{Steps: 3, Batch: 2}, {Steps: 3, Batch: 2, TimeMajor: true, Reverse: true, OutRow: 9}} {
		outRow := max(q.OutRow, 4)
		in, auxIn, state := numbers(r, 18), numbers(r, 12), numbers(r, 8)
		want := make([]float32, 6*outRow)
		wantState := make([]float32, 8)
		copy(wantState, state)
		for i := range q.Steps {
			for b := range q.Batch {
				row := b*q.Steps + i
				if q.Reverse && q.TimeMajor {
					row = (q.Steps-1-i)*q.Batch + b
				}
				h := make([]float32, 4)
				for u := range h {
					x := dot(bias[u], input[u*3:(u+1)*3], in[row*3:(row+1)*3])
					x = dot(x, aux[u*2:(u+1)*2], auxIn[row*2:(row+1)*2])
					h[u] = relu6(dot(x, recurrent[u*4:(u+1)*4], wantState[b*4:(b+1)*4]))
				}
				copy(wantState[b*4:], h)
				copy(want[row*outRow:], h)
			}
		}
		got := make([]float32, len(want))
		layer.Run(got, in, auxIn, state, q, make([]float32, layer.Scratch(q)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v: %s", q, diff)
		}
		if diff := cmp.Diff(wantState, state); diff != "" {
			t.Errorf("%+v: state: %s", q, diff)
		}
	}
}

func TestSVDF(t *testing.T) {
	// One unit of rank 2 with a memory of 2, two inputs.
	layer, err := NewF32SVDF(F32SVDFSpec{Inputs: 2, Units: 1, Rank: 2, Memory: 2, Activation: inPlace(relu)},
		[]float32{1, 0, 0, 1}, []float32{1, 10, 2, 3}, []float32{0.5})
	if err != nil {
		t.Fatal(err)
	}
	state := make([]float32, 2*4)
	out, scratch := make([]float32, 2), make([]float32, layer.Scratch(2))
	for _, c := range []struct{ in, want []float32 }{
		// Filters see x and y: 10x + 3y now, 1x' + 2y' from the step before.
		{[]float32{1, 1, -1, 0}, []float32{13.5, 0}},
		{[]float32{0, 0, 1, 1}, []float32{3.5, 12.5}},
		{[]float32{2, 0, 0, 0}, []float32{20.5, 3.5}},
	} {
		layer.Run(out, c.in, state, scratch)
		if diff := cmp.Diff(c.want, out); diff != "" {
			t.Errorf("input %v: %s", c.in, diff)
		}
	}
	if diff := cmp.Diff([]float32{0, 2, 0, 0, 1, 0, 1, 0}, state); diff != "" {
		t.Error(diff)
	}
	if _, err := NewF32SVDF(F32SVDFSpec{Inputs: 2, Units: 1, Rank: 2, Memory: 2}, make([]float32, 4), make([]float32, 3), nil); err == nil {
		t.Error("three time weights of four are enough")
	}
}

func TestBasicLSTM(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	const inputs, cells, batch = 3, 2, 2
	weights, bias := numbers(r, 4*cells*(inputs+cells)), numbers(r, 4*cells)
	layer, err := NewF32BasicLSTM(inputs, cells, weights, bias)
	if err != nil {
		t.Fatal(err)
	}
	// The full layer with the same weights; its rows' order is input, forget, cell and output gate.
	var w F32LSTMWeights
	for gate, at := range [4]int{0, 2, 1, 3} {
		for i := range cells {
			row := weights[(at*cells+i)*(inputs+cells):][:inputs+cells]
			w.Input[gate] = append(w.Input[gate], row[:inputs]...)
			w.Recurrent[gate] = append(w.Recurrent[gate], row[inputs:]...)
		}
		w.Bias[gate] = bias[at*cells : (at+1)*cells]
	}
	full, err := NewF32LSTM(F32LSTMSpec{Inputs: inputs, Cells: cells, Outputs: cells}, &w)
	if err != nil {
		t.Fatal(err)
	}
	in, state, cell := numbers(r, batch*inputs), numbers(r, batch*cells), numbers(r, batch*cells)
	out, newCell := make([]float32, batch*cells), make([]float32, batch*cells)
	layer.Run(out, newCell, make([]float32, batch*(inputs+cells)), make([]float32, batch*4*cells), in, state, cell)
	q := F32Sequence{Steps: 1, Batch: batch}
	want := make([]float32, batch*cells)
	full.Run(want, in, nil, state, cell, q, make([]float32, full.Scratch(q)))
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(cell, newCell); diff != "" {
		t.Error(diff)
	}
}
