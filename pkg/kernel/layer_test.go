package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/octetlite/octet/internal/peak"
)

// layer is a kernel under test together with an independent account of the terms that make up each of its outputs.
type layer struct {
	name                   string
	in, weights, bias, out int // lengths
	clamp                  F32Clamp
	macs                   int // of one run, for benchmarks
	// prepare returns run for weights that are known; with is the other way.
	prepare func(weights, bias []float32) (run func(out, in []float32), err error)
	with    func(out, in, weights, bias []float32) error
	// terms calls add for each term of output o in the order of the contract: in[i]·weights[w], i being -1 for a padded zero.
	terms func(o int, add func(i, w int))
	// channel returns the index of an output's bias.
	channel func(o int) int
}

// contract computes the layer literally as the contract says, and in float64.
func (l *layer) contract(in, weights, bias []float32) (exact []float32, sum, size []float64) {
	exact, sum, size = make([]float32, l.out), make([]float64, l.out), make([]float64, l.out)
	bounds := l.clamp.bounds()
	for o := range exact {
		acc := float32(0)
		if bias != nil {
			acc = bias[l.channel(o)]
		}
		s, a := float64(acc), math.Abs(float64(acc))
		l.terms(o, func(i, w int) {
			x := float32(0)
			if i >= 0 {
				x = in[i]
			}
			acc = fma32(x, weights[w], acc)
			p := float64(x) * float64(weights[w])
			s, a = s+p, a+math.Abs(p)
		})
		exact[o], sum[o], size[o] = limit(acc, &bounds), s, a
		if l.clamp.On && s == s {
			sum[o] = min(max(s, float64(l.clamp.Lo)), float64(l.clamp.Hi))
		}
	}
	return exact, sum, size
}

// values fills x with numbers of many sizes; one in rare of them is not finite, a zero of either sign or subnormal.
func values(r *rand.Rand, x []float32, rare int) {
	odd := []float32{float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 0, float32(math.Copysign(0, -1)), 1e-40, -3e-42, math.MaxFloat32}
	for i := range x {
		x[i] = float32(r.NormFloat64())
		if rare > 0 && r.IntN(rare) == 0 {
			x[i] = odd[r.IntN(len(odd))]
		}
	}
}

// guard is what surrounds a result; a kernel must not write there.
const guard = float32(-12345.678)

// guarded returns n elements in the middle of guards, off the alignment of an allocation, and a check of the guards.
func guarded(t *testing.T, n int) ([]float32, func()) {
	const margin = 67
	all := make([]float32, n+2*margin)
	for i := range all {
		all[i] = guard
	}
	x := all[margin : margin+n : margin+n]
	return x, func() {
		t.Helper()
		for i, v := range all {
			if (i < margin || i >= margin+n) && v != guard {
				t.Fatalf("element %d of a result of %d was overwritten with %g", i-margin, n, v)
			}
		}
	}
}

// same fails unless two results are equal bit for bit, NaNs apart.
func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if !sameFloat(got[i], want[i]) {
			t.Fatalf("%s: element %d is %g (%#x), want %g (%#x)", what, i, got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// check runs the layer in every way, on ordinary and on odd numbers.
func (l *layer) check(t *testing.T) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, uint64(l.in*l.out)))
	for _, rare := range []int{0, 200, 12} {
		in, weights, bias := ended(t, l.in), make([]float32, l.weights+1)[1:], make([]float32, l.bias+3)[3:]
		values(r, in, rare)
		values(r, weights, 5*rare)
		values(r, bias, rare)
		if rare == 12 {
			bias = nil
		}
		exact, sum, size := l.contract(in, weights, bias)
		if rare == 0 {
			for i := range exact {
				if tolerance := 1e-5*size[i] + 1e-30; math.Abs(float64(exact[i])-sum[i]) > tolerance {
					t.Fatalf("element %d is %g, in float64 %g", i, exact[i], sum[i])
				}
			}
		}
		run, err := l.prepare(weights, bias)
		if err != nil {
			t.Fatal(err)
		}
		out, intact := guarded(t, l.out)
		run(out, in)
		intact()
		same(t, "prepared", out, exact)
		if rare == 200 { // the whole result up to the end of the memory
			end := ended(t, l.out)
			run(end, in)
			same(t, "at the end", end, exact)
		}
		withoutVariants(func() {
			clear(out)
			run(out, in)
			intact()
			same(t, "generic", out, exact)
		})
		withLesserVariants(func() {
			lesser, err := l.prepare(weights, bias)
			if err != nil {
				t.Fatal(err)
			}
			clear(out)
			lesser(out, in)
			intact()
			same(t, "lesser variants", out, exact)
		})
		if l.with != nil {
			clear(out)
			if err := l.with(out, in, weights, bias); err != nil {
				t.Fatal(err)
			}
			intact()
			same(t, "with weights", out, exact)
		}
		if n := testing.AllocsPerRun(3, func() { run(out, in) }); n != 0 {
			t.Fatalf("%v allocations in a run", n)
		}
	}
}

