package kernel

import "math"

// The functions of this file are for tables of int16 (NewS16Table), where the last bit of a float32 counts: each computes in float32 what TFLite's does, and takes the exponential
// function and the like from float64, rounded once, which is what C's library mostly gives.

// CurveExp is e^x.
func CurveExp(x float32) float32 { return float32(F64Exp(float64(x))) }

// CurveLog is the natural logarithm of a positive x.
func CurveLog(x float32) float32 { return float32(F64Log(float64(x))) }

// CurveGelu is x times the normal distribution's share below x.
func CurveGelu(x float32) float32 {
	return float32(0.5*x) * F32Erfc(float32(x*float32(-math.Sqrt2/2)))
}

// CurveGeluTanh is the approximation of CurveGelu by a hyperbolic tangent.
func CurveGeluTanh(x float32) float32 {
	const slope = float32(2 / math.SqrtPi * math.Sqrt2 / 2)
	cube := float32(float32(float32(0.044715)*x)*x) * x
	t := float32(tanh64(float64(float32(slope * float32(x+float32(cube))))))
	return float32(0.5*x) * float32(1+t)
}

// tanh64 returns the hyperbolic tangent of x to about 2^-46.
func tanh64(x float64) float64 {
	a := math.Abs(x)
	if a > 20 {
		return math.Copysign(1, x)
	}
	p, s := expm1Scaled(2 * a)
	e := float64(s*p) + (s - 1) // e^2a - 1
	return math.Copysign(e/(e+2), x)
}
