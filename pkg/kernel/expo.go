package kernel

import "math"

// The functions of this file, of gelu.go and of log.go are fixed sequences of operations on float32, in which fma32 is a processor's fused multiply-add. Kernels
// in assembly do the same, step by step, with vectors: package curve under _asm.

const (
	// ln2High + ln2Low is ln 2. The product of the first with a whole number is exact within fma32, and so is its difference from a number nearby.
	ln2High = 0x1.62e43p-1
	ln2Low  = -0x1.05c61p-29

	// lift is an exponent that keeps e^z a normal number for z > -110.
	lift   = 32
	unlift = 1.0 / (1 << lift)
)

// expParts returns e and t with e^(z-less) = 2^k·(1 + e), where |e| < 0.42 and the nine lowest bits of t are k + bias. less is at most a rounding error of z.
//
// z - less = k·ln 2 + r with |r| ≤ ln 2 / 2, and e = r + r²·q(r): q is the polynomial of degree 4 with the least error of e^r, 2^-28.2.
func expParts(z, less float32, bias int32) (e float32, t uint32) {
	shift := 0x1.8p23 + float32(bias) // adding it rounds to an integer, which then stands in the low bits
	s := fma32(z, log2e, shift)
	k := s - shift
	high := fma32(-k, ln2High, z)
	low := fma32(k, ln2Low, less)
	r := high - low
	q := fma32(0x1.6a4f8ap-10, r, 0x1.123988p-7)
	q = fma32(q, r, 0x1.5558aep-5)
	q = fma32(q, r, 0x1.555492p-3)
	q = fma32(q, r, 0x1.fffffcp-2)
	square := float32(r * r)
	return high - fma32(-square, q, low), math.Float32bits(s)
}

// pow2 returns 2^(t-127) for the nine lowest bits of t, which must be below 255; 0 for 0.
func pow2(t uint32) float32 { return math.Float32frombits(t << 23) }

// F32Exp returns e^x, within 0.87 units in the last place: numbers that are not normal included, and 0 below -104.
func F32Exp(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > 89:
		x = 89 // infinity
	case x < -104:
		return 0
	}
	e, t := expParts(x, 0, 2*127)
	half := t >> 1
	s := pow2(half)
	return fma32(e, s, s) * pow2(t-half)
}

// F32Logistic returns 1 / (1 + e^-x), within 1.9 units in the last place; 0 below -126.5·ln 2, where it is less than the least normal number.
//
// With v = 1 / (1 + e^-|x|), it is v, or e^-|x|·v where x is negative.
func F32Logistic(x float32) float32 {
	if x != x {
		return x
	}
	e, t := expParts(max(-f32Abs(x), -88), 0, 127)
	s := pow2(t)
	d := fma32(e, s, s+1)
	v := 1 / d
	if x < 0 {
		e += fma32(-d, v, 1)
		return fma32(e, v, v) * s
	}
	return v
}

// F32Tanh returns the hyperbolic tangent of x, within 1.5 units in the last place.
//
// Below 0.625 it is a polynomial, beyond 1 - 2e^-2|x| / (1 + e^-2|x|).
func F32Tanh(x float32) float32 {
	a := f32Abs(x)
	switch {
	case x != x:
		return x
	case a < 0.625:
		square := float32(a * a)
		y := fma32(0x1.1a2818p-9, square, -0x1.0c5edp-7)
		y = fma32(y, square, 0x1.63a55p-6)
		y = fma32(y, square, -0x1.b9f188p-5)
		y = fma32(y, square, 0x1.11107ap-3)
		y = fma32(y, square, -0x1.555554p-2)
		return f32Copysign(fma32(a*square, y, a), x)
	}
	e, t := expParts(-2*min(a, 10), 0, 127)
	s := pow2(t)
	y := fma32(e, s, s)
	return f32Copysign(1-(y+y)/(y+1), x)
}

// elu returns x, or e^x - 1 where x is negative, within 0.92 units in the last place.
func elu(x float32) float32 {
	if !(x < 0) {
		return x
	}
	e, t := expParts(max(x, -18), 0, 127)
	s := pow2(t)
	return fma32(e, s, s-1)
}

func f32Abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// f32Copysign returns x, which has no sign, with that of y.
func f32Copysign(x, y float32) float32 {
	return math.Float32frombits(math.Float32bits(x) | math.Float32bits(y)&(1<<31))
}
