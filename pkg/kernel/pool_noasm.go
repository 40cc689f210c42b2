//go:build (!amd64 && !arm64) || purego

package kernel

func (p *F32Pool) pixels(out, in []float32, w *poolWindow, n, step int, bounds *[2]float32) {
	p.pixelsGeneric(out, in, w, n, step, bounds)
}
