package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDistance(t *testing.T) {
	r := rand.New(rand.NewPCG(71, 72))
	for n := range 200 {
		x, y := ended(t, n), ended(t, n)
		rare := []int{0, 1000, 40}[n%3]
		values(r, x, rare)
		values(r, y, rare)
		var want Distance
		withoutVariants(func() { want = F32Distance(x, y) })
		check := func() {
			if got := F32Distance(x, y); got != want {
				t.Errorf("%d elements: %+v, want %+v", n, got, want)
			}
		}
		check()
		withLesserVariants(check)
	}
}

// Each sum is one that F32Sum or F32SumSquares gives, or bounds of a number that differs from it by a rounding.
func TestDistanceOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(73, 74))
	check := func() {
		for n := range 100 {
			x, zeros := make([]float32, n), make([]float32, n)
			low, high := 0.0, 0.0
			for i := range x {
				x[i] = r.Float32() - 0.5
				low, high = min(low, float64(x[i])), max(high, float64(x[i]))
			}
			squares := F32SumSquares(x)
			got := F32Distance(x, zeros)
			sizes := make([]float32, n)
			for i, v := range x {
				sizes[i] = float32(math.Abs(float64(v)))
			}
			want := Distance{Signal: squares, Noise: squares, Deviation: F32Sum(sizes), Max: max(high, -low), Low: low, High: high}
			if got != want {
				t.Errorf("%d numbers beside zeros: %+v, want %+v", n, got, want)
			}
			got = F32Distance(zeros, x)
			if want := (Distance{Power: squares, Noise: squares, Deviation: F32Sum(sizes), Max: max(high, -low)}); got != want {
				t.Errorf("zeros beside %d numbers: %+v, want %+v", n, got, want)
			}
			if got := F32Distance(x, x); got != (Distance{Signal: squares, Power: squares, Dot: squares, Low: low, High: high}) {
				t.Errorf("%d numbers beside themselves: %+v", n, got)
			}
		}
	}
	check()
	withLesserVariants(check)
	withoutVariants(check)
}

// What is no finite number is counted, wherever it is, and leaves the sums as they were without.
func TestDistanceLeavesOut(t *testing.T) {
	nan, inf, minus := float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))
	check := func() {
		for i := range 19 {
			for _, c := range []struct {
				x, y            float32
				leftOut, broken int
			}{{nan, 1, 1, 0}, {inf, inf, 1, 0}, {minus, 1, 1, 0}, {1, nan, 0, 1}, {1, minus, 0, 1}, {inf, nan, 1, 0}} {
				x, y := make([]float32, 19), make([]float32, 19)
				for k := range x {
					x[k], y[k] = float32(k), float32(2*k)
				}
				x[i], y[i] = 0, 0
				want := F32Distance(x, y)
				want.LeftOut, want.Broken = c.leftOut, c.broken
				x[i], y[i] = c.x, c.y
				if got := F32Distance(x, y); got != want {
					t.Errorf("%v beside %v at %d: %+v, want %+v", c.x, c.y, i, got, want)
				}
			}
		}
	}
	check()
	withoutVariants(check)
	const most = math.MaxFloat32
	x, y := make([]float32, 64), make([]float32, 64)
	for i := range x {
		x[i], y[i] = most, -most
	}
	if d := F32Distance(x, y); d.LeftOut+d.Broken != 0 || d.Max != 2*most || d.Low != 0 || d.High != most {
		t.Errorf("greatest numbers: %+v", d)
	}
}

func BenchmarkDistance(b *testing.B) {
	x, y := make([]float32, 1024), make([]float32, 1024)
	values(rand.New(rand.NewPCG(75, 76)), x, 0)
	values(rand.New(rand.NewPCG(77, 78)), y, 0)
	b.SetBytes(int64(4 * len(x)))
	for b.Loop() {
		F32Distance(x, y)
	}
}
