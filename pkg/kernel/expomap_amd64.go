//go:build amd64 && !purego

package kernel

// mapStep is the number of elements that a variant computes in a step.
const mapStep = 8

// mapped returns how many elements of dst variants compute.
func mapped(dst, src []float32) int {
	if !useAVX2 {
		return 0
	}
	return len(src[:len(dst)]) &^ (mapStep - 1)
}

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
