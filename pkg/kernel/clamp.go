package kernel

// Clamp stores src limited to [lo, hi] in dst, which may be src. A NaN stays; a zero of either sign stays where a limit is zero.
func Clamp[T Number](dst, src []T, lo, hi T) {
	n := vectorClamp(dst, src, lo, hi)
	dst = dst[n:]
	for i, x := range src[n:][:len(dst)] {
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
	n, width := p.run()
	if n <= clampRun {
		var index dims
		var at [3]int
		from := 0 // what is computed and not limited yet
		for i := 0; i < len(dst); i += n {
			row(dst[i:i+n], a[at[0]:at[0]+width[0]], b[at[1]:at[1]+width[1]])
			p.next(&index, &at)
			if end := i + n; end-from >= clampRun || end == len(dst) {
				Clamp(dst[from:end], dst[from:end], lo, hi)
				from = end
			}
		}
		return
	}
	if p.rank > 1 {
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
