//go:build (amd64 || arm64) && !purego

package kernel

// spreadLines repeats each of some elements, step apart, for a line. dst has a vector more than the lines; its content is lost.
func spreadLines(dst, src []float32, step, line, lines int) {
	if !variants() {
		spreadLinesGeneric(dst, src, step, line, lines)
		return
	}
	_, _ = dst[line*lines+channelBlock-1], src[step*(lines-1)]
	spreadLinesAsm(&dst[0], &src[0], 4*step, 4*line, lines)
}
