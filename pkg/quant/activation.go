package quant

import "math"

// minSpan is the width that a range has at least, so that no scale is 0.
const minSpan = 1e-6

// Activation returns the int8 type of values between lo and hi, widened so that 0 is among them.
//
// As TFLiteConverter computes it: the scale in float32, from ends rounded to float32; the zero point from the low end in float64, rounded
// once to float32 and then to an integer, halves away from zero.
func Activation(lo, hi float32) *Type {
	l, h := min(float64(lo), 0), max(float64(hi), 0)
	if h-l < minSpan {
		l, h = l-minSpan, h+minSpan
	}
	return asymmetric(l, h)
}

// Constant returns the int8 type of a constant operand that is treated like an activation. The data must not be empty.
func Constant(data []float32) *Type {
	l, h := 0.0, 0.0
	for _, x := range data {
		l, h = min(l, float64(x)), max(h, float64(x))
	}
	return asymmetric(widen(l, h))
}

// widen is the rule for contents, which differs from the one for observed ranges.
func widen(lo, hi float64) (float64, float64) {
	if hi-lo > minSpan {
		return lo, hi
	}
	return min(lo, -minSpan/2), max(hi, minSpan/2)
}

func asymmetric(lo, hi float64) *Type {
	const qmin, qmax = -128, 127
	scale := (float32(hi) - float32(lo)) / (qmax - qmin)
	z := float32(qmin - float64(lo/float64(scale)))
	zero := int64(qmin)
	switch {
	case z > qmax:
		zero = qmax
	case z >= qmin:
		zero = int64(math.Round(float64(z)))
	}
	return Int8(float64(scale), zero)
}
