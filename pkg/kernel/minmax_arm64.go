//go:build arm64 && !purego

package kernel

import "math"

// minMaxStep is the number of elements that the variant looks at in a step.
const minMaxStep = 16

func f32MinMax(x []float32) (lo, hi float32, nan bool) {
	n := len(x) &^ (minMaxStep - 1)
	if !useNEON || n == 0 {
		return f32MinMaxGeneric(x)
	}
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	var least, most [4]float32
	for i := range least {
		least[i], most[i] = lo, hi
	}
	minMaxAsm(&x[0], n, &least, &most)
	if n < len(x) { // some of the last ones for a second time
		minMaxAsm(&x[len(x)-minMaxStep], minMaxStep, &least, &most)
	}
	for i := range least {
		if least[i] != least[i] { // a NaN, which hides what was found before it
			return f32MinMaxGeneric(x)
		}
		lo, hi = min(lo, least[i]), max(hi, most[i])
	}
	return lo, hi, false
}
