package kernel

import "math"

// HighMul returns a*b/2^31 rounded to the nearest, halves upwards in magnitude for positive products and towards zero for negative ones, as gemmlowp's SaturatingRoundingDoublingHighMul
// does; the one overflow, of the least value squared, saturates.
func HighMul(a, b int32) int32 {
	if a == b && a == math.MinInt32 {
		return math.MaxInt32
	}
	product := int64(a) * int64(b)
	nudge := int64(1 << 30)
	if product < 0 {
		nudge = 1 - nudge
	}
	return int32((product + nudge) / (1 << 31))
}

// ShiftRound returns x / 2^n rounded to the nearest, halves away from zero; n is in [0, 31].
func ShiftRound(x int32, n int) int32 {
	mask := int32(1)<<n - 1
	rest := x & mask
	half := mask >> 1
	if x < 0 {
		half++
	}
	x >>= n
	if rest > half {
		x++
	}
	return x
}

// Rescale returns x * multiplier * 2^(shift-31) in TFLite's two steps: HighMul of x shifted left where shift is positive, which wraps, then ShiftRound where it is
// negative.
func Rescale(x, multiplier int32, shift int) int32 {
	return ShiftRound(HighMul(x<<max(shift, 0), multiplier), max(-shift, 0))
}
