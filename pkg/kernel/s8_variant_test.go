package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// s8Layer is a layer of int8 under test: its operands' lengths, and what prepares it from weights and a bias.
type s8Layer struct {
	in, weights, bias, out int
	prepare                func(weights []int8, bias []int32) (run func(out, in []int8, scratch []int64), scratch int, err error)
}

// drawS8Conv returns a convolution of any geometry, or a transposed one.
func drawS8Conv(r *rand.Rand, transposed bool) s8Layer {
	s := S8ConvSpec{Window: draw(r, 11, 4), Groups: 1, InZero: drawZero(r)}
	if s.C, s.OC = 1+r.IntN(40), 1+r.IntN(150); r.IntN(3) == 0 && !transposed {
		s.Groups = 1 + r.IntN(3)
		s.C, s.OC = s.C*s.Groups, s.OC*s.Groups
	}
	if transposed {
		s.DilationH, s.DilationW = 1, 1
		s.OH, s.OW = 1+r.IntN(20), 1+r.IntN(20)
	}
	s.Result = drawScales(r, []string{"any", "small"}[r.IntN(2)], s.OC)
	batch := 1 + r.IntN(2)
	return s8Layer{batch * s.H * s.W * s.C, s.OC * s.taps() * s.C / s.Groups, s.OC, batch * s.OH * s.OW * s.OC,
		func(weights []int8, bias []int32) (func(out, in []int8, scratch []int64), int, error) {
			if transposed {
				t, err := NewS8TransposeConv(s, weights, bias)
				return t.Run, t.Scratch(), err
			}
			c, err := NewS8Conv(s, weights, bias)
			return c.Run, c.Scratch(), err
		}}
}

func drawS8FullyConnected(r *rand.Rand) s8Layer {
	s := S8FullyConnectedSpec{K: 1 + r.IntN(300), N: 1 + r.IntN(200), InZero: drawZero(r), WeightZero: drawZero(r)}
	s.Result = drawScales(r, "factors", s.N)
	m := 1 + r.IntN(100)
	return s8Layer{m * s.K, s.N * s.K, s.N, m * s.N, func(weights []int8, bias []int32) (func(out, in []int8, scratch []int64), int, error) {
		f, err := NewS8FullyConnected(s, weights, bias)
		return f.Run, f.Scratch(m), err
	}}
}

// drawS8BatchMatMul returns a product whose right operand are the weights. It has no bias.
func drawS8BatchMatMul(r *rand.Rand) s8Layer {
	s := F32BatchMatMulSpec{X: []int{3}, Y: []int{3}, M: 1 + r.IntN(80), K: 1 + r.IntN(100), N: 1 + r.IntN(100), AdjX: r.IntN(2) == 0, AdjY: r.IntN(2) == 0}
	if r.IntN(2) == 0 {
		s.Y = []int{1}
	}
	x, y, result := drawZero(r), drawZero(r), drawScales(r, "any", 1)
	return s8Layer{3 * s.M * s.K, s.Y[0] * s.K * s.N, 0, 3 * s.M * s.N, func(weights []int8, _ []int32) (func(out, in []int8, scratch []int64), int, error) {
		b, err := NewS8BatchMatMul(s, x, y, result)
		return func(out, in []int8, scratch []int64) { b.Run(out, in, weights, scratch) }, b.Scratch(), err
	}}
}

func drawZero(r *rand.Rand) int32 {
	return []int32{-128, 127, 0, int32(r.IntN(256) - 128)}[r.IntN(4)]
}

// endedInt8 returns n int8 at the end of the memory that can be read, the extremes often.
func endedInt8(t *testing.T, r *rand.Rand, n int) []int8 {
	all := signed(ended(t, (n+3)/4))
	x := all[len(all)-n:]
	for i := range x {
		switch r.IntN(8) {
		case 0:
			x[i] = -128
		case 1:
			x[i] = 127
		default:
			x[i] = int8(r.Uint32())
		}
	}
	return x
}

