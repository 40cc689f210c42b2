package kernel

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// near allows a few units in the last place.
var near = cmpopts.EquateApprox(1e-6, 1e-7)

func TestSoftmax(t *testing.T) {
	got := make([]float32, 6)
	F32Softmax(got, []float32{0, float32(math.Ln2), 0, 1e30, -1e30, -inf}, 3, 1)
	if diff := cmp.Diff([]float32{0.25, 0.5, 0.25, 1, 0, 0}, got, near); diff != "" {
		t.Error(diff)
	}
	F32Softmax(got[:2], []float32{0, float32(math.Ln2)}, 2, 2)
	if diff := cmp.Diff([]float32{0.2, 0.8}, got[:2], near); diff != "" {
		t.Error(diff)
	}
	F32Softmax(got, []float32{1, nan, 2, inf, 0, 0}, 3, 1)
	for i, x := range got {
		if x == x {
			t.Errorf("element %d of a row with a NaN or infinity is %v", i, x)
		}
	}
}

func TestLogSoftmax(t *testing.T) {
	got := make([]float32, 3)
	F32LogSoftmax(got, []float32{0, float32(math.Ln2), 0}, 3)
	want := []float32{float32(-2 * math.Ln2), float32(-math.Ln2), float32(-2 * math.Ln2)}
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Error(diff)
	}
	F32LogSoftmax(got, []float32{1000, 0, nan}, 3)
	if got[0] == got[0] {
		t.Errorf("a row with a NaN has %v", got)
	}
}

// TestShortRows compares rows that are computed together with the same alone, in place as well.
func TestShortRows(t *testing.T) {
	r := rand.New(rand.NewPCG(84, 85))
	for n := 1; n <= shortRow+2; n += 1 + n/64 {
		for _, c := range []struct {
			name string
			run  func(dst, src []float32)
		}{
			{"softmax", func(dst, src []float32) { F32Softmax(dst, src, n, 1) }},
			{"softmax of more", func(dst, src []float32) { F32Softmax(dst, src, n, 1.7) }},
			{"log softmax", func(dst, src []float32) { F32LogSoftmax(dst, src, n) }},
			{"norm", func(dst, src []float32) { F32L2Normalize(dst, src, n) }},
		} {
			rows := 2 + r.IntN(2*min(shortRows, clampRun/n))
			x := ended(t, rows*n)
			values(r, x, 1+r.IntN(100))
			want := make([]float32, len(x))
			for at := 0; at < len(x); at += n {
				c.run(want[at:at+n], x[at:at+n])
			}
			got, intact := guarded(t, len(x))
			check := func() {
				clear(got)
				c.run(got, x)
				intact()
				same(t, c.name, got, want)
			}
			check()
			withoutVariants(check)
			withLesserVariants(check)
			c.run(x, x)
			same(t, c.name+" in place", x, want)
		}
	}
}

// BenchmarkShortRows takes as many elements in rows of several lengths.
func BenchmarkShortRows(b *testing.B) {
	x, y := make([]float32, 1<<13), make([]float32, 1<<13)
	values(rand.New(rand.NewPCG(86, 87)), x, 0)
	for _, n := range []int{2, 5, 10, 16, 21, 32, 49, 64, 77, 100, 128, 197, 256} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			whole := len(x) / n * n
			for b.Loop() {
				F32Softmax(y[:whole], x[:whole], n, 1)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(whole), "ns/element")
		})
	}
}

func TestL2Normalize(t *testing.T) {
	got := make([]float32, 4)
	F32L2Normalize(got, []float32{3, -4, 0, 5e-7}, 2)
	if diff := cmp.Diff([]float32{0.6, -0.8, 0, 0.5}, got, near); diff != "" {
		t.Error(diff)
	}
}

func TestLocalResponse(t *testing.T) {
	got := make([]float32, 4)
	F32LocalResponse(got, []float32{1, 2, 3, 4}, 4, 1, 1, 0.5, 1)
	// Windows {1 2}, {1 2 3}, {2 3 4}, {3 4}: sums of squares 5, 14, 29, 25.
	if diff := cmp.Diff([]float32{1 / 3.5, 2 / 8., 3 / 15.5, 4 / 13.5}, got, near); diff != "" {
		t.Error(diff)
	}
}
