//go:build amd64 && !purego

package kernel

import "unsafe"

// firstLanes starts with the mask of channelBlock lanes; that of n lanes starts n before its end.
var firstLanes = [2 * channelBlock]int32{-1, -1, -1, -1, -1, -1, -1, -1}

// row computes a row of the result from two of the image.
func (b *F32Bilinear) row(out, lower, upper []float32, r *bracket) {
	if !useAVX2 {
		b.rowGeneric(out, lower, upper, r)
		return
	}
	s := &b.spec
	columns := (*byte)(unsafe.Pointer(&b.columns[0]))
	weights := &[2]float32{r.wLower, r.wUpper}
	if s.C < channelBlock {
		bilinearFewAVX2(s.OW, columns, s.C, &firstLanes[channelBlock-s.C], &lower[0], &upper[0], &out[0], weights)
		return
	}
	bilinearAVX2(s.OW, columns, s.C, &lower[0], &upper[0], &out[0], weights)
}
