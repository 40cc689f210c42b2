package kernel

import "math"

// F32Log returns the natural logarithm of x, within 0.9 units in the last place: -Inf for 0, NaN for x < 0.
//
// x = 2^k·(1 + f) with √½ ≤ 1 + f < √2, and ln(1 + f) = f + f²·q(f): q is the polynomial of degree 9 with the least relative error, 2^-30.3.
func F32Log(x float32) float32 {
	switch {
	case x == 0:
		return float32(math.Inf(-1))
	case !(x > 0):
		return float32(math.NaN())
	case x > math.MaxFloat32:
		return x
	}
	k := float32(-127)
	if x < 0x1p-126 { // not normal
		x, k = x*0x1p24, k-24
	}
	const root = 0x3f3504f3 // the bits of √½
	b := math.Float32bits(x) + 127<<23 - root
	k += float32(b >> 23)
	f := math.Float32frombits(b&(1<<23-1)+root) - 1
	q := fma32(0x1.147334p-4, f, -0x1.de01d8p-4)
	q = fma32(q, f, 0x1.e6c00ap-4)
	q = fma32(q, f, -0x1.fc28cap-4)
	q = fma32(q, f, 0x1.233ba2p-3)
	q = fma32(q, f, -0x1.555c44p-3)
	q = fma32(q, f, 0x1.99a476p-3)
	q = fma32(q, f, -0x1.000006p-2)
	q = fma32(q, f, 0x1.555548p-2)
	q = fma32(q, f, -0.5)
	square := float32(f * f)
	return fma32(k, ln2High, f+fma32(k, ln2Low, square*q))
}
