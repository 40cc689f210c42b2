//go:build amd64 && !purego

package kernel

import "math"

// minMaxStep is the number of elements that the variant looks at in a step.
const minMaxStep = 32

func f32MinMax(x []float32) (lo, hi float32, nan bool) {
	n := len(x) &^ (minMaxStep - 1)
	if !useAVX2 || n == 0 {
		return f32MinMaxGeneric(x)
	}
	lo, hi = float32(math.Inf(1)), float32(math.Inf(-1))
	var least, most [8]float32
	var isNaN [8]uint32
	for i := range least {
		least[i], most[i] = lo, hi
	}
	minMaxAVX2(&x[0], n, &least, &most, &isNaN)
	if n < len(x) { // some of the last ones for a second time
		minMaxAVX2(&x[len(x)-minMaxStep], minMaxStep, &least, &most, &isNaN)
	}
	for i := range least {
		lo, hi, nan = min(lo, least[i]), max(hi, most[i]), nan || isNaN[i] != 0
	}
	return lo, hi, nan
}
