package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
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
	scratch := make([]float32, l.Scratch())
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
	scratch := make([]float32, l.Scratch())
	for b.Loop() {
		l.Run(out, in, state, cell, F32Sequence{Steps: steps, Batch: 1}, scratch)
	}
}

// drawS8LSTM returns a layer of any kind, with weights of all sizes.
func drawS8LSTM(r *rand.Rand) S8LSTMSpec {
	s := S8LSTMSpec{Inputs: 1 + r.IntN(70), Cells: 1 + r.IntN(70), InZero: randomZero(r), OutZero: randomZero(r), HiddenZero: randomZero(r), CellBits: r.IntN(7)}
	s.Outputs = s.Cells
	s.Hidden = NewMultiplier(1<<30+r.Int32N(1<<30), -22-r.IntN(2))
	bytes := func(n int) []int8 {
		x := make([]int8, n)
		fillInt8(r, x)
		return x
	}
	words := func(n int) []int32 {
		x := make([]int32, n)
		for i := range x {
			x[i] = r.Int32N(1<<16) - 1<<15
		}
		return x
	}
	if r.IntN(2) == 0 {
		s.Outputs = 1 + r.IntN(70)
		s.Projection, s.ProjBias, s.Project = bytes(s.Outputs*s.Cells), words(s.Outputs), randomMultiplier(r, 10)
	}
	for i := range s.Gates {
		if i == InputGate && r.IntN(3) == 0 {
			continue
		}
		s.Gates[i] = S8LSTMGate{Input: bytes(s.Cells * s.Inputs), Recurrent: bytes(s.Cells * s.Outputs), Bias: words(s.Cells), InputScale: randomMultiplier(r, 5), RecurrentScale: randomMultiplier(r, 5)}
	}
	return s
}

// TestS8LSTMVariants compares layers with what they are without variants.
func TestS8LSTMVariants(t *testing.T) {
	r := rand.New(rand.NewPCG(100, 101))
	for range 60 {
		s, q := drawS8LSTM(r), F32Sequence{Steps: 1 + r.IntN(4), Batch: 1 + r.IntN(3), TimeMajor: r.IntN(2) == 0}
		in := make([]int8, q.Steps*q.Batch*s.Inputs)
		fillInt8(r, in)
		run := func() (out []int8) {
			l, err := NewS8LSTM(s)
			if err != nil {
				t.Fatal(err)
			}
			state, cell := make([]int8, q.Batch*s.Outputs), make([]int16, q.Batch*s.Cells)
			out = make([]int8, q.Steps*q.Batch*s.Outputs)
			scratch := ended(t, l.Scratch())
			for i := range scratch {
				scratch[i] = float32(math.NaN())
			}
			l.Run(out, in, state, cell, q, scratch)
			return out
		}
		var want, lesser []int8
		withoutVariants(func() { want = run() })
		withLesserVariants(func() { lesser = run() })
		what := fmt.Sprintf("%d inputs, %d cells, %d outputs, %+v", s.Inputs, s.Cells, s.Outputs, q)
		sameInt8(t, what, run(), want)
		if lesser != nil { // there may be none
			sameInt8(t, what+", lesser variants", lesser, want)
		}
	}
}
