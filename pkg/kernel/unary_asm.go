//go:build (amd64 || arm64) && !purego

package kernel

func f32Unary(code unaryCode, dst, src []float32) int {
	n := mapped(dst, src)
	if n == 0 {
		return 0
	}
	switch code {
	case absUnary:
		absAsm(&dst[0], &src[0], n)
	case negUnary:
		negAsm(&dst[0], &src[0], n)
	case signUnary:
		signAsm(&dst[0], &src[0], n)
	case floorUnary:
		floorAsm(&dst[0], &src[0], n)
	case ceilUnary:
		ceilAsm(&dst[0], &src[0], n)
	case roundUnary:
		roundAsm(&dst[0], &src[0], n)
	case sqrtUnary:
		sqrtAsm(&dst[0], &src[0], n)
	case rsqrtUnary:
		rsqrtAsm(&dst[0], &src[0], n)
	}
	return n
}
