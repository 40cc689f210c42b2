package quant

import (
	"math"
	"testing"
)

func TestMultiplier(t *testing.T) {
	for _, tt := range []struct {
		x          float64
		multiplier int32
		shift      int
	}{
		{0, 0, 0},
		{0.25, 1 << 30, -1},
		{0.5, 1 << 30, 0},
		{0.75, 3 << 29, 0},
		{1, 1 << 30, 1},
		{1 - 1e-12, 1 << 30, 1}, // rounds up to the next power of two
		{6, 3 << 29, 3},
		{math.Ldexp(1, -40), 0, 0},
		{math.Ldexp(1, 40), math.MaxInt32, 30},
		{math.Inf(1), math.MaxInt32, 30},
		{math.NaN(), math.MaxInt32, 30},
	} {
		if m, s := Multiplier(tt.x); m != tt.multiplier || s != tt.shift {
			t.Errorf("Multiplier(%v) = %d, %d; want %d, %d", tt.x, m, s, tt.multiplier, tt.shift)
		}
	}
}
