package kernel

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestMinMax(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for n := range 300 {
		for _, rare := range []int{0, 100, 9, 1} {
			x := ended(t, n)
			values(r, x, rare)
			want := F32Range{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))}
			for _, v := range x {
				if v != v {
					want.NaN++
					continue
				}
				if math.IsInf(float64(v), 0) {
					want.Inf++
				}
				want.Min, want.Max = min(want.Min, v)+0, max(want.Max, v)+0
			}
			check := func() {
				got := F32MinMax(x)
				if got.NaN != want.NaN || got.Inf != want.Inf || !sameFloat(got.Min, want.Min) || !sameFloat(got.Max, want.Max) {
					t.Fatalf("F32MinMax(%v) = %+v, want %+v", x, got, want)
				}
			}
			check()
			withoutVariants(check)
			withLesserVariants(check)
		}
	}
}

func TestMinMaxSignOfZero(t *testing.T) {
	x := make([]float32, 40)
	for i := range x {
		x[i] = float32(math.Copysign(0, -1))
	}
	check := func() {
		r := F32MinMax(x)
		if math.Signbit(float64(r.Min)) || math.Signbit(float64(r.Max)) {
			t.Errorf("the range of negative zeros is %v … %v", r.Min, r.Max)
		}
	}
	check()
	withoutVariants(check)
	withLesserVariants(check)
}

func FuzzMinMax(f *testing.F) {
	f.Add(uint64(1), 100, 3)
	f.Fuzz(func(t *testing.T, seed uint64, n, rare int) {
		x := make([]float32, uint(n)%5000)
		values(rand.New(rand.NewPCG(seed, 27)), x, int(uint(rare)%100))
		got := F32MinMax(x)
		check := func() {
			if want := F32MinMax(x); got != want {
				t.Errorf("F32MinMax of %d elements is %+v, by a lesser variant %+v", len(x), got, want)
			}
		}
		withoutVariants(check)
		withLesserVariants(check)
	})
}

func BenchmarkMinMax(b *testing.B) {
	for _, n := range []int{32, 64, 128, 512, 2048, 1 << 16} {
		b.Run(strconv.Itoa(n), func(b *testing.B) { benchmarkMinMax(b, make([]float32, n)) })
	}
}

func benchmarkMinMax(b *testing.B, x []float32) {
	b.SetBytes(int64(4 * len(x)))
	for b.Loop() {
		if r := F32MinMax(x); r.NaN != 0 {
			b.Fatal(r)
		}
	}
}
