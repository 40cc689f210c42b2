package kernel

// Clamp stores src limited to [lo, hi] in dst, which may be src. A NaN stays; a zero of either sign stays where a limit is zero.
func Clamp[T Number](dst, src []T, lo, hi T) {
	for i, x := range src[:len(dst)] {
		if x < lo {
			x = lo
		}
		if x > hi {
			x = hi
		}
		dst[i] = x
	}
}

// clampRun is the number of elements that BinaryClamp computes before it limits them, while they are in the cache.
const clampRun = 2048

// BinaryClamp is Binary with the result limited to [lo, hi] as by Clamp. dst must not overlap an operand unless both have its shape.
func BinaryClamp[T Number](dst []T, a []T, aShape []int, b []T, bShape []int, row Row[T, T], lo, hi T) {
	p := broadcast(aShape, bShape)
	if p.rank > 1 || len(dst) <= clampRun {
		Binary(dst, a, aShape, b, bShape, row)
		Clamp(dst, dst, lo, hi)
		return
	}
	for at := 0; at < len(dst); at += clampRun {
		end := min(at+clampRun, len(dst))
		ra, rb := a, b
		if len(a) > 1 {
			ra = a[at:end]
		}
		if len(b) > 1 {
			rb = b[at:end]
		}
		row(dst[at:end], ra, rb)
		Clamp(dst[at:end], dst[at:end], lo, hi)
	}
}
