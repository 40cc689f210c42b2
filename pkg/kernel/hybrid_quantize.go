package kernel

import "math"

// hybridAffine is how float activations become int8 at run time, in a product with integer weights: x = scale * (q - zero). It follows from the numbers at hand.
// The kernels know the order of the fields.
type hybridAffine struct {
	scale, inverse float32
	zero, least    int32
}

// hybridSteps bounds the integers of a range before they are limited to int8; there are 255 between its ends.
const hybridSteps = 512

// newHybridAffine returns the parameters for x, as TFLite's hybrid kernels choose them. Symmetric ones have the larger magnitude over 127, and no zero point; asymmetric ones
// span the range of x and 0. All zeros have a scale of 1. NaNs take no part in the range; with an infinity in it all of x becomes 0, and the scale is infinite.
func newHybridAffine(x []float32, asymmetric bool) hybridAffine {
	found := F32MinMax(x)
	lo, hi := min(found.Min, 0), max(found.Max, 0)
	if lo == hi {
		return hybridAffine{scale: 1, inverse: 1, least: -127}
	}
	if !asymmetric {
		most := max(-lo, hi)
		return hybridAffine{scale: most / 127, inverse: 127 / most, least: -127}
	}
	step := float64(hi-lo) / 255
	a := hybridAffine{scale: float32(step), least: -128, zero: hybridZero(float64(lo), float64(hi), step)}
	if a.scale > 0 {
		a.inverse = float32(1 / float64(a.scale))
	}
	return a
}

// hybridZero returns the zero point of a range: as it follows from the end that loses less.
func hybridZero(lo, hi, step float64) int32 {
	if math.IsInf(step, 0) {
		return 0
	}
	fromLo, fromHi := -128-lo/step, 127-hi/step
	z := fromHi
	if 128+math.Abs(lo/step) < 127+math.Abs(hi/step) {
		z = fromLo
	}
	return int32(math.Round(min(max(z, -128), 127)))
}

// of returns the integer for a number: halves are rounded away from zero before the zero point is added. A NaN becomes the zero point.
func (a *hybridAffine) of(x float32) int32 {
	v := float64(x * a.inverse)
	if v != v {
		return a.zero
	}
	v = min(max(v, -hybridSteps), hybridSteps)
	// The sum is exact, so that cutting it off rounds v.
	q := int32(v+math.Copysign(0.5, v)) + a.zero
	return min(max(q, a.least), 127)
}

// quantize stores the integers for src, of whose range a is.
func (a *hybridAffine) quantize(dst []int8, src []float32) {
	// Variants know no limit of -127. A number of the range is not below it, unless its inverse is none.
	if a.inverse <= math.MaxFloat32 && s8QuantizeBy(dst, src[:len(dst)], a.inverse, a.zero) {
		return
	}
	for i, x := range src[:len(dst)] {
		dst[i] = int8(a.of(x))
	}
}

// steps stores the integers for src, of whose range a is, less the zero point, as floats.
func (a *hybridAffine) steps(dst, src []float32) {
	var some [1024]int8
	for i := 0; i < len(dst); i += len(some) {
		to := dst[i:min(i+len(some), len(dst))]
		q := some[:len(to)]
		a.quantize(q, src[i:])
		if s8Dequantize(to, q, 1, int64(a.zero)) {
			continue
		}
		for k, v := range q {
			to[k] = float32(int32(v) - a.zero)
		}
	}
}

// Int4ToInt8 stores the four-bit integers of src from element first on. They are two to a byte, the first in the low bits.
func Int4ToInt8(dst []int8, src []byte, first int) {
	for i := range dst {
		at := first + i
		dst[i] = int8(src[at/2]<<(4-at%2*4)) >> 4
	}
}
