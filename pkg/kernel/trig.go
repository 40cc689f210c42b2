package kernel

import (
	"math"
	"math/bits"
)

// twoOverPi holds the binary digits of 2/π: the last bit of the first word counts 1, the first bit of the second ½.
var twoOverPi = [5]uint64{0, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561}

// quadrant splits |x| into q·π/2 + r with |r| ≤ π/4 and returns q mod 4. x must be finite.
//
// |x| = m·2^e with an integer m, so m times the digits of 2/π from 2^1 on, shifted by e, is |x|/(π/2) mod 4 in fixed
// point, for every float32 to some 100 bits.
func quadrant(x float32) (q uint, r float64) {
	a := math.Abs(float64(x))
	if a < math.Pi/4 {
		return 0, a
	}
	b := math.Float32bits(float32(a))
	m := uint64(b&(1<<23-1) | 1<<23)
	first := b>>23 - 150 + 62 // e + 62: where the digits for 2^1 stand
	i, s := first/64, first%64
	w0 := twoOverPi[i]<<s | twoOverPi[i+1]>>(64-s)
	w1 := twoOverPi[i+1]<<s | twoOverPi[i+2]>>(64-s)
	carry, lo := bits.Mul64(w1, m)
	hi := w0*m + carry
	q = uint((hi + 1<<61) >> 62 & 3)
	hi, lo = hi<<2|lo>>62, lo<<2
	// hi as a signed number counts 2^-64 quadrants from the nearest multiple.
	f := float64(int64(hi)) + float64(float64(lo>>1)*0x1p-63)
	return q, float64(f * (0x1p-64 * math.Pi / 2))
}

// sin64 returns the sine of |r| ≤ π/4: Taylor's series to r^13.
func sin64(r float64) float64 {
	z := float64(r * r)
	q := mad(z, 1.0/6227020800, -1.0/39916800)
	q = mad(z, q, 1.0/362880)
	q = mad(z, q, -1.0/5040)
	q = mad(z, q, 1.0/120)
	q = mad(z, q, -1.0/6)
	return mad(float64(r*z), q, r)
}

// cos64 returns the cosine of |r| ≤ π/4: Taylor's series to r^14.
func cos64(r float64) float64 {
	z := float64(r * r)
	q := mad(z, -1.0/87178291200, 1.0/479001600)
	q = mad(z, q, -1.0/3628800)
	q = mad(z, q, 1.0/40320)
	q = mad(z, q, -1.0/720)
	q = mad(z, q, 1.0/24)
	q = mad(z, q, -1.0/2)
	return mad(z, q, 1)
}

// F32Sin returns the sine of x radians, for any finite x; NaN for infinities.
func F32Sin(x float32) float32 {
	if x-x != 0 {
		return float32(math.NaN())
	}
	if x == 0 { // keeps its sign
		return x
	}
	q, r := quadrant(x)
	s := 1.0
	if (x < 0) != (q >= 2) {
		s = -1
	}
	if q&1 == 0 {
		return float32(s * sin64(r))
	}
	return float32(s * cos64(r))
}

// F32Cos returns the cosine of x radians, for any finite x; NaN for infinities.
func F32Cos(x float32) float32 {
	if x-x != 0 {
		return float32(math.NaN())
	}
	q, r := quadrant(x)
	s := 1.0
	if q == 1 || q == 2 {
		s = -1
	}
	if q&1 == 0 {
		return float32(s * cos64(r))
	}
	return float32(s * sin64(r))
}

// atanCoef is the polynomial in w² that interpolates atan(w)/w at Chebyshev's nodes of |w| ≤ √2 - 1 (2^-53).
var atanCoef = []float64{
	1, -0x1.55555555551e4p-2, 0x1.9999999934e5p-3, -0x1.2492490095732p-3, 0x1.c71c648aca6a2p-4, -0x1.745baa2843f92p-4,
	0x1.3afb01bbe7601p-4, -0x1.0ffbe63b09941p-4, 0x1.d1fd545f28ae3p-5, -0x1.64314395b2626p-5, 0x1.5a482e20112ecp-6,
}

// atan64 returns the arc tangent of 0 ≤ t ≤ 1.
func atan64(t float64) float64 {
	base := 0.0
	if t > math.Sqrt2-1 {
		base, t = math.Pi/4, (t-1)/(t+1)
	}
	return mad(t, horner(float64(t*t), atanCoef), base)
}

// F32Atan2 returns the angle of the point (x, y) in -π … π, with C's rules for zeros and infinities.
func F32Atan2(y, x float32) float32 { return float32(F64Atan2(float64(y), float64(x))) }

// F64Atan2 is F32Atan2 for float64, to about 2^-45.
func F64Atan2(y, x float64) float64 {
	if x != x || y != y {
		return math.NaN()
	}
	ax, ay := math.Abs(x), math.Abs(y)
	var t float64
	switch lo, hi := min(ax, ay), max(ax, ay); {
	case hi == 0:
	case math.IsInf(lo, 0):
		t = 1
	default:
		t = lo / hi
	}
	a := atan64(t)
	if ay > ax {
		a = math.Pi/2 - a
	}
	if math.Signbit(x) {
		a = math.Pi - a
	}
	return math.Copysign(a, y)
}
