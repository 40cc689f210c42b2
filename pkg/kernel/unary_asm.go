//go:build (amd64 || arm64) && !purego

package kernel

// f32Unary computes a function if there are variants, and reports that. dst may be src.
func f32Unary(code unaryCode, dst, src []float32, parameters *[2]float32) bool {
	if !variants() {
		return false
	}
	src = src[:len(dst)]
	n := len(dst) &^ (mapStep - 1)
	if n > 0 {
		unaryAsm(code, &dst[0], &src[0], n, parameters)
	}
	if n < len(dst) {
		var rest [mapStep]float32
		copy(rest[:], src[n:])
		unaryAsm(code, &rest[0], &rest[0], mapStep, parameters)
		copy(dst[n:], rest[:])
	}
	return true
}

// unaryAsm calls the variant of a function for n elements, a positive multiple of mapStep.
func unaryAsm(code unaryCode, dst, src *float32, n int, parameters *[2]float32) {
	switch code {
	case absUnary:
		absAsm(dst, src, n)
	case negUnary:
		negAsm(dst, src, n)
	case signUnary:
		signAsm(dst, src, n)
	case floorUnary:
		floorAsm(dst, src, n)
	case ceilUnary:
		ceilAsm(dst, src, n)
	case roundUnary:
		roundAsm(dst, src, n)
	case sqrtUnary:
		sqrtAsm(dst, src, n)
	case rsqrtUnary:
		rsqrtAsm(dst, src, n)
	case clampUnary:
		clampAsm(dst, src, n, parameters)
	case leakyReluUnary:
		leakyReluAsm(dst, src, n, parameters[0])
	case hardSwishUnary:
		hardSwishAsm(dst, src, n)
	}
}