// TestS8Variants compares the variants of layers with the generic code, on operands at the end of the memory.
func TestS8Variants(t *testing.T) {
	r := rand.New(rand.NewPCG(70, 71))
	for name, draw := range map[string]func() s8Layer{
		"conv":            func() s8Layer { return drawS8Conv(r, false) },
		"transposed conv": func() s8Layer { return drawS8Conv(r, true) },
		"fully connected": func() s8Layer { return drawS8FullyConnected(r) },
		"matrices":        func() s8Layer { return drawS8BatchMatMul(r) },
	} {
		t.Run(name, func(t *testing.T) {
			for round := range 150 {
				l := draw()
				in, weights := endedInt8(t, r, l.in), endedInt8(t, r, l.weights)
				var bias []int32
				if l.bias > 0 && r.IntN(4) > 0 {
					bias = make([]int32, l.bias)
					drawSums(r, bias, 1<<(12+r.IntN(20)))
				}
				compute := func(out []int8) {
					run, scratch, err := l.prepare(weights, bias)
					if err != nil {
						t.Fatal(err)
					}
					work := make([]int64, scratch+1)
					for i := range work {
						work[i] = r.Int64()
					}
					last := work[scratch]
					for range 2 { // once with what the other run has left
						run(out, in, work[:scratch:scratch])
					}
					if work[scratch] != last {
						t.Fatal("memory behind scratch was overwritten")
					}
					if n := testing.AllocsPerRun(1, func() { run(out, in, work[:scratch]) }); n != 0 {
						t.Fatalf("%v allocations in a run", n)
					}
				}
				want := make([]int8, l.out)
				withoutVariants(func() { compute(want) })
				check := func(what string) {
					t.Helper()
					const margin = 64
					all := endedInt8(t, r, margin+l.out)
					for i := range margin {
						all[i] = int8(i)
					}
					compute(all[margin:])
					for i, v := range all {
						if i < margin && v != int8(i) {
							t.Fatalf("round %d, %s: memory in front of the result was overwritten", round, what)
						}
						if i >= margin && v != want[i-margin] {
							t.Fatalf("round %d, %s: result %d of %d is %d, want %d", round, what, i-margin, l.out, v, want[i-margin])
						}
					}
				}
				check("variant")
				withLesserVariants(func() { check("lesser variants") })
			}
		})
	}
}

// TestS8Products compares panels of every width with the generic code, on sums of the greatest magnitude.
func TestS8Products(t *testing.T) {
	const m, k = 70, 35
	for n := 1; n < 140; n++ {
		weights, in := make([]int8, n*k), make([]int8, m*k)
		for i := range weights {
			weights[i] = int8(-128 + 255*(i/k%2))
		}
		for i := range in {
			in[i] = int8(127 - 255*(i/k%2))
		}
		for _, bias := range [][]int32{nil, make([]int32, n)} {
			for i := range bias {
				bias[i] = 1<<31 - 1
			}
			compute := func() []int8 {
				f, err := NewS8FullyConnected(S8FullyConnectedSpec{K: k, N: n, InZero: -128, WeightZero: 127, Result: S8Result{Lo: -128, Hi: 127, Factor: []float64{1e-5}}}, weights, bias)
				if err != nil {
					t.Fatal(err)
				}
				out := make([]int8, m*n)
				f.Run(out, in, make([]int64, f.Scratch(m)))
				return out
			}
			got, want := compute(), []int8(nil)
			withoutVariants(func() { want = compute() })
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%d columns are %v, want %v", n, got, want)
			}
		}
	}
}

// s8ProductOf returns a product of rows with columns that lie in memory. It is prepared when it is run.
func s8ProductOf(memory []int64, n int) func() {
	return func() {
		right := emptyS8Right(s8FormNow(), memory, 64, n)
		work := right.work(make([]int64, right.workLen(9)), 9)
		res := S8Result{Lo: -128, Hi: 127, Scale: make([]Multiplier, n)}
		right.multiply(&s8Out{data: make([]int8, 9*n), line: 9, row: n}, 0, 9, &work, &res, 0)
	}
}

// s8RowsOf returns a product of rows in memory.
func s8RowsOf(t *testing.T, memory []int8) func() {
	return func() {
		f, err := NewS8FullyConnected(S8FullyConnectedSpec{K: 64, N: 9, Result: S8Result{Factor: []float64{1}}}, make([]int8, 64*9), nil)
		if err != nil {
			t.Fatal(err)
		}
		f.Run(make([]int8, 9*9), memory[:64*9], make([]int64, f.Scratch(9)))
	}
}

// BenchmarkS8Repack packs a right operand for a run, as attention has it, and without kernels for that.
func BenchmarkS8Repack(b *testing.B) {
	const k, n = 64, 192
	r := emptyS8Right(s8FormNow(), alignedInt64(s8RightLen(s8FormNow(), k, n)), k, n)
	work, lines, data := r.work(make([]int64, r.workLen(1)), 1), make([]byte, r.repackScratch()), make([]int8, k*n)
	for name, w := range map[string]s8Weights{"rows": {data, n, 1}, "columns": {data, 1, k}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r.repack(w, 3, 5, &work, lines)
			}
		})
		b.Run(name+", one by one", func(b *testing.B) {
			for b.Loop() {
				r.pack(w, nil, 3, 5)
			}
		})
	}
}
