package kernel

import (
	"math"
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
