package kernel

import (
	"testing"

	"pgregory.net/rapid"
)

// TestMultiplier compares with the function of two steps.
func TestMultiplier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, m := rapid.Int32().Draw(t, "x"), rapid.Int32Min(0).Draw(t, "m")
		shift := rapid.IntRange(-31, 31).Draw(t, "shift")
		mul := NewMultiplier(m, shift)
		if got, want := mul.Rescale(x), Rescale(x, m, shift); got != want {
			t.Fatalf("%d * %d * 2^(%d-31) is %d, want %d", x, m, shift, got, want)
		}
	})
	tiny := NewMultiplier(1<<30, -32)
	if got := tiny.Rescale(-1 << 31); got != 0 {
		t.Errorf("a shift of -32 gives %d, want 0", got)
	}
}
