package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCopyLines copies lines of every length, with gaps on either side, and looks at the gaps.
func TestCopyLines(t *testing.T) {
	r := rand.New(rand.NewPCG(70, 71))
	for n := 1; n < 1200; n += 1 + n/100 {
		lines, toStep, fromStep := 1+r.IntN(5), n+r.IntN(9), n*r.IntN(2)+r.IntN(9)
		src, got, want := tagged((lines-1)*fromStep+n, 1), make([]byte, (lines-1)*toStep+n), make([]byte, (lines-1)*toStep+n)
		for i := range lines {
			for k := range n {
				want[i*toStep+k] = src[i*fromStep+k]
			}
		}
		CopyRows(got, toStep, src, fromStep, n, lines)
		if !slices.Equal(got, want) {
			t.Fatalf("%d lines of %d bytes, %d and %d apart, are %v, want %v", lines, n, toStep, fromStep, got, want)
		}
	}
}

func BenchmarkMoves(b *testing.B) {
	image := []int{1, 72, 128, 16}
	src, dst := make([]byte, 4*elements(image)), make([]byte, 16*elements(image))
	value := make([]byte, 4)
	for _, c := range []struct {
		name string
		out  int // bytes written
		run  func()
	}{
		{"Concat", 2 * len(src), func() { Concat(dst[:2*len(src)], 72*128, src, src) }},
		{"Pad", 4 * 74 * 130 * 16, func() { Pad(dst[:4*74*130*16], src, 4, image, []int{0, 1, 1, 0}, []int{0, 1, 1, 0}, value) }},
		{"Pad of channels", 4 * 72 * 128 * 24, func() { Pad(dst[:4*72*128*24], src, 4, image, make([]int, 4), []int{0, 0, 0, 8}, value) }},
		{"Slice", len(src) / 2, func() { Slice(dst[:len(src)/2], src, 4, image, []int{0, 0, 0, 4}, nil, []int{1, 72, 128, 8}) }},
		{"SpaceToDepth", len(src), func() { SpaceToDepth(dst[:len(src)], src, 4, image, 2) }},
		{"Transpose of heads", len(src), func() { Transpose(dst[:len(src)], src, 4, image, []int{0, 2, 1, 3}) }},
		{"Transpose of a matrix", len(src), func() { Transpose(dst[:len(src)], src, 4, []int{384, 384}, []int{1, 0}) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(c.out))
			for b.Loop() {
				c.run()
			}
		})
	}
}
