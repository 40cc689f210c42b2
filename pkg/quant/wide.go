package quant

import (
	"math"

	"github.com/octetlite/octet/pkg/tensor"
)

// Int16 returns the type of an int16 activation: symmetric, the zero point is 0.
func Int16(scale float32) *Type {
	return &Type{Scale: []float64{float64(scale)}, Axis: PerTensorAxis, Bits: 16, Lo: -math.MaxInt16, Hi: math.MaxInt16}
}

// Int16Activation returns the int16 type of values between lo and hi, as TFLiteConverter computes it.
func Int16Activation(lo, hi float32) *Type {
	return Int16(max(float32(math.Abs(float64(lo))), float32(math.Abs(float64(hi)))) / math.MaxInt16)
}

// Weight16 returns the int8 type of the weights that int16 activations are multiplied by, as TFLiteConverter chooses it: as Weight, but without a floor
// under the scales, which are 0 where all weights are, and in float32. The data must not be empty.
func Weight16(data []float32, shape tensor.Shape, axis int) *Type {
	t := symmetric(largestAlong(data, shape, axis), axis)
	t.Rule = Largest
	for i, m := range t.Scale {
		t.Scale[i] = m / maxInt8 // in float64, so that the magnitude can be had back
	}
	return t
}

// Bias64 returns the int64 type of a bias that is added to products of int16 and int8: its scales are the products of theirs, in float32.
func Bias64(input, weight *Type) *Type {
	t := &Type{Scale: make([]float64, len(weight.Scale)), Axis: PerTensorAxis, Bits: 64, Lo: math.MinInt64, Hi: math.MaxInt64}
	for i, s := range weight.Scale {
		t.Scale[i] = float64(float32(input.Scale[0]) * float32(s))
	}
	if weight.PerAxis() {
		t.Axis = 0
	}
	return t
}

// RaiseForBias raises the scales of weights beside int16 where their bias would take more than half of an int32, which TFLiteConverter avoids for int64
// biases too.
func RaiseForBias(weight, input *Type, bias []float32) {
	scale := float64(float32(input.Scale[0]))
	if scale == 0 {
		return
	}
	raise := func(i int, b float32) {
		if most := math.Abs(float64(b)); most >= float64(0.5*scale*float64(float32(weight.Scale[i])))*math.MaxInt32 {
			weight.Scale[i] = float64(float32(2*most/math.MaxInt32*float64(float32(maxInt8/float32(scale))))) / maxInt8
		}
	}
	if len(weight.Scale) == 1 {
		raise(0, float32(largest(bias)))
		return
	}
	for i := range min(len(weight.Scale), len(bias)) {
		raise(i, bias[i])
	}
}

// WideWeight returns the int16 type of a constant operand beside int8 activations, around 0. The data must not be empty.
func WideWeight(data []float32) *Type {
	lo, hi := widen(-largest(data), largest(data))
	return Int16((float32(hi) - float32(lo)) / (2 * math.MaxInt16))
}

// minTime is what TimeWeight takes the largest magnitude for at least, so that no scale is 0.
const minTime = 1e-6

// TimeWeight returns the int16 type of the time weights of an SVDF, whose largest magnitude is 512: 6 bits are left for the sums of products.
func TimeWeight(data []float32) *Type {
	const most = 512
	t := Int16(0)
	t.Scale[0] = max(largest(data), minTime) / most
	t.Lo, t.Hi = -most, most
	return t
}

// PowerOfTwo returns the int16 type of numbers up to most in magnitude, with the least scale that is a power of two.
func PowerOfTwo(most float64) *Type {
	half, exponent := math.Frexp(most)
	if half == 0.5 {
		exponent--
	}
	t := Int16(float32(math.Ldexp(1, exponent-15)))
	t.Lo = math.MinInt16
	return t
}
