package kernel

import "math"

// F32Pow returns x^y, with C's rules for zeros, infinities, NaN and negative x.
func F32Pow(x, y float32) float32 {
	a, b := math.Abs(float64(x)), float64(y)
	whole := math.Trunc(b) == b
	odd := whole && math.Abs(b) < 1<<24 && int64(b)&1 != 0
	sign := 1.0
	if odd && math.Signbit(float64(x)) {
		sign = -1
	}
	switch {
	case y == 0 || x == 1:
		return 1
	case x != x || y != y:
		return float32(math.NaN())
	case math.IsInf(b, 0):
		switch {
		case a == 1:
			return 1
		case (a > 1) == (b > 0):
			return float32(math.Inf(1))
		}
		return 0
	case a == 0 || math.IsInf(a, 0):
		if (a == 0) == (b > 0) {
			return float32(math.Copysign(0, sign))
		}
		return float32(math.Inf(int(sign)))
	case x < 0 && !whole:
		return float32(math.NaN())
	}
	l := min(max(float64(b*log64(a)), -200), 200)
	return float32(sign * exp64(l))
}
