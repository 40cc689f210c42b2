package kernel

import "math"

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

// F32Exp returns e^x.
func F32Exp(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > 89:
		return float32(math.Inf(1))
	case x < -104:
		return 0
	}
	return float32(exp64(float64(x)))
}

// F32Expm1 returns e^x - 1, accurate near 0 as well.
func F32Expm1(x float32) float32 {
	switch {
	case x != x || x == 0: // keeps the sign of 0
		return x
	case x > 89:
		return float32(math.Inf(1))
	case x < -104:
		return -1
	}
	p, s := expm1Scaled(float64(x))
	return float32(float64(s*p) + (s - 1))
}

// F32Logistic returns 1 / (1 + e^-x).
func F32Logistic(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > 89:
		return 1
	case x < -104:
		return 0
	}
	return float32(1 / (1 + exp64(-float64(x))))
}

// F32Tanh returns the hyperbolic tangent of x, as t / (t + 2) with t = e^2x - 1.
func F32Tanh(x float32) float32 {
	a := math.Abs(float64(x))
	switch {
	case x != x || x == 0:
		return x
	case a > 10:
		return float32(math.Copysign(1, float64(x)))
	}
	p, s := expm1Scaled(2 * a)
	t := float64(s*p) + (s - 1)
	return float32(math.Copysign(t/(t+2), float64(x)))
}
