//go:build (amd64 || arm64) && !purego

package kernel

// vectorCurve computes a function if there are variants, and reports that. dst may be src.
func vectorCurve(c curve, dst, src []float32) bool {
	if !variants() {
		return false
	}
	src = src[:len(dst)]
	n := len(dst) &^ (mapStep - 1)
	if wide := curveWide(c, dst, src); wide < n {
		curveAsm(c, &dst[wide], &src[wide], n-wide)
	}
	if n < len(dst) {
		var rest [mapStep]float32
		copy(rest[:], src[n:])
		curveAsm(c, &rest[0], &rest[0], mapStep)
		copy(dst[n:], rest[:])
	}
	return true
}

// curveAsm computes n elements, a positive multiple of mapStep.
func curveAsm(c curve, dst, src *float32, n int) {
	switch c {
	case expCurve:
		expAsm(dst, src, n)
	case logisticCurve:
		logisticAsm(dst, src, n)
	case tanhCurve:
		tanhAsm(dst, src, n)
	case eluCurve:
		eluAsm(dst, src, n)
	case geluCurve:
		geluAsm(dst, src, n)
	case geluTanhCurve:
		geluTanhAsm(dst, src, n)
	case logCurve:
		logAsm(dst, src, n)
	}
}
