package quant

import (
	"math"
	"math/bits"
)

// Multiplier returns x as multiplier * 2^(shift-31) with a multiplier in [2^30, 2^31), rounded to the nearest, as TFLite does: what is too small is 0, and
// what is too large is the largest that there is. x must not be negative.
func Multiplier(x float64) (multiplier int32, shift int) {
	fraction, shift := math.Frexp(x)
	m := int64(math.Round(fraction * (1 << 31)))
	if m == 1<<31 {
		m, shift = 1<<30, shift+1
	}
	switch {
	case x == 0 || shift < -31:
		return 0, 0
	case shift > 30 || math.IsNaN(x) || math.IsInf(x, 0):
		return math.MaxInt32, 30
	}
	return int32(m), shift
}

// Share returns a multiplier divided by a count, as TFLite makes a mean's multiplier from that of a sum: truncated to 31 bits.
func Share(multiplier int32, shift, count int) (int32, int) {
	up := min(bits.Len64(uint64(count))-1, 32, 31+shift)
	return int32(int64(multiplier) << up / int64(count)), shift - up
}
