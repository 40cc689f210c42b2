package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestScan compares what kernels see of their results with F32MinMax.
func TestScan(t *testing.T) {
	r := rand.New(rand.NewPCG(54, 55))
	conv := func(s F32ConvSpec) func(out, in []float32, scan *F32Scan) {
		w, b := make([]float32, s.taps()*s.C/max(s.Groups, 1)*s.OC), make([]float32, s.OC)
		values(r, w, 0)
		values(r, b, 0)
		c, err := NewF32Conv(s, w, b)
		if err != nil {
			t.Fatal(err)
		}
		return c.RunScan
	}
	depthwise := func(s F32DepthwiseSpec) func(out, in []float32, scan *F32Scan) {
		w, b := make([]float32, s.taps()*s.C), make([]float32, s.C)
		values(r, w, 0)
		values(r, b, 0)
		d, err := NewF32Depthwise(s, w, b)
		if err != nil {
			t.Fatal(err)
		}
		return d.RunScan
	}
	connected := func(k, n int) func(out, in []float32, scan *F32Scan) {
		w, b := make([]float32, k*n), make([]float32, n)
		values(r, w, 0)
		values(r, b, 0)
		f, err := NewF32FullyConnected(F32FullyConnectedSpec{K: k, N: n}, w, b)
		if err != nil {
			t.Fatal(err)
		}
		return f.RunScan
	}
	type scanning interface {
		RunScan(out, in []float32, scan *F32Scan)
	}
	volume := F32Conv3DSpec{Window: square(5, 3, 1), D: 4, OD: 4, KD: 2, StrideD: 1, DilationD: 1, C: 3, OC: 5}
	volumes := func(turned bool) scanning {
		w := make([]float32, volume.KD*volume.taps()*volume.C*volume.OC)
		values(r, w, 0)
		var l scanning
		var err error
		if turned {
			l, err = NewF32TransposeConv3D(volume, w, nil)
		} else {
			l, err = NewF32Conv3D(volume, w, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	matmul := func(s F32BatchMatMulSpec) func(out, in []float32, scan *F32Scan) {
		m, err := NewF32BatchMatMul(s)
		if err != nil {
			t.Fatal(err)
		}
		y, scratch := make([]float32, elements(s.Y)*s.K*s.N), make([]float32, m.Scratch())
		values(r, y, 0)
		return func(out, in []float32, scan *F32Scan) { m.RunScan(out, in, y, scratch, scan) }
	}
	binary := func(aShape, bShape []int, c F32Clamp) func(out, in []float32, scan *F32Scan) {
		b := make([]float32, elements(bShape))
		values(r, b, 0)
		return func(out, in []float32, scan *F32Scan) {
			F32BinaryScan(out, in, aShape, b, bShape, Add, c, scan)
		}
	}
	for _, c := range []struct {
		name    string
		in, out int
		run     func(out, in []float32, scan *F32Scan)
	}{
		{"conv", 2 * 40 * 40 * 5, 2 * 40 * 40 * 96, conv(F32ConvSpec{Window: square(40, 3, 1), C: 5, OC: 96})},
		{"conv of an odd number of channels", 7 * 7 * 3, 7 * 7 * 13, conv(F32ConvSpec{Window: square(7, 3, 1), C: 3, OC: 13, Clamp: F32Clamp{true, 0, 6}})},
		{"depthwise", 3 * 9 * 9 * 11, 3 * 9 * 9 * 11, depthwise(F32DepthwiseSpec{Window: square(9, 3, 1), C: 11, Multiplier: 1})},
		{"one row", 50, 130, connected(50, 130)},
		{"rows", 50 * 700, 130 * 700, connected(50, 130)},
		{"matrices", 3 * 20 * 7, 3 * 20 * 41, matmul(F32BatchMatMulSpec{M: 20, K: 7, N: 41, X: []int{3}, Y: []int{3}})},
		{"one matrix for all", 3 * 20 * 7, 3 * 20 * 41, matmul(F32BatchMatMulSpec{M: 20, K: 7, N: 41, AdjX: true, X: []int{3}})},
		{"conv of groups", 9 * 9 * 12, 9 * 9 * 15, conv(F32ConvSpec{Window: square(9, 3, 1), C: 12, OC: 15, Groups: 3})},
		{"volumes", 2 * 4 * 25 * 3, 2 * 4 * 25 * 5, volumes(false).RunScan},
		{"volumes, transposed", 2 * 4 * 25 * 3, 2 * 4 * 25 * 5, volumes(true).RunScan},
		{"pairs", 5000, 5000, binary([]int{5000}, []int{5000}, F32Clamp{})},
		{"one number", 5000, 5000, binary([]int{5000}, nil, F32Clamp{true, -1, 1})},
		{"a vector", 5000, 5000, binary([]int{250, 20}, []int{20}, F32Clamp{true, 0, 6})},
		{"a long vector", 15000, 15000, binary([]int{3, 5000}, []int{5000}, F32Clamp{})},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, rare := range []int{0, 3000, 60} {
				in := make([]float32, c.in)
				values(r, in, rare)
				out, want := make([]float32, c.out), make([]float32, c.out)
				c.run(want, in, nil)
				check := func() {
					var scan F32Scan
					var counter F32Counter
					var tally F32Tally
					scan.Start(true)
					scan.Count(&counter, &tally)
					c.run(out, in, &scan)
					counter.Flush()
					same(t, "result", out, want)
					got, ok := scan.Range(len(out))
					if want := F32MinMax(out); !ok || got != want {
						t.Errorf("range %+v (%v), want %+v", got, ok, want)
					}
					if h, want := tally.Histogram(), directly(out); !sameHistogram(h, &want) {
						t.Errorf("%s, want %s", describe(h), describe(&want))
					}
				}
				check()
				withLesserVariants(check)
				withoutVariants(check)
			}
		})
	}
}

// TestScanOfPart does not take the range of a part for that of the whole.
func TestScanOfPart(t *testing.T) {
	var scan F32Scan
	scan.Start(true)
	scan.Include([]float32{1, 2})
	if r, ok := scan.Range(3); ok {
		t.Errorf("two of three elements have range %+v", r)
	}
	scan.Start(false)
	scan.Include([]float32{1, 2})
	if r, ok := scan.Range(2); ok {
		t.Errorf("nothing was looked at, and the range is %+v", r)
	}
}
