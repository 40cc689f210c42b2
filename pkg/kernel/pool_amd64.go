//go:build amd64 && !purego

package kernel

// pixel computes one output.
func (p *F32Pool) pixel(out, in []float32, w *poolWindow, bounds *[2]float32) {
	if !useAVX2 || len(out) < channelBlock {
		p.pixelGeneric(out, in, w, bounds)
		return
	}
	const wide = 4 * channelBlock
	at := 0
	if n := len(out) / wide; n > 0 {
		switch p.mode {
		case poolSum:
			poolSum4AVX2(n, &in[0], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[0], bounds)
		case poolSquares:
			poolSquares4AVX2(n, &in[0], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[0], bounds)
		case poolMax:
			poolMax4AVX2(n, &in[0], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[0], bounds)
		}
		at = n * wide
	}
	for at < len(out) {
		n := max(1, (len(out)-at)/channelBlock)
		at = min(at, len(out)-channelBlock) // what the last block shares with the one before comes out the same
		switch p.mode {
		case poolSum:
			poolSum1AVX2(n, &in[at], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[at], bounds)
		case poolSquares:
			poolSquares1AVX2(n, &in[at], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[at], bounds)
		case poolMax:
			poolMax1AVX2(n, &in[at], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[at], bounds)
		}
		at += n * channelBlock
	}
}
