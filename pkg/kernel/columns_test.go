package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(71, 72))
	for i := range 300 {
		n, lines := r.IntN(40), r.IntN(40)
		dstStep, srcStep := lines+r.IntN(9), n+r.IntN(9)
		t.Run(fmt.Sprintf("%d_%dx%d", i, lines, n), func(t *testing.T) {
			src := ended(t, max(0, lines-1)*srcStep+n)
			values(r, src, 9)
			dst, intact := guarded(t, max(0, n-1)*dstStep+lines)
			for i := range dst {
				dst[i] = guard
			}
			columns(dst, dstStep, src, srcStep, n, lines)
			intact()
			for i, v := range dst {
				want := guard
				if j := i % max(dstStep, 1); n > 0 && j < lines {
					want = src[j*srcStep+i/dstStep]
				}
				if !sameFloat(v, want) {
					t.Fatalf("element %d is %g, want %g", i, v, want)
				}
			}
		})
	}
}

func TestByteColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(73, 74))
	for range 300 {
		n, lines := 1+r.IntN(60), 1+r.IntN(60)
		dstStep, srcStep := lines+r.IntN(9), n+r.IntN(9)
		src, dst := int8s(t, (lines-1)*srcStep+n), int8s(t, (n-1)*dstStep+lines)
		fillInt8(r, src)
		want := slices.Clone(dst)
		columnsGeneric(raw(want), dstStep, raw(src), srcStep, n, lines)
		columns(raw(dst), dstStep, raw(src), srcStep, n, lines)
		sameInt8(t, fmt.Sprintf("columns of %d lines of %d", lines, n), dst, want)
	}
}

func BenchmarkColumns(b *testing.B) {
	const n = 64
	src, dst := make([]float32, n*n), make([]float32, n*n)
	b.SetBytes(4 * n * n)
	for b.Loop() {
		columns(dst, n, src, n, n, n)
	}
}

// BenchmarkPrepare measures what it takes to rearrange weights.
func BenchmarkPrepare(b *testing.B) {
	s := F32ConvSpec{Window: square(7, 3, 1), C: 256, OC: 256}
	w := make([]float32, s.taps()*s.C*s.OC)
	b.SetBytes(int64(4 * len(w)))
	for b.Loop() {
		if _, err := NewF32Conv(s, w, nil); err != nil {
			b.Fatal(err)
		}
	}
}
