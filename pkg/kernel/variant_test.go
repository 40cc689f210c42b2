//go:build (amd64 || arm64) && !purego && unix

package kernel

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// TestVariantsRun fails where the processor has what the variants need and they don't run: the tests that compare them with generic
// code would then compare that with itself. Each kernel is given an operand in memory that can't be read, and must be found to read it in assembly.
func TestVariantsRun(t *testing.T) {
	want := hasVariants(t)
	if variants() != want {
		t.Fatalf("variants run: %v, but the processor has what they need: %v", variants(), want)
	}
	if !want {
		return
	}
	x, y := unreadable(t, 1<<16), make([]float32, 1<<16)
	for name, run := range variantCases(t, x, y) {
		want := !slices.Contains(genericOnly, name)
		if in := readIn(run); isVariant(in) != want {
			t.Errorf("%s: the operand is read in %s (%s); a variant is wanted: %v", name, in.Function, in.File, want)
		}
		withoutVariants(func() {
			if in := readIn(run); in.Function == "" || isVariant(in) {
				t.Errorf("%s: without variants the operand is read in %q", name, in.Function)
			}
		})
	}
}

// isVariant reports whether a function is this package's, in assembly.
func isVariant(f runtime.Frame) bool {
	return filepath.Ext(f.File) == ".s" && strings.Contains(f.Function, "/kernel.")
}

