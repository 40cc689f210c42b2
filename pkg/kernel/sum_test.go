package kernel

import (
	"math/rand/v2"
	"testing"
)

// sums are what adds up numbers.
var sums = []struct {
	name string
	run  func(dst, x []float32) // dst is as long as x, which has at least 4 elements
}{
	{"sum", func(dst, x []float32) { dst[0] = float32(F32Sum(x)) }},
	{"sum of squares", func(dst, x []float32) { dst[0] = float32(F32SumSquares(x)) }},
	{"mean of columns", func(dst, x []float32) {
		n := len(x) / 64
		F32Reduce(dst[:n], x[:64*n], []int{64, n}, []int{0}, MeanOf)
	}},
	{"sums of rows", func(dst, x []float32) {
		n := len(x) / 4
		F32Reduce(dst[:4], x[:4*n], []int{4, n}, []int{1}, SumOf)
	}},
	{"means of rows", func(dst, x []float32) {
		n := min(1+len(x)%300, len(x))
		rows := len(x) / n
		F32Reduce(dst[:n], x[:rows*n], []int{1, rows, n}, []int{1}, MeanOf)
	}},
	{"sums of groups of rows", func(dst, x []float32) {
		n := max(1, len(x)/6)
		groups := len(x) / (n * 3)
		F32Reduce(dst[:groups*n], x[:groups*3*n], []int{groups, 3, n, 1}, []int{1}, SumOf)
	}},
	{"sums of short lines", func(dst, x []float32) {
		n := 1 + len(x)%37
		lines := len(x) / n
		F32Reduce(dst[:lines], x[:lines*n], []int{lines, 1, n}, []int{2}, MeanOf)
	}},
	{"softmax", func(dst, x []float32) {
		n := len(x) / 4
		F32Softmax(dst[:4*n], x[:4*n], n, 1)
	}},
	{"sharp softmax", func(dst, x []float32) {
		n := len(x) / 4
		F32Softmax(dst[:4*n], x[:4*n], n, 3.7)
	}},
}

func TestSums(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	for _, c := range sums {
		t.Run(c.name, func(t *testing.T) {
			for n := 4; n < 2000; n += 3 {
				x := ended(t, n)
				values(r, x, []int{0, 1000, 40}[n%3])
				want := make([]float32, n)
				withoutVariants(func() { c.run(want, x) })
				check := func() {
					got, intact := guarded(t, n)
					clear(got)
					c.run(got, x)
					intact()
					same(t, "variant", got, want)
				}
				check()
				withLesserVariants(check)
			}
		})
	}
}

func FuzzSums(f *testing.F) {
	f.Add(uint64(1), 100, 3)
	f.Fuzz(func(t *testing.T, seed uint64, n, rare int) {
		x := make([]float32, uint(n)%3000+4)
		values(rand.New(rand.NewPCG(seed, 53)), x, int(uint(rare)%300))
		got, want := make([]float32, len(x)), make([]float32, len(x))
		for _, c := range sums {
			c.run(got, x)
			withoutVariants(func() { c.run(want, x) })
			same(t, c.name, got, want)
		}
	})
}

func BenchmarkReduce(b *testing.B) {
	for _, c := range []struct {
		name        string
		shape, axes []int
	}{
		{"pixels", []int{1, 80, 80, 96}, []int{1, 2}}, {"few pixels", []int{1, 7, 7, 1280}, []int{1, 2}}, {"rows", []int{1, 144, 24}, []int{2}}, {"long rows", []int{64, 1024}, []int{1}},
	} {
		b.Run(c.name, func(b *testing.B) {
			x, dst := make([]float32, elements(c.shape)), make([]float32, elements(c.shape))
			n := elements(c.shape)
			for _, axis := range c.axes {
				n /= c.shape[axis]
			}
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				F32Reduce(dst[:n], x, c.shape, c.axes, MeanOf)
			}
		})
	}
}
