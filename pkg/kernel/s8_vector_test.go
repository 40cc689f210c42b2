package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// s8Rows are rows on int8 that have variants, with parameters of all sizes, or usual ones without a source of random numbers.
var s8Rows = []struct {
	name string
	make func(r *rand.Rand) Row[int8, int8]
}{
	{"S8Sum", func(r *rand.Rand) Row[int8, int8] { return randomSum(r, 1) }},
	{"S8Sum, a difference", func(r *rand.Rand) Row[int8, int8] { return randomSum(r, -1) }},
	{"S8SquaredDifference", func(r *rand.Rand) Row[int8, int8] {
		x, y := randomHalves(r)
		return NewS8SquaredDifference(randomZero(r), randomZero(r), x, y, randomMultiplier(r, 18), randomZero(r)).Row
	}},
	{"S8Product", func(r *rand.Rand) Row[int8, int8] {
		p := S8Product{XZero: randomZero(r), YZero: randomZero(r), Scale: randomMultiplier(r, 14), Zero: randomZero(r)}
		p.Lo, p.Hi = randomLimits(r)
		return NewS8Product(p).Row
	}},
	{"S8Prelu", func(r *rand.Rand) Row[int8, int8] {
		return NewS8Prelu(S8Prelu{XZero: randomZero(r), YZero: randomZero(r), Same: randomMultiplier(r, 2), Slope: randomMultiplier(r, 14), Zero: randomZero(r)}).Row
	}},
	{"S8Maximum", func(*rand.Rand) Row[int8, int8] { return S8Maximum }},
	{"S8Minimum", func(*rand.Rand) Row[int8, int8] { return S8Minimum }},
}

func randomZero(r *rand.Rand) int32 {
	if r == nil {
		return 0
	}
	return []int32{-128, 127, int32(r.IntN(256) - 128)}[r.IntN(3)]
}

func randomLimits(r *rand.Rand) (lo, hi int32) {
	lo, hi = -128, 127
	if r != nil && r.IntN(2) == 0 {
		lo = randomZero(r)
		hi = lo + r.Int32N(128-lo)
	}
	return lo, hi
}

// randomMultiplier returns a factor from about 2^-(mean+4) to 2^(4-mean), rarely the greatest or least that there is.
func randomMultiplier(r *rand.Rand, mean int) Multiplier {
	if r == nil {
		return NewMultiplier(1<<30, -mean)
	}
	m, shift := int32(1<<30+r.IntN(1<<30)), 4-mean-r.IntN(8)
	switch r.IntN(8) {
	case 0:
		m = 1 << 30
	case 1:
		m = math.MaxInt32
	case 2:
		shift = 31 - r.IntN(63)
	}
	return NewMultiplier(m, shift)
}

// randomHalves returns two factors, of which the greater is 1/2.
func randomHalves(r *rand.Rand) (x, y Multiplier) {
	x = NewMultiplier(1<<30, 0)
	if r == nil || r.IntN(3) == 0 {
		return x, x
	}
	y = NewMultiplier(int32(1<<30+r.IntN(1<<30)), -1-r.IntN(9))
	if r.IntN(2) == 0 {
		return y, x
	}
	return x, y
}

func randomSum(r *rand.Rand, sign int32) Row[int8, int8] {
	x, y := randomHalves(r)
	lo, hi := randomLimits(r)
	return NewS8Sum(randomZero(r), randomZero(r), x, y, randomMultiplier(r, sumShift-1), sign, randomZero(r), lo, hi).Row
}

// TestS8VectorRows compares rows with what they are without variants, for all lengths of runs and of lines that one operand repeats.
func TestS8VectorRows(t *testing.T) {
	r := rand.New(rand.NewPCG(80, 81))
	for _, c := range s8Rows {
		t.Run(c.name, func(t *testing.T) {
			for n := 1; n < 100; n++ {
				row := c.make(r)
				line := 1 + r.IntN(90)
				long := line * (1 + r.IntN(9) + 2048/line*r.IntN(2))
				for _, width := range [][3]int{{n, n, n}, {n, n, 1}, {n, 1, n}, {long, long, line}, {long, line, long}} {
					n, a, b := width[0], int8s(t, width[1]), int8s(t, width[2])
					fillInt8(r, a)
					fillInt8(r, b)
					got, want := int8s(t, n), make([]int8, n)
					withoutVariants(func() { row(want, a, b) })
					what := fmt.Sprintf("%d of %d and %d", n, len(a), len(b))
					row(got, a, b)
					sameInt8(t, what, got, want)
					withLesserVariants(func() { row(got, a, b) })
					sameInt8(t, what+", lesser variant", got, want)
					place := [2][]int8{a, b}
					for k := range place {
						if len(place[k]) == n {
							over := place
							over[k] = slices.Clone(place[k])
							row(over[k], over[0], over[1])
							sameInt8(t, what+", in place", over[k], want)
						}
					}
					if allocs := testing.AllocsPerRun(1, func() { row(got, a, b) }); allocs != 0 {
						t.Fatalf("%s: %v allocations", what, allocs)
					}
				}
			}
		})
	}
}

