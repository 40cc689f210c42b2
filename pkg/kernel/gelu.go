package kernel

import "math"

// geluMost is the least |x| for which h, as gelu computes it, is not above 0; geluOff is its error there, and so what gelu is off by for each unit of x below -0.5.
const (
	geluMost = 0x1.48dcfcp+2
	geluOff  = 1.5e-7
)

// gelu returns x·Φ(x), Φ being the normal distribution's share below x: within 2.5 units in the last place above -0.5, and below within 2^-22.7·|x|, since 0.5·(1 + erf(x/√2)), which TFLite
// computes, too, loses there what it is near 0; -0 from -geluMost on down, and below 0 up to 0.
//
// With b = |x| it is max(x, 0) - b·h, where h = Φ(-b) = 0.5 - b·r, and r is a quotient of polynomials of degree 5 in b² with an error of 2^-27/b.
func gelu(x float32) float32 {
	if x != x {
		return x
	}
	b := min(f32Abs(x), geluMost)
	square := float32(b * b)
	n := fma32(0x1.86d672p-26, square, 0x1.aa4654p-18)
	n = fma32(n, square, 0x1.620844p-13)
	n = fma32(n, square, 0x1.328668p-8)
	n = fma32(n, square, 0x1.15503ep-5)
	n = fma32(n, square, 0x1.98845p-2)
	d := fma32(0x1.4173f2p-20, square, 0x1.34e29ep-14)
	d = fma32(d, square, 0x1.edfb3ep-10)
	d = fma32(d, square, 0x1.d55346p-6)
	d = fma32(d, square, 0x1.018e5ep-2)
	d = fma32(d, square, 1)
	h := fma32(-b, n/d, 0.5)
	if h < 0 {
		h = 0
	}
	if x < 0 {
		x = math.Float32frombits(1 << 31) // -0
	}
	return fma32(-b, h, x)
}

// geluTanh returns x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), within 1.4 units in the last place; -0 for -Inf.
//
// With a = -|x| it is max(x, 0) + a·e^z / (1 + e^z), where z is twice the argument of the tangent for a.
func geluTanh(x float32) float32 {
	if x != x {
		return x
	}
	const linear, cubic = 1.5957691216057308, 0.071354816272600254 // z = linear·a + cubic·a³
	const short = 0x1.988p+0                                       // the upper bits of linear: g - short is exact
	const cube float32 = cubic
	const cubeLow float32 = cubic - 0x1.2444f2p-4
	a := max(-f32Abs(x), -10.8)
	w := float32(a * a)
	g := fma32(w, cube, short)
	gLow := fma32(w, cube, short-g) + (linear - short)
	gLow = fma32(w, cubeLow, gLow)
	gLow = fma32(-fma32(-a, a, w), cube, gLow)
	z := float32(a * g)
	e, t := expParts(z, fma32(-a, gLow, fma32(-a, g, z)), 127+lift)

	s := float32(pow2(t) * unlift)
	d := fma32(e, s, s+1)
	dLow := fma32(e, s, s-(d-1))
	v := 1 / d
	off := fma32(-dLow, v, fma32(-d, v, 1))
	y := float32(a * v)
	return geluTail(x, y, fma32(-y, off, fma32(-a, v, y)), e, t)
}

// geluTail returns max(x, 0) + (y - less)·2^k·(1 + e), where the lowest bits of t are k + 127 + lift.
func geluTail(x, y, less, e float32, t uint32) float32 {
	m := y - fma32(-e, y, less*(e+1))
	if x < 0 {
		x = 0
	}
	return fma32(m*pow2(t), unlift, x)
}
