//go:build (amd64 || arm64) && !purego

package kernel

// pixel computes one output.
func (p *F32Pool) pixel(out, in []float32, w *poolWindow, bounds *[2]float32) {
	if !variants() || len(out) < channelBlock {
		p.pixelGeneric(out, in, w, bounds)
		return
	}
	const wide = 4 * channelBlock
	at := 0
	if n := len(out) / wide; n > 0 {
		switch p.mode {
		case poolSum:
			poolSum4Asm(n, &in[0], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[0], bounds)
		case poolSquares:
			poolSquares4Asm(n, &in[0], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[0], bounds)
		case poolMax:
			poolMax4Asm(n, &in[0], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[0], bounds)
		}
		at = n * wide
	}
	for at < len(out) {
		n := max(1, (len(out)-at)/channelBlock)
		at = min(at, len(out)-channelBlock) // what the last block shares with the one before comes out the same
		switch p.mode {
		case poolSum:
			poolSum1Asm(n, &in[at], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[at], bounds)
		case poolSquares:
			poolSquares1Asm(n, &in[at], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[at], bounds)
		case poolMax:
			poolMax1Asm(n, &in[at], w.rows, w.cols, 4*w.rowStep, 4*w.colStep, &out[at], bounds)
		}
		at += n * channelBlock
	}
}
