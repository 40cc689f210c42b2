package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestS8WindowVariants compares pools, sums and resizes with what they are without variants.
func TestS8WindowVariants(t *testing.T) {
	r := rand.New(rand.NewPCG(90, 91))
	for range 200 {
		c, h, w := 1+r.IntN(70), 1+r.IntN(12), 1+r.IntN(40)
		in := int8s(t, 2*h*w*c)
		fillInt8(r, in)
		pool := IntPoolSpec{Window: Window{
			H: h, W: w, KH: 1 + r.IntN(h), KW: 1 + r.IntN(w), StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3), DilationH: 1, DilationW: 1,
		}, C: c}
		pool.Top, pool.Left = r.IntN(pool.KH), r.IntN(pool.KW)
		pool.OH, pool.OW = 1+(h-1)/pool.StrideH, 1+(w-1)/pool.StrideW
		pool.Lo, pool.Hi = randomLimits(r)
		sums := S8Sums{Shape: []int{2, h, w, c}, Kept: []int{2, h, w, c}, Zero: randomZero(r)}
		kept := 1
		for axis := range sums.Kept {
			if r.IntN(2) == 0 {
				sums.Kept[axis] = 1
			}
			kept *= sums.Kept[axis]
		}
		outH, outW := 1+r.IntN(20), 1+r.IntN(20)
		resize := Resize{AlignCorners: r.IntN(2) == 0}
		resize.HalfPixelCenters = !resize.AlignCorners && r.IntN(2) == 0
		mean := randomMultiplier(r, 6)
		for _, op := range []struct {
			name string
			n    int
			run  func(out []int8) error
		}{
			{"mean of windows", 2 * pool.OH * pool.OW * c, func(out []int8) error { return IntAvgPool(out, in, pool) }},
			{"maximum of windows", 2 * pool.OH * pool.OW * c, func(out []int8) error { return IntMaxPool(out, in, pool) }},
			{"mean", kept, func(out []int8) error {
				sums.Mean(out, in, mean, 3, make([]int32, kept))
				return nil
			}},
			{"resize", 2 * outH * outW * c, func(out []int8) error {
				ResizeBilinear(out, in, []int{2, h, w, c}, outH, outW, resize)
				return nil
			}},
		} {
			got, want := int8s(t, op.n), make([]int8, op.n)
			if err := op.run(got); err != nil {
				t.Fatal(err)
			}
			withoutVariants(func() {
				if err := op.run(want); err != nil {
					t.Fatal(err)
				}
			})
			sameInt8(t, fmt.Sprintf("%s of %d×%d×%d, %+v, %+v", op.name, h, w, c, pool, sums), got, want)
		}
	}
}

func BenchmarkS8Windows(b *testing.B) {
	const h, w, c = 28, 28, 192
	in, out, acc := make([]int8, h*w*c), make([]int8, 4*h*w*c), make([]int32, h*w*c)
	pool := IntPoolSpec{Window: square(h, 3, 1), C: c, Lo: -128, Hi: 127}
	pixels, channels := S8Sums{Shape: []int{h, w, c}, Kept: []int{1, 1, c}}, S8Sums{Shape: []int{h, w, c}, Kept: []int{h, w, 1}}
	softmax := NewS8Softmax(NewMultiplier(1<<30, 20), -255)
	for _, op := range []struct {
		name string
		run  func() error
	}{
		{"mean of windows", func() error { return IntAvgPool(out[:len(in)], in, pool) }},
		{"maximum of windows", func() error { return IntMaxPool(out[:len(in)], in, pool) }},
		{"mean of pixels", func() error { pixels.Mean(out[:c], in, NewMultiplier(1<<30, -9), 0, acc); return nil }},
		{"mean of channels", func() error { channels.Mean(out[:h*w], in, NewMultiplier(1<<30, -7), 0, acc); return nil }},
		{"resize", func() error { ResizeBilinear(out, in, []int{1, h, w, c}, 2*h, 2*w, Resize{}); return nil }},
		{"softmax", func() error { softmax.Run(out[:len(in)], in, c); return nil }},
	} {
		b.Run(op.name, func(b *testing.B) {
			for b.Loop() {
				if err := op.run(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*h*w*c/1e9/b.Elapsed().Seconds(), "G/s")
		})
	}
}
