package kernel

import "math"

// F32Sqrt returns the square root of x, correctly rounded; NaN for x < 0.
func F32Sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// F32Rsqrt returns 1/√x: an infinity of its sign for 0, NaN for x < 0.
func F32Rsqrt(x float32) float32 { return float32(1 / math.Sqrt(float64(x))) }