func TestS8TableVariants(t *testing.T) {
	r := rand.New(rand.NewPCG(82, 83))
	for n := range 300 {
		table := NewS8Table(func(int32) int32 { return int32(r.IntN(256) - 128) }, -128, 127)
		x := int8s(t, n)
		for i := range x {
			x[i] = int8(i)
		}
		want, got := make([]int8, n), int8s(t, n)
		for i, q := range x {
			want[i] = table.of[int(q)+128]
		}
		table.Apply(got, x)
		sameInt8(t, "variant", got, want)
		withoutVariants(func() { table.Apply(got, x) })
		sameInt8(t, "generic", got, want)
		withLesserVariants(func() { table.Apply(got, x) })
		sameInt8(t, "lesser variant", got, want)
		table.Apply(x, x)
		sameInt8(t, "in place", x, want)
	}
}

// TestS8Conversions compares the variants of Quantize and Dequantize with the definition, halves and what is next to them among the numbers.
func TestS8Conversions(t *testing.T) {
	r := rand.New(rand.NewPCG(84, 85))
	for n := range 300 {
		scale, zero := []float32{float32(math.Exp2(10 - 20*r.Float64()))}, []int64{int64(randomZero(r))}
		if n%3 == 0 {
			scale[0] = 0.25
		}
		x := ended(t, n)
		for i := range x {
			x[i] = scale[0] * float32(r.IntN(1200)-600) / 2
			switch r.IntN(8) {
			case 0:
				x[i] = math.Nextafter32(x[i], inf)
			case 1:
				x[i] = math.Nextafter32(x[i], -inf)
			case 2:
				x[i] = []float32{0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()), math.MaxFloat32, -math.MaxFloat32, 1e-45}[r.IntN(8)]
			case 3:
				x[i] *= r.Float32()
			}
		}
		got, want := int8s(t, n), make([]int8, n)
		Quantize(got, x, scale, zero, 1)
		withoutVariants(func() { Quantize(want, x, scale, zero, 1) })
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%g over %g plus %d is %d, want %d", x[i], scale[0], zero[0], got[i], want[i])
			}
		}
		fillInt8(r, got)
		back, real := ended(t, n), make([]float32, n)
		Dequantize(back, got, scale, zero, 1)
		withoutVariants(func() { Dequantize(real, got, scale, zero, 1) })
		same(t, "dequantized", back, real)
	}
}

func BenchmarkS8Rows(b *testing.B) {
	const n = 1 << 14
	r := rand.New(rand.NewPCG(86, 87))
	x, y, z, f := make([]int8, n), make([]int8, n), make([]int8, n), make([]float32, n)
	fillInt8(r, x)
	fillInt8(r, y)
	half, scale, zero := NewMultiplier(1<<30, 0), []float32{0.1}, []int64{3}
	table := NewS8Table(func(q int32) int32 { return -q }, -128, 127)
	sum := NewS8Sum(3, 4, half, NewMultiplier(1<<30+5, -1), NewMultiplier(1<<30, -sumShift), 1, 5, -128, 127)
	difference := NewS8Sum(3, 4, half, NewMultiplier(1<<30+5, -1), NewMultiplier(1<<30, -sumShift), -1, 5, -128, 127)
	product := NewS8Product(S8Product{Scale: NewMultiplier(1<<30, -9), Lo: -128, Hi: 127})
	prelu := NewS8Prelu(S8Prelu{Same: NewMultiplier(1<<30, 0), Slope: NewMultiplier(1<<30, -9)})
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"sum", func() { sum.Row(z, x, y) }},
		{"difference", func() { difference.Row(z, x, y) }},
		{"sum with lines of 24", func() { sum.Row(z[:24*600], x[:24*600], y[:24]) }},
		{"product", func() { product.Row(z, x, y) }},
		{"prelu", func() { prelu.Row(z, x, y) }},
		{"maximum", func() { S8Maximum(z, x, y) }},
		{"table", func() { table.Apply(z, x) }},
		{"quantize", func() { Quantize(z, f, scale, zero, 1) }},
		{"dequantize", func() { Dequantize(f, z, scale, zero, 1) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.run()
			}
			b.ReportMetric(float64(b.N)*n/1e9/b.Elapsed().Seconds(), "G/s")
		})
	}
}
