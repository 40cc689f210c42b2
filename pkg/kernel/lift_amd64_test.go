//go:build amd64 && !purego

package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// needAVX2 skips a test where the functions in assembly can't run.
func needAVX2(t *testing.T) {
	t.Helper()
	if !useAVX2 {
		t.Skip("no AVX2")
	}
}

func TestLeast(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(71, 72))
	for n := minMaxLeast; n < 200; n++ {
		for _, rare := range []int{0, 30, 2} {
			x := ended(t, n)
			values(r, x, rare)
			if rare == 2 && n%2 == 0 {
				for i := range x {
					x[i] = float32(math.Copysign(0, float64(x[i])))
				}
			}
			want := uint32(1 << 31)
			for _, v := range x {
				if b := math.Float32bits(v) &^ (1 << 31); b != 0 {
					want = min(want, b)
				}
			}
			if got := leastAsm(&x[0], n); got != want {
				t.Fatalf("leastAsm(%v) = %#x, want %#x", x, got, want)
			}
		}
	}
}

func TestLiftedNumbers(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(73, 74))
	for n := minMaxLeast; n < 200; n++ {
		x, got := ended(t, n), ended(t, n)
		for i := range x {
			x[i] = math.Float32frombits(r.Uint32N(103<<23)>>r.IntN(30)<<1>>r.IntN(2) | r.Uint32N(2)<<31)
		}
		liftAsm(&got[0], &x[0], n)
		for i, v := range x {
			if want := v * (1 << 24); math.Float32bits(got[i]) != math.Float32bits(want) {
				t.Fatalf("%g is lifted to %g, want %g", v, got[i], want)
			}
		}
	}
}

// TestLift multiplies by operands with denormal numbers, which is only done where it is exact.
func TestLift(t *testing.T) {
	needAVX2(t)
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	tiny := []float32{1e-40, -3e-38, 0, -1e-44, 2e-39, 1e-36} // sums that begin with them round often
	for _, c := range []struct {
		what       string
		left       []float32 // in turn, every fifth number
		right      float32   // one number
		rows, k, n int
		lifted     bool
	}{
		{"denormal numbers", tiny, 1, 9, 70, 100, true},
		{"the least number", []float32{-math.SmallestNonzeroFloat32}, 0x1p-102, 23, 33, 64, true},
		{"the greatest denormal number", []float32{0x1.fffffcp-127}, -0x1.fffffep127, 8, 7, 129, true},
		{"an infinite weight", tiny, inf, 8, 7, 129, true},
		{"one row in the last block", tiny, 1, 31, 5000, 64, true},
		{"no denormal number", []float32{0x1p-126, 0}, 1, 9, 70, 100, false},
		{"a weight that can't be divided", tiny, 0x1.fffffep-103, 9, 70, 100, false},
		{"few columns", tiny, 1, 9, 70, 63, false},
		{"few rows", tiny, 1, 7, 70, 100, false},
		{"a great number", []float32{1e-40, 0x1p103}, 1, 9, 70, 100, false},
		{"infinity", []float32{1e-40, -inf}, 1, 9, 70, 100, false},
		{"NaN", []float32{1e-40, nan}, 1, 9, 70, 100, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			l := fullyConnectedLayer("", c.rows, F32FullyConnectedSpec{K: c.k, N: c.n})
			in, weights := liftOperands(&l, c.left)
			weights[len(weights)/3] = c.right
			checkLift(t, &l, in, weights)

			f, err := NewF32FullyConnected(F32FullyConnectedSpec{K: c.k, N: c.n}, weights, nil)
			if err != nil {
				t.Fatal(err)
			}
			g := f.product(make([]float32, l.out), in, f.right, nil)
			g.lift(c.rows)
			if got := g.lifted != nil; got != c.lifted {
				t.Errorf("the operands are lifted: %v, want %v", got, c.lifted)
			}
			g.unlift(in)
			if g.lifted != nil || &g.in[0] != &in[0] {
				t.Error("the operand is not what it was")
			}
		})
	}
	l := convLayer("", 2, F32ConvSpec{Window: square(9, 3, 1), C: 8, OC: 40})
	in, weights := liftOperands(&l, tiny)
	checkLift(t, &l, in, weights)
}

// liftOperands returns operands of a layer; every fifth number of the left one is one of some.
func liftOperands(l *layer, some []float32) (in, weights []float32) {
	r := rand.New(rand.NewPCG(75, 76))
	in, weights = make([]float32, l.in), make([]float32, l.weights)
	values(r, in, 0)
	values(r, weights, 0)
	for i := 0; i < len(in); i += 5 {
		in[i] = some[i/5%len(some)]
	}
	return in, weights
}

// checkLift computes a layer in every way.
func checkLift(t *testing.T, l *layer, in, weights []float32) {
	t.Helper()
	exact, _, _ := l.contract(in, weights, nil)
	out := make([]float32, l.out)
	check := func() {
		run, err := l.prepare(weights, nil)
		if err != nil {
			t.Fatal(err)
		}
		run(out, in)
		same(t, "result", out, exact)
	}
	check()
	withLesserVariants(check)
	withoutVariants(check)
}

// BenchmarkLift multiplies by operands of which one in so many numbers is denormal, or none.
func BenchmarkLift(b *testing.B) {
	for _, s := range []struct{ m, k, n int }{{100, 672, 112}, {25, 1152, 192}} {
		for _, rare := range []int{0, 1000, 100} {
			b.Run(fmt.Sprintf("%dx%dx%d_%d", s.m, s.k, s.n, rare), func(b *testing.B) {
				l := fullyConnectedLayer("", s.m, F32FullyConnectedSpec{K: s.k, N: s.n})
				weights, in, out := make([]float32, l.weights), make([]float32, l.in), make([]float32, l.out)
				r := rand.New(rand.NewPCG(77, 78))
				values(r, weights, 0)
				values(r, in, 0)
				for i := range in {
					if rare > 0 && r.IntN(rare) == 0 {
						in[i] = 1e-40
					}
				}
				run, err := l.prepare(weights, nil)
				if err != nil {
					b.Fatal(err)
				}
				benchmarkProducts(b, l.macs, func() { run(out, in) })
			})
		}
	}
}
