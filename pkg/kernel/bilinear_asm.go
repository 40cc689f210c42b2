//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// row computes a row of the result from two of the image.
func (b *F32Bilinear) row(out, lower, upper []float32, r *bracket) {
	if !variants() {
		b.rowGeneric(out, lower, upper, r)
		return
	}
	s := &b.spec
	columns := (*byte)(unsafe.Pointer(&b.columns[0]))
	weights := &[2]float32{r.wLower, r.wUpper}
	if s.C < channelBlock {
		bilinearFewAsm(s.OW, columns, s.C, &lower[0], &upper[0], &out[0], weights)
		return
	}
	bilinearAsm(s.OW, columns, s.C, &lower[0], &upper[0], &out[0], weights)
}
