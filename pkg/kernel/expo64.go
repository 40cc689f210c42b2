package kernel

import "math"

// The functions of this file serve those of two numbers, of an angle, and what is computed once: they are polynomials in float64.

const (
	log2e = 1 / math.Ln2
	ln2Hi = 0x1.62e42fefa38p-1 // the upper 42 bits of ln 2: its product with an exponent is exact
	ln2Lo = 0x1.ef35793c7673p-45
)

// expm1Scaled returns p and s with e^x = s·(1 + p), where s is a power of two and |p| < 0.42. |x| must be below 700.
//
// x = k·ln 2 + r with |r| ≤ ln 2 / 2, and p is the Taylor polynomial of e^r - 1 to the power 11 (next term: 2^-46 of p).
func expm1Scaled(x float64) (p, s float64) {
	const shift = 0x1.8p52 // adding it rounds to an integer, which then stands in the low bits
	t := mad(x, log2e, shift)
	k := t - shift
	r := x - float64(k*ln2Hi)
	r -= float64(k * ln2Lo)
	q := mad(r, 1.0/39916800, 1.0/3628800)
	q = mad(r, q, 1.0/362880)
	q = mad(r, q, 1.0/40320)
	q = mad(r, q, 1.0/5040)
	q = mad(r, q, 1.0/720)
	q = mad(r, q, 1.0/120)
	q = mad(r, q, 1.0/24)
	q = mad(r, q, 1.0/6)
	q = mad(r, q, 1.0/2)
	p = r + float64(float64(r*r)*q)
	return p, math.Float64frombits((math.Float64bits(t) + 1023) << 52)
}

// exp64 returns e^x to about 2^-46. |x| must be below 700.
func exp64(x float64) float64 {
	p, s := expm1Scaled(x)
	return s + float64(s*p)
}

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

// F64Log returns the natural logarithm of x to about 2^-50: -Inf for 0, NaN for x < 0.
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

// F64Exp returns e^x to about 2^-46: 0 below -700, +Inf above 700.
func F64Exp(x float64) float64 {
	switch {
	case x < -700:
		return 0
	case x > 700:
		return math.Inf(1)
	}
	return exp64(x)
}
