package exec_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/tensor"
)

// compare reports how got differs from want: floats by more than tolerance times the range of want's finite numbers, anything else at all.
func compare(got, want *tensor.Tensor, tolerance float64) error {
	if got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("is %v%v, want %v%v", got.DType, got.Shape, want.DType, want.Shape)
	}
	if want.DType != tensor.Float32 {
		if i := difference(got.Data, want.Data); i >= 0 {
			i /= want.DType.Size()
			return fmt.Errorf("element %d of %v%v is %v, want %v", i, want.DType, want.Shape, element(got, i), element(want, i))
		}
		return nil
	}
	d := distance(tensor.View[float32](got), tensor.View[float32](want))
	if d.relative > tolerance {
		return fmt.Errorf("element %d of %v%v is %g, want %g: off by %.3g of the range", d.at, want.DType, want.Shape, d.got, d.want, d.relative)
	}
	return nil
}

// far is the worst element of a comparison, and its distance relative to the range of all.
type far struct {
	at        int
	got, want float32
	relative  float64
}

// resolution is what two float32 computations may differ by at the least, relative to the greatest number: two units in its last place.
const resolution = 1.0 / (1 << 22)

// distance finds the element of got that is farthest from want's. NaNs equal each other, and infinities of one sign; so do numbers within the resolution.
func distance(got, want []float32) (worst far) {
	lo, hi := limits(want)
	span, ulps := hi-lo, max(math.Abs(lo), math.Abs(hi))*resolution
	if !(span > 0) {
		span = max(math.Abs(hi), math.SmallestNonzeroFloat32)
	}
	for i, w := range want {
		g := got[i]
		if g == w || g != g && w != w {
			continue
		}
		d := math.Abs(float64(g) - float64(w))
		if d <= ulps {
			continue
		}
		if d /= span; math.IsNaN(d) {
			d = math.Inf(1)
		}
		if d > worst.relative {
			worst = far{i, g, w, d}
		}
	}
	return worst
}

// limits returns the least and the greatest finite number, zeros if there is none.
func limits(x []float32) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range x {
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			lo, hi = min(lo, f), max(hi, f)
		}
	}
	if lo > hi {
		return 0, 0
	}
	return lo, hi
}

// neighbours reports whether integers differ by at most 1.
func neighbours(got, want *tensor.Tensor) bool {
	g, err := got.Ints()
	w, err2 := want.Ints()
	if err != nil || err2 != nil || len(g) != len(w) {
		return false
	}
	for i := range g {
		if d := g[i] - w[i]; d < -1 || d > 1 {
			return false
		}
	}
	return true
}

// difference returns the index of the first byte that differs, -1 if there is none.
func difference(a, b []byte) int {
	if slices.Equal(a, b) {
		return -1
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func element(t *tensor.Tensor, i int) any {
	if t.DType == tensor.Bool || t.DType.Float() {
		return t.Data[i*t.DType.Size():][:t.DType.Size()]
	}
	v, err := t.Ints()
	if err != nil || i >= len(v) {
		return err
	}
	return v[i]
}

// TestCompare makes sure that the comparison of the tests here can fail.
func TestCompare(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, tt := range []struct {
		got, want []float32
		ok        bool
	}{
		{[]float32{0, 1}, []float32{0, 1}, true},
		{[]float32{0, 1.00001}, []float32{0, 1}, true},
		{[]float32{0, 1.0001}, []float32{0, 1}, false},
		{[]float32{0, nan}, []float32{0, 1}, false},
		{[]float32{0, 1}, []float32{0, nan}, false},
		{[]float32{nan, inf}, []float32{nan, inf}, true},
		{[]float32{-inf}, []float32{inf}, false},
		{[]float32{3}, []float32{inf}, false},
		{[]float32{0.99999994, 1}, []float32{1, 1}, true},
		{[]float32{1e-30}, []float32{0}, false},
	} {
		shape := tensor.Shape{len(tt.want)}
		if err := compare(tensor.F32(shape, tt.got...), tensor.F32(shape, tt.want...), 2e-5); (err == nil) != tt.ok {
			t.Errorf("%v against %v: %v", tt.got, tt.want, err)
		}
	}
	for _, got := range []*tensor.Tensor{tensor.I32(tensor.Shape{2}, 1, 3), tensor.I32(tensor.Shape{1, 2}, 1, 2), tensor.F32(tensor.Shape{2}, 1, 2)} {
		if compare(got, tensor.I32(tensor.Shape{2}, 1, 2), 1) == nil {
			t.Errorf("%v%v is taken for i32[2]", got.DType, got.Shape)
		}
	}
	if neighbours(tensor.I32(tensor.Shape{2}, 1, 2), tensor.I32(tensor.Shape{2}, 1, 4)) {
		t.Error("2 and 4 are no neighbours")
	}
}
