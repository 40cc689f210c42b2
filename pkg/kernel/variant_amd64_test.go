//go:build amd64 && !purego

package kernel

import (
	"bytes"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/cpu"
)

// withoutVariants runs f with nothing but generic code.
func withoutVariants(f func()) {
	defer func(was bool) { useAVX2 = was }(useAVX2)
	useAVX2 = false
	f()
}

// TestVariantsRun fails where the processor has what the variants need and they don't run: the tests that compare them with generic
// code would then compare that with itself.
func TestVariantsRun(t *testing.T) {
	want := cpu.X86.HasAVX2 && cpu.X86.HasFMA
	if runtime.GOOS == "linux" {
		info, err := os.ReadFile("/proc/cpuinfo")
		if err != nil {
			t.Fatal(err)
		}
		want = bytes.Contains(info, []byte(" avx2 ")) && bytes.Contains(info, []byte(" fma "))
	}
	if useAVX2 != want {
		t.Fatalf("variants run: %v, but the processor has AVX2 and FMA: %v", useAVX2, want)
	}
	if !want {
		return
	}
	x, y := make([]float32, 1<<14), make([]float32, 1<<14)
	values(rand.New(rand.NewPCG(9, 10)), x, 0)
	var counter F32Counter
	var counts F32Histogram
	cases := map[string]func(){
		"extrema":  func() { F32MinMax(x) },
		"counts":   func() { counter.add(&counts, x, F32MinMax(x)) },
		"exp":      func() { F32MapExp(y, x) },
		"logistic": func() { F32MapLogistic(y, x) },
		"tanh":     func() { F32MapTanh(y, x) },
		"elu":      func() { F32Elu(y, x) },
		"gelu":     func() { F32Gelu(y, x) },
		"geluTanh": func() { F32GeluTanh(y, x) },
	}
	cases["sums of columns"] = func() {
		var acc [reduceBlock]float64
		for row := x; len(row) > 0; row = row[reduceBlock:] {
			foldRows(acc[:], row, SumOf)
		}
	}
	for _, c := range sums {
		if c.name == "mean of columns" {
			continue // it divides more than it adds up
		}
		cases[c.name] = func() { c.run(y, x) }
	}
	for _, c := range vectorRows {
		cases[c.name] = func() { c.row(y[:1<<12], x[:1<<12], x[1<<12:][:1<<12]) }
	}
	for _, c := range vectorUnaries {
		cases[c.name] = func() { c.run(y[:1<<12], x[:1<<12]) }
	}
	for _, p := range pools {
		pool, err := p.make(F32PoolSpec{Window: square(8, 5, 1), C: 1 << 8})
		if err != nil {
			t.Fatal(err)
		}
		cases[p.name+" pool"] = func() { pool.Run(y, x) }
	}
	for _, l := range []layer{
		convLayer("conv", 1, F32ConvSpec{Window: square(14, 3, 1), C: 32, OC: 48}),
		convLayer("narrow conv", 1, F32ConvSpec{Window: square(14, 3, 1), C: 32, OC: 8}),
		fullyConnectedLayer("one row", 1, F32FullyConnectedSpec{K: 256, N: 256}),
		depthwiseLayer("depthwise", 1, F32DepthwiseSpec{Window: square(16, 3, 1), C: 64, Multiplier: 1}),
		depthwiseLayer("depthwise, pixel by pixel", 1, F32DepthwiseSpec{Window: square(16, 7, 1), C: 64, Multiplier: 1}),
	} {
		in, weights, out := x[:l.in], make([]float32, l.weights), make([]float32, l.out)
		run, err := l.prepare(weights, nil)
		if err != nil {
			t.Fatal(err)
		}
		cases[l.name] = func() { run(out, in) }
	}
	for name, run := range cases {
		best := func() time.Duration {
			d := time.Hour
			for range 7 {
				start := time.Now()
				run()
				d = min(d, time.Since(start))
			}
			return d
		}
		variant, generic := best(), time.Duration(0)
		withoutVariants(func() { generic = best() })
		if 2*variant > generic {
			t.Errorf("%s takes %v with variants and %v without: they don't run", name, variant, generic)
		}
		t.Logf("%-28s %10v, generic %10v", name, variant, generic)
	}
}
