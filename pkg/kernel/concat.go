package kernel

// CopyRows copies rows runs of n bytes, the i-th from src[i*srcStep:] to dst[i*dstStep:].
func CopyRows(dst []byte, dstStep int, src []byte, srcStep, n, rows int) {
	if n == dstStep && n == srcStep {
		copy(dst[:n*rows], src)
		return
	}
	if n > 0 && rows > 0 {
		copyLines(dst, dstStep, src, srcStep, n, rows)
	}
}

// copyLinesGeneric is CopyRows for at least one line of at least one byte.
func copyLinesGeneric(dst []byte, dstStep int, src []byte, srcStep, n, lines int) {
	for i := range lines {
		copy(dst[i*dstStep:i*dstStep+n], src[i*srcStep:i*srcStep+n])
	}
}

// Concat joins parts along an axis; rows is the product of the dimensions before it. With rows the product of the dimensions before a new axis, it packs.
func Concat(dst []byte, rows int, parts ...[]byte) {
	at := 0
	for _, part := range parts {
		if rows == 0 || len(part) == 0 {
			continue
		}
		n := len(part) / rows
		CopyRows(dst[at:], len(dst)/rows, part, n, n, rows)
		at += n
	}
}

// Split is the inverse of Concat: it cuts src along an axis into parts.
func Split(src []byte, rows int, parts ...[]byte) {
	at := 0
	for _, part := range parts {
		if rows == 0 || len(part) == 0 {
			continue
		}
		n := len(part) / rows
		CopyRows(part, n, src[at:], len(src)/rows, n, rows)
		at += n
	}
}
