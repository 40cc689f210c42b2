package kernel

import (
	"math"
	"testing"
)

// TestLimitsKeepZeros has results that are zeros of one sign, and limits that are zeros of the other.
func TestLimitsKeepZeros(t *testing.T) {
	minus := float32(math.Copysign(0, -1))
	for _, c := range []struct {
		name   string
		result float32
		clamp  F32Clamp
	}{
		{"lower limit", minus, F32Clamp{true, 0, 6}},
		{"lower limit alone", minus, F32Clamp{true, 0, inf}},
		{"upper limit", 0, F32Clamp{true, -6, minus}},
	} {
		for _, l := range []layer{
			convLayer("conv", 1, F32ConvSpec{Window: square(9, 3, 1), C: 3, OC: 61, Clamp: c.clamp}),
			fullyConnectedLayer("fully connected", 1, F32FullyConnectedSpec{K: 7, N: 77, Clamp: c.clamp}),
			depthwiseLayer("depthwise", 1, F32DepthwiseSpec{Window: square(9, 3, 1), C: 37, Multiplier: 1, Clamp: c.clamp}),
			depthwiseLayer("depthwise, pixel by pixel", 1, F32DepthwiseSpec{Window: square(9, 9, 1), C: 77, Multiplier: 1, Clamp: c.clamp}),
			depthwiseLayer("depthwise of several outputs", 1, F32DepthwiseSpec{Window: square(9, 3, 1), C: 3, Multiplier: 5, Clamp: c.clamp}),
		} {
			// The terms and what they are added to have the result's sign.
			in, weights, bias := filled(l.in, 1), filled(l.weights, c.result), filled(l.bias, c.result)
			run, err := l.prepare(weights, bias)
			if err != nil {
				t.Fatal(err)
			}
			check := func() {
				out := make([]float32, l.out)
				run(out, in)
				same(t, c.name+" of "+l.name, out, filled(l.out, c.result))
			}
			check()
			withLesserVariants(check)
			withoutVariants(check)
		}
		pool, err := NewF32MaxPool(F32PoolSpec{Window: square(4, 2, 2), C: 43, Clamp: c.clamp})
		if err != nil {
			t.Fatal(err)
		}
		check := func() {
			out := make([]float32, 4*43)
			pool.Run(out, filled(16*43, c.result))
			same(t, c.name+" of a pool", out, filled(len(out), c.result))
		}
		check()
		withoutVariants(check)
	}
}

// filled returns n numbers that are all x.
func filled(n int, x float32) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = x
	}
	return s
}
