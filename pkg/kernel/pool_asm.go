//go:build (amd64 || arm64) && !purego

package kernel

// pixels computes n outputs beside each other, from the part of the image that starts with the first one's window; the windows are step elements apart.
func (p *F32Pool) pixels(out, in []float32, w *poolWindow, n, step int, bounds *[2]float32) {
	c := p.spec.C
	if !variants() || c < channelBlock {
		p.pixelsGeneric(out, in, w, n, step, bounds)
		return
	}
	const wide = 4 * channelBlock
	r := poolRun{w, bounds, n, step, c}
	at := 0
	if groups := c / wide; groups > 0 {
		p.mode.run4(groups, &in[0], &out[0], &r)
		at = groups * wide
	}
	for at < c {
		groups := max(1, (c-at)/channelBlock)
		at = min(at, c-channelBlock) // what the last block shares with the one before comes out the same
		p.mode.run1(groups, &in[at], &out[at], &r)
		at += groups * channelBlock
	}
}

// poolRun are outputs beside each other: their windows, whose sizes are equal, and by how many elements windows and results are apart.
type poolRun struct {
	window   *poolWindow
	bounds   *[2]float32
	n        int
	in, next int
}
