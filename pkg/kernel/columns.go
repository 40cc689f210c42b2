package kernel

// columns stores lines of n elements, which start srcStep elements apart, as columns of lines that start dstStep elements apart:
// dst[i·dstStep + j] = src[j·srcStep + i].
func columns[T float32 | byte](dst []T, dstStep int, src []T, srcStep, n, lines int) {
	done, whole := vectorColumns(dst, dstStep, src, srcStep, n, lines)
	if done < lines {
		columnsGeneric(dst[done:], dstStep, src[done*srcStep:], srcStep, n, lines-done)
	}
	if whole < n {
		columnsGeneric(dst[whole*dstStep:], dstStep, src[whole:], srcStep, n-whole, done)
	}
}

// columnsGeneric defines what columns does.
func columnsGeneric[T any](dst []T, dstStep int, src []T, srcStep, n, lines int) {
	for j := range lines {
		for i, v := range src[j*srcStep:][:n] {
			dst[i*dstStep+j] = v
		}
	}
}
