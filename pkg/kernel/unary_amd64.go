//go:build amd64 && !purego

package kernel

func f32Unary(code unaryCode, dst, src []float32) int {
	n := mapped(dst, src)
	if n == 0 {
		return 0
	}
	switch code {
	case absUnary:
		absAVX2(&dst[0], &src[0], n)
	case negUnary:
		negAVX2(&dst[0], &src[0], n)
	case signUnary:
		signAVX2(&dst[0], &src[0], n)
	case floorUnary:
		floorAVX2(&dst[0], &src[0], n)
	case ceilUnary:
		ceilAVX2(&dst[0], &src[0], n)
	case roundUnary:
		roundAVX2(&dst[0], &src[0], n)
	case sqrtUnary:
		sqrtAVX2(&dst[0], &src[0], n)
	case rsqrtUnary:
		rsqrtAVX2(&dst[0], &src[0], n)
	}
	return n
}
