package kernel

import "math"

// The activations of this file store their result in dst, which may be src. A NaN stays. RELU, RELU6, RELU_N1_TO_1 and RELU_0_TO_1 are Clamp with
// an infinity where there is no limit; LOGISTIC, TANH, ELU and GELU are F32MapLogistic, F32MapTanh, F32Elu and F32Gelu.

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

// F32LeakyRelu computes x where x > 0, else x * alpha; alpha may have any value.
func F32LeakyRelu(dst, src []float32, alpha float32) {
	if vectorUnary(leakyReluUnary, dst, src, alpha) {
		return
	}
	each(dst, src, func(x float32) float32 {
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
	if !vectorUnary(hardSwishUnary, dst, src) {
		each(dst, src, func(x float32) float32 { return x * bounded(x+3, 0, 6) / 6 })
	}
}
