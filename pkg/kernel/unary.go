package kernel

import "math"

// F32Map stores f(src[i]) in dst[i]; dst may be src. It serves the functions of one number in this package: F32Exp, F32Log,
// F32Sqrt, F32Rsqrt, F32Sin, F32Cos, F32Tanh, F32Logistic and so on.
func F32Map(dst, src []float32, f func(float32) float32) {
	for i, x := range src[:len(dst)] {
		dst[i] = f(x)
	}
}

// Abs stores |src| in dst, which may be src. The least integer is its own absolute value.
func Abs[T Number](dst, src []T) {
	if vectorUnary(absUnary, dst, src) {
		return
	}
	each(dst, src, func(x T) T {
		if x <= 0 {
			return 0 - x
		}
		return x
	})
}

// Neg stores -src in dst, which may be src. The least integer is its own negation.
func Neg[T Number](dst, src []T) {
	if !vectorUnary(negUnary, dst, src) {
		each(dst, src, func(x T) T { return -x })
	}
}

// Square stores src² in dst, which may be src.
func Square[T Number](dst, src []T) { Mul(dst, src[:len(dst)], src[:len(dst)]) }

// Sign stores -1, 0 or 1 in dst, which may be src; a NaN stays.
func Sign[T Number](dst, src []T) {
	one := T(1)
	if vectorUnary(signUnary, dst, src) {
		return
	}
	each(dst, src, func(x T) T {
		switch {
		case x > 0:
			return one
		case x < 0:
			return -one
		case x == 0:
			return 0
		}
		return x
	})
}

// F32Floor rounds src down.
func F32Floor(dst, src []float32) {
	if !vectorUnary(floorUnary, dst, src) {
		each(dst, src, func(x float32) float32 { return float32(math.Floor(float64(x))) })
	}
}

// F32Ceil rounds src up.
func F32Ceil(dst, src []float32) {
	if !vectorUnary(ceilUnary, dst, src) {
		each(dst, src, func(x float32) float32 { return float32(math.Ceil(float64(x))) })
	}
}

// F32Round rounds src to the nearest integer, halves to the even one.
func F32Round(dst, src []float32) {
	if !vectorUnary(roundUnary, dst, src) {
		each(dst, src, func(x float32) float32 { return float32(math.RoundToEven(float64(x))) })
	}
}

// F32MapSqrt is F32Map of F32Sqrt.
func F32MapSqrt(dst, src []float32) {
	if !vectorUnary(sqrtUnary, dst, src) {
		F32Map(dst, src, F32Sqrt)
	}
}

// F32MapRsqrt is F32Map of F32Rsqrt.
func F32MapRsqrt(dst, src []float32) {
	if !vectorUnary(rsqrtUnary, dst, src) {
		F32Map(dst, src, F32Rsqrt)
	}
}