// dirty returns scratch memory with garbage in it.
func dirty(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	return x
}

// clamps are what layers are tested with.
var clamps = []F32Clamp{{}, {true, 0, float32(math.Inf(1))}, {true, 0, 6}, {true, -1, 1}, {}, {true, 0, 1}}

func checkAll(t *testing.T, layers []layer) {
	for _, l := range layers {
		t.Run(l.name, func(t *testing.T) { l.check(t) })
	}
}

// benchmarkLayers measures the layers as users run them.
func benchmarkLayers(b *testing.B, layers []layer) {
	for _, l := range layers {
		b.Run(l.name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(7, 8))
			in, weights, bias, out := make([]float32, l.in), make([]float32, l.weights), make([]float32, l.bias), make([]float32, l.out)
			values(r, in, 0)
			values(r, weights, 0)
			run, err := l.prepare(weights, bias)
			if err != nil {
				b.Fatal(err)
			}
			benchmarkProducts(b, l.macs, func() { run(out, in) })
		})
	}
}

// What the processor could do.
var peakGFLOPS, peakGOPS = sync.OnceValue(peak.GFLOPS), sync.OnceValue(peak.GOPS)

// benchmarkProducts measures f, which makes so many multiply-adds of float32: its rate in the quickest of many short runs, which others on the machine disturb
// less than the mean, and the share of the processor's peak that is.
func benchmarkProducts(b *testing.B, macs int, f func()) {
	benchmarkRate(b, 2*macs, "GFLOPS", peakGFLOPS, f)
}

// benchmarkIntegers is benchmarkProducts for multiply-adds of int8.
func benchmarkIntegers(b *testing.B, macs int, f func()) {
	benchmarkRate(b, 2*macs, "GOPS", peakGOPS, f)
}

func benchmarkRate(b *testing.B, operations int, unit string, peak func() float64, f func()) {
	const short = 50 * time.Microsecond
	timed := func(times int) time.Duration {
		start := time.Now()
		for range times {
			f()
		}
		return time.Since(start)
	}
	times := max(1, int(short/max(1, min(timed(1), timed(1)))))
	best := time.Hour
	for b.Loop() {
		best = min(best, timed(times))
	}
	rate := float64(operations) * float64(times) / float64(best.Nanoseconds())
	b.ReportMetric(rate, unit)
	if peak := peak(); peak > 0 {
		b.ReportMetric(100*rate/peak, "%peak")
	}
}

// square is the window of a k×k kernel over an n×n image, padded as TensorFlow pads SAME.
func square(n, k, stride int) Window {
	o := (n + stride - 1) / stride
	p := max(0, (o-1)*stride+k-n) / 2
	return Window{H: n, W: n, OH: o, OW: o, KH: k, KW: k, StrideH: stride, StrideW: stride, DilationH: 1, DilationW: 1, Top: p, Left: p}
}

func (w Window) String() string {
	return fmt.Sprintf("%dx%d_to_%dx%d_k%dx%d_s%dx%d_d%dx%d_p%dx%d", w.H, w.W, w.OH, w.OW, w.KH, w.KW, w.StrideH, w.StrideW, w.DilationH, w.DilationW, w.Top, w.Left)
}

// draw returns a window with random properties, small enough for tests; every output sees the image.
func draw(r *rand.Rand, maxImage, maxKernel int) Window {
	w := Window{H: 1 + r.IntN(maxImage), W: 1 + r.IntN(maxImage), KH: 1 + r.IntN(maxKernel), KW: 1 + r.IntN(maxKernel),
		StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3), DilationH: 1, DilationW: 1}
	if r.IntN(3) == 0 {
		w.DilationH, w.DilationW = 1+r.IntN(3), 1+r.IntN(3)
	}
	eh, ew := (w.KH-1)*w.DilationH+1, (w.KW-1)*w.DilationW+1
	w.Top, w.Left = r.IntN(eh), r.IntN(ew)
	w.OH, w.OW = 1+r.IntN((w.H-1+w.Top)/w.StrideH+1), 1+r.IntN((w.W-1+w.Left)/w.StrideW+1)
	return w
}
