package kernel

import "math"

// The activations of this file store their result in dst, which may be src. A NaN stays. RELU, RELU6, RELU_N1_TO_1 and RELU_0_TO_1 are Clamp with
// an infinity where there is no limit; LOGISTIC and TANH are F32MapLogistic and F32MapTanh.

// F32Relu returns the greater of x and 0.
func F32Relu(x float32) float32 {
	if x < 0 {
		return 0
	}
	return x
}

// F32Relu6 returns x limited to [0, 6].
func F32Relu6(x float32) float32 { return bounded(x, 0, 6) }

// F32ReluN1To1 returns x limited to [-1, 1].
func F32ReluN1To1(x float32) float32 { return bounded(x, -1, 1) }

// F32SignBit returns 1 where x is negative, minus zero and NaNs by their sign, else 0.
func F32SignBit(x float32) float32 {
	if math.Signbit(float64(x)) {
		return 1
	}
	return 0
}

func bounded(x, lo, hi float32) float32 {
	if x < lo {
		return lo
	}
	if x > hi {
		return hi
	}
	return x
}

// F32Elu computes x where x >= 0, else exp(x) - 1.
func F32Elu(dst, src []float32) {
	n := mapElu(dst, src)
	dst = dst[n:]
	for i, x := range src[n:][:len(dst)] {
		if x < 0 {
			x = F32Expm1(x)
		}
		dst[i] = x
	}
}

// F32LeakyRelu computes x where x > 0, else x * alpha; alpha may have any value.
func F32LeakyRelu(dst, src []float32, alpha float32) {
	n := f32LeakyRelu(dst, src, alpha)
	each(dst[n:], src[n:], func(x float32) float32 {
		if x > 0 {
			return x
		}
		return x * alpha
	})
}

// F32Prelu is a Row: x (first operand) where x >= 0, else x * alpha (second operand).
func F32Prelu(dst, x, alpha []float32) {
	if vectorRow(preluRow, dst, x, alpha) {
		return
	}
	stretch(dst, x, alpha, func(x, alpha float32) float32 {
		if x >= 0 {
			return x
		}
		return x * alpha
	})
}

// F32HardSwish computes x * min(max(x + 3, 0), 6) / 6.
func F32HardSwish(dst, src []float32) {
	n := f32HardSwish(dst, src)
	each(dst[n:], src[n:], func(x float32) float32 { return x * bounded(x+3, 0, 6) / 6 })
}

// F32Gelu computes x/2 * erfc(-x/√2), the exact form of GELU.
func F32Gelu(dst, src []float32) {
	const sqrtHalf = 0.70710678118654752440
	n := mapGelu(dst, src)
	dst = dst[n:]
	for i, x := range src[n:][:len(dst)] {
		dst[i] = 0.5 * x * F32Erfc(x*-sqrtHalf)
	}
}

// F32GeluTanh computes x/2 * (1 + tanh(√(2/π) * (x + 0.044715x³))), the approximate form of GELU.
func F32GeluTanh(dst, src []float32) {
	const sqrt2OverPi = 0.79788456080286535588
	n := mapGeluTanh(dst, src)
	dst = dst[n:]
	for i, x := range src[n:][:len(dst)] {
		cube := float32(0.044715 * x * x * x)
		dst[i] = float32(0.5*x) * (1 + F32Tanh(sqrt2OverPi*(x+cube)))
	}
}
