package kernel

import (
	"math"
	"testing"
)

// The curves in 16 bits are near the true ones everywhere, and odd around their centre. Their bits are compared with TFLite's in package exec.
func TestCurves16(t *testing.T) {
	const step = 1.0 / (1 << 15)
	for q := math.MinInt16; q <= math.MaxInt16; q++ {
		x := int16(q)
		if got, want := float64(logistic16(x))*step, 1/(1+math.Exp(-float64(q)/(1<<12))); math.Abs(got-want) > 8*step {
			t.Fatalf("logistic of %d is %v, want %v", q, got, want)
		}
		for n := range 7 {
			y := tanh16(x, n)
			if got, want := float64(y)*step, math.Tanh(float64(q)/float64(int(1)<<(15-n))); math.Abs(got-want) > 24*step {
				t.Fatalf("tanh of %d with %d bits before the point is %v, want %v", q, n, got, want)
			}
			if q > math.MinInt16 && tanh16(-x, n) != -y {
				t.Fatalf("tanh of %d and its opposite: %d, %d", q, y, tanh16(-x, n))
			}
		}
	}
}

// An open forget gate and a closed input gate keep the cell; the result is that of the output gate, half open.
func TestS8LSTMKeepsItsCell(t *testing.T) {
	one := NewMultiplier(1<<30, 1)
	gate := func(bias int32) S8LSTMGate {
		return S8LSTMGate{Input: []int8{0}, Recurrent: []int8{0}, Bias: []int32{bias}, InputScale: one, RecurrentScale: one}
	}
	s := S8LSTMSpec{
		Inputs: 1, Cells: 1, Outputs: 1, OutZero: 5, HiddenZero: 5, Hidden: NewMultiplier(1<<30, -22), // to 2^-7
		Gates: [4]S8LSTMGate{gate(-1 << 15), gate(1<<15 - 1), gate(1 << 15), gate(0)},
	}
	l, err := NewS8LSTM(s)
	if err != nil {
		t.Fatal(err)
	}
	const start = 16384 // 1/2
	out, state, cell := make([]int8, 3), []int8{5}, []int16{start}
	scratch := make([]int16, l.Scratch())
	run := func() { l.Run(out, []int8{1, 2, 3}, state, cell, F32Sequence{Steps: 3, Batch: 1}, scratch) }
	run()
	if cell[0] < start-60 || cell[0] > start+60 {
		t.Errorf("the cell of %d became %d", start, cell[0])
	}
	if want := int8(math.Round(math.Tanh(0.5)/2*128)) + 5; out[2] < want-1 || out[2] > want+1 || state[0] != out[2] {
		t.Errorf("the result is %d and the state %d, want about %d", out[2], state[0], want)
	}
	if n := testing.AllocsPerRun(3, run); n != 0 {
		t.Errorf("Run allocates %v times", n)
	}
}

func TestS8LSTMRefuses(t *testing.T) {
	base := func() S8LSTMSpec {
		s := S8LSTMSpec{Inputs: 2, Cells: 3, Outputs: 3}
		for i := range s.Gates {
			s.Gates[i] = S8LSTMGate{Input: make([]int8, 6), Recurrent: make([]int8, 9), Bias: make([]int32, 3)}
		}
		return s
	}
	if _, err := NewS8LSTM(base()); err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(s *S8LSTMSpec){
		"a scale of the cell": func(s *S8LSTMSpec) { s.CellBits = 7 },
		"input weights":       func(s *S8LSTMSpec) { s.Gates[ForgetGate].Input = make([]int8, 5) },
		"recurrent weights":   func(s *S8LSTMSpec) { s.Gates[CellGate].Recurrent = nil },
		"a bias":              func(s *S8LSTMSpec) { s.Gates[InputGate].Bias = make([]int32, 2) },
		"peepholes":           func(s *S8LSTMSpec) { s.Gates[OutputGate].Peephole = make([]int16, 2) },
		"a bias to add":       func(s *S8LSTMSpec) { s.Gates[OutputGate].Norm, s.Gates[OutputGate].Bias = make([]int16, 3), nil },
		"no projection":       func(s *S8LSTMSpec) { s.Outputs = 2 },
		"a projection":        func(s *S8LSTMSpec) { s.Projection = make([]int8, 8) },
	} {
		s := base()
		damage(&s)
		if _, err := NewS8LSTM(s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkS8LSTM(b *testing.B) {
	const n, steps = 32, 20
	s := S8LSTMSpec{Inputs: n, Cells: n, Outputs: n, CellBits: 2, Hidden: NewMultiplier(1<<30, -22)}
	for i := range s.Gates {
		scale := NewMultiplier(1<<30, -2)
		s.Gates[i] = S8LSTMGate{Input: make([]int8, n*n), Recurrent: make([]int8, n*n), InputScale: scale, RecurrentScale: scale}
		for j := range n * n {
			s.Gates[i].Input[j], s.Gates[i].Recurrent[j] = int8(j*7), int8(j*11)
		}
	}
	l, err := NewS8LSTM(s)
	if err != nil {
		b.Fatal(err)
	}
	out, in, state, cell := make([]int8, steps*n), make([]int8, steps*n), make([]int8, n), make([]int16, n)
	for i := range in {
		in[i] = int8(i * 5)
	}
	scratch := make([]int16, l.Scratch())
	for b.Loop() {
		l.Run(out, in, state, cell, F32Sequence{Steps: steps, Batch: 1}, scratch)
	}
}
