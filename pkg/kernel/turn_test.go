package kernel

import (
	"math"
	"slices"
	"testing"
)

func TestTurn(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 12, 100, 999} {
		for m := -n; m <= 2*n; m++ {
			a := 2 * math.Pi * float64(m) / float64(n)
			cos, sin := Turn(m, n)
			if math.Abs(cos-math.Cos(a)) > 1e-13 || math.Abs(sin-math.Sin(a)) > 1e-13 {
				t.Errorf("Turn(%d, %d) = %v, %v, want %v, %v", m, n, cos, sin, math.Cos(a), math.Sin(a))
			}
		}
	}
	for m, want := range [][2]float64{{1, 0}, {0, 1}, {-1, 0}, {0, -1}} {
		if cos, sin := Turn(m, 4); cos != want[0] || sin != want[1] {
			t.Errorf("Turn(%d, 4) = %v, %v, want %v", m, cos, sin, want)
		}
	}
}

func TestMulComplex64(t *testing.T) {
	got := make([]complex64, 2)
	MulComplex64(got, []complex64{1 + 2i, 3 - 1i}, []complex64{2 - 1i})
	if want := []complex64{4 + 3i, 5 - 5i}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBucketize(t *testing.T) {
	got := make([]int32, 7)
	Bucketize(got, []float32{-1, 0, 0.5, 1, 9, 10, float32(math.NaN())}, []float32{0, 1, 10})
	if want := []int32{0, 1, 1, 2, 2, 3, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	ints := make([]int32, 3)
	Bucketize(ints, []int64{-5, 1, 11}, []float32{0, 1, 10})
	if want := []int32{0, 2, 3}; !slices.Equal(ints, want) {
		t.Errorf("got %v, want %v", ints, want)
	}
}
