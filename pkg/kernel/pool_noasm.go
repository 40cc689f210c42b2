//go:build (!amd64 && !arm64) || purego

package kernel

func (p *F32Pool) pixel(out, in []float32, w *poolWindow, bounds *[2]float32) {
	p.pixelGeneric(out, in, w, bounds)
}
