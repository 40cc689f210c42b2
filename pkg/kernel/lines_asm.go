//go:build (amd64 || arm64) && !purego

package kernel

// copyLines copies lines of n bytes.
func copyLines(dst []byte, dstStep int, src []byte, srcStep, n, lines int) {
	const least, most = 4, 1 << 10 // bytes of a line; for longer ones copy is as fast
	if !variants() || n < least || n > most {
		copyLinesGeneric(dst, dstStep, src, srcStep, n, lines)
		return
	}
	_, _ = dst[(lines-1)*dstStep+n-1], src[(lines-1)*srcStep+n-1]
	copyLinesAsm(&dst[0], dstStep, &src[0], srcStep, n, lines)
}
