//go:build (amd64 || arm64) && !purego

package kernel

import "math"

// minMaxLeast is the least number of elements that the variant looks at.
const minMaxLeast = 8

func f32MinMax(x []float32) (lo, hi float32, nan bool) {
	if !variants() || len(x) < minMaxLeast {
		return f32MinMaxGeneric(x)
	}
	lo, hi, bits := minMax(x)
	return lo, hi, bits != 0
}

// extremes stores the greatest, or the least, number of each of lines of n elements, a zero of either sign; NaN if there is one.
func extremes(dst, x []float32, n int, fold Fold) {
	const most = 256 // elements of a line that is looked at by one register
	if !variants() || len(dst) == 0 {
		extremesGeneric(dst, x, n, fold)
		return
	}
	_ = x[n*len(dst)-1]
	switch {
	case n > most:
		longExtremes(dst, x, n, fold)
	case fold == MaxOf:
		maxLinesAsm(&dst[0], &x[0], n, len(dst))
	default:
		minLinesAsm(&dst[0], &x[0], n, len(dst))
	}
}

// longExtremes is extremes for lines that are worth looking at one by one.
func longExtremes(dst, x []float32, n int, fold Fold) {
	for i := range dst {
		lo, hi, isNaN := f32MinMax(x[i*n:][:n])
		switch {
		case isNaN:
			dst[i] = float32(math.NaN())
		case fold == MaxOf:
			dst[i] = hi
		default:
			dst[i] = lo
		}
	}
}
