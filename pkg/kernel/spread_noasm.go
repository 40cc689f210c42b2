//go:build (!amd64 && !arm64) || purego

package kernel

func spreadLines(dst, src []float32, step, line, lines int) {
	spreadLinesGeneric(dst, src, step, line, lines)
}
