package kernel

import "math"

// Quantize stores src/scale, rounded, + zero, limited to the type's range; a NaN becomes zero itself. With several scales, element i has scale and zero of channel i/inner mod
// len(scale).
//
// As in TFLite's reference kernel, src is divided by the scale in float32 and halves are rounded away from zero.
func Quantize[T Integer](dst []T, src, scale []float32, zero []int64, inner int) {
	if d, ok := any(dst).([]int8); ok && len(scale) == 1 && s8Quantize(d, src[:len(dst)], scale[0], zero[0]) {
		return
	}
	channels(len(dst), len(scale), inner, func(c, from, to int) {
		for i, x := range src[from:to] {
			dst[from+i] = saturate[T](math.Round(float64(x/scale[c])), zero[c])
		}
	})
}

// saturate returns q + zero, limited to the type's range, and zero for a NaN.
func saturate[T Integer](q float64, zero int64) T {
	least, most := limits[T]()
	q += float64(zero)
	switch {
	case q <= float64(least):
		return least
	case q >= float64(most):
		return most
	case q != q:
		return T(zero)
	}
	return T(q)
}

// Dequantize stores scale * (src - zero), the product rounded once. With several scales, element i has scale and zero of channel i/inner mod len(scale).
func Dequantize[T Integer](dst []float32, src []T, scale []float32, zero []int64, inner int) {
	if x, ok := any(src).([]int8); ok && len(scale) == 1 && s8Dequantize(dst, x[:len(dst)], scale[0], zero[0]) {
		return
	}
	channels(len(dst), len(scale), inner, func(c, from, to int) {
		s, z := float64(scale[c]), zero[c]
		for i, q := range src[from:to] {
			dst[from+i] = float32(s * float64(int64(q)-z))
		}
	})
}

// Requantize stores src - srcZero, rescaled, + dstZero, limited to the type's range.
func Requantize[D, S Integer](dst []D, src []S, srcZero, dstZero int32, scale Multiplier) {
	least, most := limits[D]()
	for i, q := range src[:len(dst)] {
		x := int64(scale.Rescale(int32(q)-srcZero)) + int64(dstZero)
		dst[i] = D(min(max(x, int64(least)), int64(most)))
	}
}

// F32FakeQuant rounds src to the numbers that an affine quantization of [lo, hi] to 2^bits levels can hold, one less with narrow. The range is first moved so that
// 0 is one of them.
func F32FakeQuant(dst, src []float32, lo, hi float32, bits int, narrow bool) {
	first, last := float32(0), float32(int(1)<<bits-1)
	if narrow {
		first = 1
	}
	scale := (hi - lo) / (last - first)
	zero := first - lo/scale
	switch {
	case zero < first:
		zero = first
	case zero > last:
		zero = last
	default:
		zero = float32(math.Round(float64(zero)))
	}
	lo, hi = float32((first-zero)*scale), float32((last-zero)*scale)
	inverse := 1 / scale
	for i, x := range src[:len(dst)] {
		x = bounded(x, lo, hi) - lo
		steps := float32(math.Round(float64(x * inverse)))
		dst[i] = float32(steps*scale) + lo
	}
}

// channels calls f for runs of elements of one channel: those of channel c begin at multiples of inner.
func channels(n, count, inner int, f func(c, from, to int)) {
	if count == 1 {
		f(0, 0, n)
		return
	}
	for at, c := 0, 0; at < n; at, c = at+inner, c+1 {
		if c == count {
			c = 0
		}
		f(c, at, at+inner)
	}
}
