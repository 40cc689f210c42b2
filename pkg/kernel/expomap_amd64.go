//go:build amd64 && !purego

package kernel

func mapExp(dst, src []float32) int {
	n := mapped(dst, src)
	if n > 0 {
		expAVX2(&dst[0], &src[0], n)
	}
	return n
}

func mapLogistic(dst, src []float32) int {
	n := mapped(dst, src)
	if n > 0 {
		logisticAVX2(&dst[0], &src[0], n)
	}
	return n
}

func mapTanh(dst, src []float32) int {
	n := mapped(dst, src)
	if n > 0 {
		tanhAVX2(&dst[0], &src[0], n)
	}
	return n
}

func mapElu(dst, src []float32) int {
	n := mapped(dst, src)
	if n > 0 {
		eluAVX2(&dst[0], &src[0], n)
	}
	return n
}

func mapGelu(dst, src []float32) int {
	n := mapped(dst, src)
	if n > 0 {
		geluAVX2(&dst[0], &src[0], n)
	}
	return n
}

func mapGeluTanh(dst, src []float32) int {
	n := mapped(dst, src)
	if n > 0 {
		geluTanhAVX2(&dst[0], &src[0], n)
	}
	return n
}
