package kernel

import "math"

// F16ToF32 converts IEEE half-precision numbers, given as bits. It is exact; a NaN keeps its sign and payload.
func F16ToF32(dst []float32, src []uint16) {
	for i, h := range src[:len(dst)] {
		dst[i] = f16(h)
	}
}

// F32ToF16 converts to the bits of IEEE half-precision numbers, rounding to the nearest, ties to even; beyond the range
// they are infinities, and every NaN is the quiet one of its sign.
func F32ToF16(dst []uint16, src []float32) {
	for i, x := range src[:len(dst)] {
		dst[i] = toF16(x)
	}
}

// BF16ToF32 converts bfloat16 numbers, given as bits. It is exact.
func BF16ToF32(dst []float32, src []uint16) {
	for i, h := range src[:len(dst)] {
		dst[i] = math.Float32frombits(uint32(h) << 16)
	}
}

// F32ToBF16 converts to the bits of bfloat16 numbers, rounding to the nearest, ties to even; every NaN is the quiet one of its sign.
func F32ToBF16(dst []uint16, src []float32) {
	for i, x := range src[:len(dst)] {
		b := math.Float32bits(x)
		if x != x {
			dst[i] = uint16(b>>16)&0x8000 | 0x7fc0
			continue
		}
		dst[i] = uint16((b + 0x7fff + b>>16&1) >> 16)
	}
}

func f16(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp, frac := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0:
		// A multiple of 2^-24, exact in float32.
		x := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(sign | math.Float32bits(x))
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

func toF16(x float32) uint16 {
	b := math.Float32bits(x)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000:
		return sign | 0x7e00
	case b >= 0x47800000: // 65536 and more
		return sign | 0x7c00
	case b < 0x38800000: // below 2^-14: a multiple of 2^-24, ties to even by adding 2^-1 in units of 2^-24
		const magic = 0.5
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+magic)-math.Float32bits(magic))
	}
	// Rounding may carry into the exponent, up to infinity.
	return sign | uint16((b-112<<23+0xfff+b>>13&1)>>13)
}
