package kernel

import "math"

// log64 returns ln x to about 2^-50 for a finite normal x > 0.
//
// x = 2^e·m with √½ ≤ m < √2, and ln m = 2·artanh(s) with s = (m - 1)/(m + 1): the series to s^21.
func log64(x float64) float64 {
	const sqrtHalf = 0x3fe6a09e667f3bcd // the bits of √½
	b := math.Float64bits(x)
	e := int64(b-sqrtHalf) >> 52
	m := math.Float64frombits(b - uint64(e)<<52)
	f := m - 1
	s := f / (f + 2)
	z := float64(s * s)
	q := mad(z, 2.0/21, 2.0/19)
	q = mad(z, q, 2.0/17)
	q = mad(z, q, 2.0/15)
	q = mad(z, q, 2.0/13)
	q = mad(z, q, 2.0/11)
	q = mad(z, q, 2.0/9)
	q = mad(z, q, 2.0/7)
	q = mad(z, q, 2.0/5)
	q = mad(z, q, 2.0/3)
	l := mad(float64(s*z), q, float64(2*s))
	k := float64(e)
	return float64(k*ln2Hi) + (float64(k*ln2Lo) + l)
}

// F64Log is F32Log for float64, to about 2^-50.
func F64Log(x float64) float64 {
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x == 0:
		return math.Inf(-1)
	case x < 0:
		return math.NaN()
	case x < 0x1p-1022: // not normal
		return log64(x*0x1p54) - 54*math.Ln2
	}
	return log64(x)
}

// F32Log returns the natural logarithm of x: -Inf for 0, NaN for x < 0.
func F32Log(x float32) float32 {
	switch {
	case x != x || x > math.MaxFloat32:
		return x
	case x == 0:
		return float32(math.Inf(-1))
	case x < 0:
		return float32(math.NaN())
	}
	return float32(log64(float64(x)))
}

// F32Log1p returns ln(1 + x), accurate near 0 as well: -Inf for -1, NaN for x < -1.
func F32Log1p(x float32) float32 {
	d := float64(x)
	switch {
	case x != x || x == 0 || x > math.MaxFloat32:
		return x
	case x == -1:
		return float32(math.Inf(-1))
	case x < -1:
		return float32(math.NaN())
	case math.Abs(d) < 0x1p-28: // above, 1 + x is exact or x is large
		return float32(d - float64(0.5*float64(d*d)))
	}
	return float32(log64(1 + d))
}

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
