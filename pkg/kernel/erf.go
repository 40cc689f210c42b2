package kernel

import "math"

// erfCoef is the polynomial in x² that interpolates erf(x)/x at Chebyshev's nodes of |x| ≤ 1 (2^-45).
var erfCoef = []float64{
	0x1.20dd750429b19p+0, -0x1.812746b0271ecp-2, 0x1.ce2f2197bc2efp-4, -0x1.b82ce15c3b7f8p-6, 0x1.565ba0406c001p-8,
	-0x1.c0286cad68e02p-11, 0x1.f941bed7e7847p-14, -0x1.f0705a1dde9aap-17, 0x1.9ae0986f9de4fp-20, -0x1.c1a515de8637ap-24,
}

// erfcxCoef is the polynomial in u = (x - 2.5)/(x + 2.5) that interpolates e^(x²)·erfc(x) at Chebyshev's nodes of 1 ≤ x ≤ 10.25 (2^-38).
var erfcxCoef = []float64{
	0x1.afbb3f3b75b07p-3, -0x1.7ca88dec553d8p-2, 0x1.01c11a7251a98p-2, -0x1.0011540f10a11p-3,
	0x1.470ba2d4b70f3p-5, -0x1.05bbbd9138053p-8, -0x1.5a5706ee497d5p-9, 0x1.cb6ee95692bep-11,
	0x1.de3bfd77f9ccep-13, -0x1.124afc06962c6p-13, -0x1.06456940b1239p-15, 0x1.6a82f05d31e2dp-16,
}

// erfc64 returns 1 - erf(x) for 1 ≤ x ≤ 10.25.
func erfc64(x float64) float64 {
	u := (x - 2.5) / (x + 2.5)
	return float64(exp64(-float64(x*x)) * horner(u, erfcxCoef))
}

// F32Erf returns the error function of x.
func F32Erf(x float32) float32 {
	d, a := float64(x), math.Abs(float64(x))
	switch {
	case x != x:
		return x
	case a < 1:
		return float32(d * horner(float64(d*d), erfCoef))
	case a > 4:
		return float32(math.Copysign(1, d))
	}
	return float32(math.Copysign(1-erfc64(a), d))
}

// F32Erfc returns 1 - erf(x), accurate where that is small.
func F32Erfc(x float32) float32 {
	d, a := float64(x), math.Abs(float64(x))
	switch {
	case x != x:
		return x
	case a < 1:
		return float32(1 - float64(d*horner(float64(d*d), erfCoef)))
	case x > 10.25:
		return 0
	case x < -4:
		return 2
	case x < 0:
		return float32(2 - erfc64(a))
	}
	return float32(erfc64(a))
}
