package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// int8s is n elements behind which there is no memory.
func int8s(t *testing.T, n int) []int8 {
	t.Helper()
	words := (n + 3) / 4
	return signed(ended(t, words))[4*words-n:]
}

// signed is the memory of x as int8.
func signed(x []float32) []int8 {
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}

// fillInt8 fills x with any integers, often the extremes.
func fillInt8(r *rand.Rand, x []int8) {
	for i := range x {
		switch r.IntN(6) {
		case 0:
			x[i] = -128
		case 1:
			x[i] = 127
		default:
			x[i] = int8(r.IntN(256) - 128)
		}
	}
}

// sameInt8 fails unless two results are equal.
func sameInt8(t *testing.T, what string, got, want []int8) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: element %d of %d is %d, want %d", what, i, len(want), got[i], want[i])
		}
	}
}

// s8Depthwise is a convolution of images of 8×8 pixels.
func s8Depthwise(t *testing.T, channels int) *S8Depthwise {
	t.Helper()
	s := S8DepthwiseSpec{Window: square(8, 3, 1), C: channels, Multiplier: 1, Result: S8Result{Lo: -128, Hi: 127, Scale: []Multiplier{NewMultiplier(1<<30, -8)}}}
	d, err := NewS8Depthwise(s, make([]int8, 9*channels), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestS8DepthwiseVariants compares what the variants compute with what the definition says.
func TestS8DepthwiseVariants(t *testing.T) {
	r := rand.New(rand.NewPCG(70, 71))
	for i := range 200 {
		s := S8DepthwiseSpec{
			Window: Window{
				H: 1 + r.IntN(9), W: 1 + r.IntN(9), KH: 1 + r.IntN(5), KW: 1 + r.IntN(5), StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3),
				DilationH: 1 + r.IntN(2), DilationW: 1 + r.IntN(2), Top: r.IntN(3), Left: r.IntN(4), OH: 1 + r.IntN(9), OW: 1 + r.IntN(9),
			},
			C: 1 + r.IntN(140), Multiplier: 1 + r.IntN(2)*r.IntN(4), InZero: int32(r.IntN(256) - 128),
		}
		s.Window.OH, s.Window.OW = min(s.OH, s.H+3), min(s.OW, s.W+3)
		oc := s.outputs()
		s.Result = drawScales(r, []string{"any", "small"}[i%2], oc)
		in, w, bias := int8s(t, 2*s.H*s.W*s.C), make([]int8, s.taps()*oc), make([]int32, oc)
		fillInt8(r, in)
		fillInt8(r, w)
		for k := range w {
			if i%3 > 0 {
				w[k] = max(w[k], -127)
			}
		}
		for k := range bias {
			bias[k] = int32(r.Uint32()) >> r.IntN(32)
		}
		n := 2 * s.OH * s.OW * oc
		want := make([]int8, n)
		test := func(what string) {
			d, err := NewS8Depthwise(s, w, bias)
			if err != nil {
				t.Fatal(err)
			}
			got := int8s(t, n)
			d.Run(got, in, int32s(ended(t, d.Scratch())))
			sameInt8(t, fmt.Sprintf("%s of %+v", what, s.Window), got, want)
		}
		withoutVariants(func() {
			d, err := NewS8Depthwise(s, w, bias)
			if err != nil {
				t.Fatal(err)
			}
			d.Run(want, in, nil)
		})
		test("variant")
		withLesserVariants(func() { test("lesser variant") })
	}
}

func BenchmarkS8Depthwise(b *testing.B) {
	for _, c := range []struct{ size, c, k, stride int }{{112, 32, 3, 1}, {56, 144, 3, 1}, {28, 192, 3, 1}, {14, 480, 5, 1}, {14, 576, 3, 2}, {7, 960, 3, 1}, {48, 8, 3, 1}} {
		b.Run(fmt.Sprintf("%dx%dx%d, %dx%d, stride %d", c.size, c.size, c.c, c.k, c.k, c.stride), func(b *testing.B) {
			result := S8Result{Lo: -128, Hi: 127, Scale: []Multiplier{NewMultiplier(1<<30, -8)}}
			s := S8DepthwiseSpec{Window: square(c.size, c.k, c.stride), C: c.c, Multiplier: 1, Result: result}
			d, err := NewS8Depthwise(s, make([]int8, c.k*c.k*c.c), nil)
			if err != nil {
				b.Fatal(err)
			}
			in, out, scratch := make([]int8, c.size*c.size*c.c), make([]int8, s.OH*s.OW*c.c), make([]int32, d.Scratch())
			for b.Loop() {
				d.Run(out, in, scratch)
			}
			b.ReportMetric(float64(b.N)*float64(s.OH*s.OW*c.c*c.k*c.k)*2/1e9/b.Elapsed().Seconds(), "GOPS")
		})
	}
}