// variantCases returns kernels that have variants, by name; each reads x.
func variantCases(t *testing.T, x, y []float32) map[string]func() {
	const n = 1 << 12
	var counter F32Counter
	var counts F32Tally
	cases := map[string]func(){
		"extrema": func() { F32MinMax(x) },
		"counts":  func() { counter.add(&counts, x) },
		"sums of columns": func() {
			var acc [reduceBlock]float64
			foldRows(acc[:], x[:reduceBlock], SumOf)
		},
	}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
	cases["lines"] = func() { copyLines(make([]byte, 320), 10, bytes, 20, 10, 32) }
	cases["spread"] = func() { spreadLines(y, x, 1, 10, 32) }
	cases["sums of lines"] = func() { sumLines(make([]float64, 10), x, 20) }
	cases["extrema of lines"] = func() { F32Reduce(y[:10], x[:200], []int{10, 20}, []int{1}, MaxOf) }
	cases["least of lines"] = func() { F32Reduce(y[:10], x[:50], []int{10, 5}, []int{1}, MinOf) }
	for kind, result := range s8Results(t) {
		cases["int8 of sums, "+kind] = func() { result.rows(make([]int8, 100), 20, int32s(x), 20, 5, 0, 20) }
	}
	depthwise := s8Depthwise(t, 32)
	cases["int8 depthwise"] = func() { depthwise.Run(make([]int8, 8*8*32), signed(x)[:8*8*32], make([]int32, depthwise.Scratch())) }
	product, err := NewS16FullyConnected(S16FullyConnectedSpec{K: 64, N: 4, Result: S16Result{Scale: make([]S16Scale, 1)}}, make([]int8, 64*4), nil)
	if err != nil {
		t.Fatal(err)
	}
	short := unsafe.Slice((*int16)(unsafe.Pointer(unsafe.SliceData(x))), 64)
	cases["int16 products"] = func() { product.Run(make([]int16, 4), short) }
	s8s := signed(y)
	for _, c := range s8Rows {
		row := c.make(nil)
		cases[c.name] = func() { row(s8s[:n], signed(x)[:n], s8s[:n]) }
	}
	table := NewS8Table(func(q int32) int32 { return q }, -128, 127)
	cases["S8Table"] = func() { table.Apply(s8s[:n], signed(x)) }
	cases["Quantize"] = func() { Quantize(s8s[:n], x, []float32{1}, []int64{0}, 1) }
	hybrid, affine := packHybrid(1, 64, s8Weights{make([]int8, 64), 64, 1}), hybridAffine{scale: 1, inverse: 1, least: -127}
	hybrid.scale = make([]float32, 64)
	cases["hybrid integers"] = func() { affine.quantize(s8s[:n], x) }
	cases["hybrid sums added"] = func() { hybrid.add(y[:64], 64, int32s(x), 64, 64, 0, []hybridAffine{affine}) }
	cases["hybrid sums scaled"] = func() { hybrid.scaled(y[:64], 64, int32s(x), 64, 1, 64, hybrid.scale, 0, &affine) }
	cases["Dequantize"] = func() { Dequantize(y[:n], signed(x), []float32{1}, []int64{0}, 1) }
	window := IntPoolSpec{Window: square(8, 3, 1), C: 32, Lo: -128, Hi: 127}
	images := signed(x)[:8*8*32]
	cases["IntMaxPool"] = func() { _ = IntMaxPool(make([]int8, 8*8*32), images, window) }
	cases["IntAvgPool"] = func() { _ = IntAvgPool(make([]int8, 8*8*32), images, window) }
	mean := S8Sums{Shape: []int{64, 32}, Kept: []int{1, 32}}
	cases["S8Sums"] = func() { mean.Mean(make([]int8, 32), images, Multiplier{}, 0, make([]int32, 32)) }
	cases["ResizeBilinear"] = func() { ResizeBilinear(make([]int8, 16*16*32), images, []int{1, 8, 8, 32}, 16, 16, Resize{}) }
	cases["columns of bytes"] = func() { columns(raw(y), 32, raw(x), 32, 32, 32) }
	cases["int8 products"], cases["int8 rows"] = s8ProductOf(view[int64](int32s(x)), 16), s8RowsOf(t, signed(x))
	cases["columns"] = func() { columns(y, 32, x, 32, 32, 32) }
	cases["distance"] = func() { F32Distance(x[:n], y[:n]) }
	cases["distance, right"] = func() { F32Distance(y[:n], x[:n]) }
	for _, c := range sums {
		cases[c.name] = func() { c.run(y, x) }
	}
	for _, m := range maps {
		cases[m.name] = func() { m.run(y, x) }
	}
	for _, c := range vectorRows {
		cases[c.name] = func() { c.row(y[:n], x[:n], y[n:2*n]) }
		cases[c.name+", right"] = func() { c.row(y[:n], y[n:2*n], x[:n]) }
	}
	tested := make([]bool, n)
	for _, c := range vectorTests {
		cases[c.name] = func() { c.row(tested, x[:n], y[:n]) }
	}
	size := []int{n}
	cases["Select"] = func() { Select(raw(y[:n]), 4, tested, size, raw(y[:n]), size, raw(x[:n]), size) }
	for _, c := range vectorUnaries {
		cases[c.name] = func() { c.run(y[:n], x[:n]) }
	}
	for _, p := range pools {
		pool, err := p.make(F32PoolSpec{Window: square(8, 5, 1), C: 1 << 8})
		if err != nil {
			t.Fatal(err)
		}
		cases[p.name+" pool"] = func() { pool.Run(y[:8*8<<8], x[:8*8<<8]) }
	}
	enlarge := bilinear(t, F32BilinearSpec{Resize{}, 8, 8, 32, 16, 16})
	cases["bilinear"] = func() { enlarge.Run(y[:16*16*32], x[:8*8*32]) }
	for _, l := range []layer{
		convLayer("conv", 1, F32ConvSpec{Window: square(14, 3, 1), C: 32, OC: 48}),
		convLayer("narrow conv", 1, F32ConvSpec{Window: square(14, 3, 1), C: 32, OC: 8}),
		convLayer("conv of three outputs", 1, F32ConvSpec{Window: square(14, 3, 1), C: 32, OC: 3}),
		fullyConnectedLayer("one row", 1, F32FullyConnectedSpec{K: 256, N: 256}),
		fullyConnectedLayer("one short row", 1, F32FullyConnectedSpec{K: 256, N: 10}),
		depthwiseLayer("depthwise", 1, F32DepthwiseSpec{Window: square(16, 3, 1), C: 64, Multiplier: 1}),
		depthwiseLayer("depthwise, pixel by pixel", 1, F32DepthwiseSpec{Window: square(16, 9, 1), C: 64, Multiplier: 1}),
		depthwiseLayer("depthwise of several outputs", 1, F32DepthwiseSpec{Window: square(16, 3, 1), C: 8, Multiplier: 4}),
		depthwiseLayer("depthwise of few channels", 1, F32DepthwiseSpec{Window: square(16, 3, 1), C: 3, Multiplier: 1}),
	} {
		run, err := l.prepare(make([]float32, l.weights), nil)
		if err != nil {
			t.Fatal(err)
		}
		cases[l.name] = func() { run(y[:l.out], x[:l.in]) }
	}
	return cases
}

// unreadable returns n elements in memory that can't be read.
func unreadable(t *testing.T, n int) []float32 {
	t.Helper()
	page := os.Getpagesize()
	m, err := syscall.Mmap(-1, 0, (4*n+page-1)/page*page, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(m); err != nil {
			t.Error(err)
		}
	})
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(m))), n)
}

// readIn returns the function with the instruction at which run can't read memory, or none if it can.
func readIn(run func()) (in runtime.Frame) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() == nil {
			return
		}
		var pcs [32]uintptr
		frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
		for more, fault := true, false; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if fault {
				in = f
				return
			}
			fault = f.Function == "runtime.sigpanic"
		}
	}()
	run()
	return in
}
