//go:build (!amd64 && !arm64) || purego

package kernel

func (b *F32Bilinear) row(out, lower, upper []float32, r *bracket) {
	b.rowGeneric(out, lower, upper, r)
}
