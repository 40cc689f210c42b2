//go:build (amd64 || arm64) && !purego

package kernel

// vectorSoftmax does what takeExp does if there are variants, and reports that.
func vectorSoftmax(s *lanes, dst, src []float32, top, beta float32) bool {
	if !variants() {
		return false
	}
	src = src[:len(dst)]
	n := len(dst) &^ (mapStep - 1)
	if wide := softmaxWide(s, dst, src, top, beta); wide < n {
		softmaxAsm(&dst[wide], &src[wide], n-wide, top, beta, (*[8]float64)(s))
	}
	if n < len(dst) {
		var rest [mapStep]float32
		var ignored [mapStep]float64
		copy(rest[:], src[n:])
		softmaxAsm(&rest[0], &rest[0], mapStep, top, beta, &ignored)
		for i, x := range rest[:copy(dst[n:], rest[:])] {
			s[i] += float64(x)
		}
	}
	return true
}

// softmaxLines stores exp(beta*(x - top)) of src over the rounded sum of these in dst, which may be src, for lines of n elements, each with a top. It reports false if there is no variant
// for such lines.
func softmaxLines(dst, src []float32, n int, tops []float32, beta float32) bool {
	if !variants() || n == 0 || n%mapStep != 0 || len(tops) == 0 {
		return false
	}
	_, _ = src[n*len(tops)-1], dst[n*len(tops)-1]
	if !softmaxLinesWide(dst, src, n, tops, beta) {
		softmaxLinesAsm(&dst[0], &src[0], n, len(tops), &tops[0], beta)
	}
	return true
}
