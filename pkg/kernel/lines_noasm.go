//go:build (!amd64 && !arm64) || purego

package kernel

func copyLines(dst []byte, dstStep int, src []byte, srcStep, n, lines int) {
	copyLinesGeneric(dst, dstStep, src, srcStep, n, lines)
}
