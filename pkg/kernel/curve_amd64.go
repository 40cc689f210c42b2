//go:build amd64 && !purego

package kernel

// wideStep is the number of elements that an AVX-512 variant computes in a step.
const wideStep = 16

// curveWide computes as many elements as an AVX-512 variant does, and returns their number.
func curveWide(c curve, dst, src []float32) int {
	n := len(dst) &^ (wideStep - 1)
	if !useAVX512 || n == 0 {
		return 0
	}
	to, from := &dst[0], &src[0]
	switch c {
	case expCurve:
		expAVX512(to, from, n)
	case logisticCurve:
		logisticAVX512(to, from, n)
	case tanhCurve:
		tanhAVX512(to, from, n)
	case eluCurve:
		eluAVX512(to, from, n)
	case geluCurve:
		geluAVX512(to, from, n)
	case geluTanhCurve:
		geluTanhAVX512(to, from, n)
	case logCurve:
		logAVX512(to, from, n)
	}
	return n
}

// softmaxWide computes as many elements as the AVX-512 variant does, and returns their number.
func softmaxWide(s *lanes, dst, src []float32, top, beta float32) int {
	n := len(dst) &^ (wideStep - 1)
	if !useAVX512 || n == 0 {
		return 0
	}
	softmaxAVX512(&dst[0], &src[0], n, top, beta, (*[8]float64)(s))
	return n
}

// softmaxLinesWide is softmaxLines by the AVX-512 variant; false if there is none for such lines.
func softmaxLinesWide(dst, src []float32, n int, tops []float32, beta float32) bool {
	if !useAVX512 || n%wideStep != 0 {
		return false
	}
	softmaxLinesAVX512(&dst[0], &src[0], n, len(tops), &tops[0], beta)
	return true
}
