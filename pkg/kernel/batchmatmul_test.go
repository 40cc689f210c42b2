package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestBatchMatMul(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	stacks := []struct {
		x, y []int
		// left and right are which matrices the products take, in order.
		left, right []int
	}{
		{nil, nil, []int{0}, []int{0}},
		{[]int{3}, []int{3}, []int{0, 1, 2}, []int{0, 1, 2}},
		{[]int{3}, nil, []int{0, 1, 2}, []int{0, 0, 0}},
		{[]int{1}, []int{2}, []int{0, 0}, []int{0, 1}},
		{[]int{2, 1}, []int{3}, []int{0, 0, 0, 1, 1, 1}, []int{0, 1, 2, 0, 1, 2}},
		{[]int{2, 1, 2}, []int{3, 1}, []int{0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3}, []int{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2}},
		{[]int{0}, []int{1}, nil, nil},
	}
	for i := range 200 {
		stack := stacks[i%len(stacks)]
		s := F32BatchMatMulSpec{M: 1 + r.IntN(15), K: 1 + r.IntN(20), N: 1 + r.IntN(70), AdjX: r.IntN(2) == 0, AdjY: r.IntN(2) == 0, X: stack.x, Y: stack.y}
		if i < len(stacks) {
			s.K += 1000 // long sums
		}
		t.Run(fmt.Sprintf("%d_%+v", i, s), func(t *testing.T) {
			b, err := NewF32BatchMatMul(s)
			if err != nil {
				t.Fatal(err)
			}
			x, y := make([]float32, elements(s.X)*s.M*s.K), make([]float32, elements(s.Y)*s.K*s.N)
			values(r, x, 300)
			values(r, y, 1000)
			want := make([]float32, len(stack.left)*s.M*s.N)
			for o := range want {
				n, m, p := o%s.N, o/s.N%s.M, o/s.N/s.M
				for k := range s.K {
					left, right := m*s.K+k, k*s.N+n
					if s.AdjX {
						left = k*s.M + m
					}
					if s.AdjY {
						right = n*s.K + k
					}
					want[o] = fma32(x[stack.left[p]*s.M*s.K+left], y[stack.right[p]*s.K*s.N+right], want[o])
				}
			}
			scratch := dirty(b.Scratch())
			out, intact := guarded(t, len(want))
			b.Run(out, x, y, scratch)
			intact()
			same(t, "product", out, want)
			withLesserVariants(func() {
				clear(out)
				b.Run(out, x, y, scratch)
				same(t, "lesser variants", out, want)
			})
			clear(out)
			withoutVariants(func() { b.Run(out, x, y, scratch) })
			same(t, "generic", out, want)
			if n := testing.AllocsPerRun(2, func() { b.Run(out, x, y, scratch) }); n != 0 {
				t.Errorf("%v allocations in a run", n)
			}
		})
	}
}

func TestBatchMatMulRefuses(t *testing.T) {
	for _, s := range []F32BatchMatMulSpec{{M: -1}, {X: []int{2}, Y: []int{3}}, {X: []int{2, 3}, Y: []int{2}}, {X: []int{-1}}} {
		if _, err := NewF32BatchMatMul(s); err == nil {
			t.Errorf("%+v: no error", s)
		}
	}
}

func BenchmarkBatchMatMul(b *testing.B) {
	for _, s := range []F32BatchMatMulSpec{
		{M: 196, K: 32, N: 196, AdjY: true, X: []int{4}, Y: []int{4}},
		{M: 196, K: 196, N: 32, X: []int{4}, Y: []int{4}},
		{M: 49, K: 32, N: 49, AdjX: true, X: []int{16}, Y: []int{16}},
		{M: 8, K: 16, N: 8, X: []int{64}, Y: []int{64}},
		{M: 1, K: 64, N: 128, X: []int{8}, Y: []int{8}},
		{M: 128, K: 512, N: 512},
	} {
		b.Run(fmt.Sprintf("%dx%dx%dx%d", elements(s.X), s.M, s.K, s.N), func(b *testing.B) {
			p, err := NewF32BatchMatMul(s)
			if err != nil {
				b.Fatal(err)
			}
			n := elements(s.X)
			out, x, y, scratch := make([]float32, n*s.M*s.N), make([]float32, n*s.M*s.K), make([]float32, n*s.K*s.N), make([]float32, p.Scratch())
			benchmarkProducts(b, n*s.M*s.K*s.N, func() { p.Run(out, x, y, scratch) })
		})
	}
}
