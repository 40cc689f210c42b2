//go:build arm64 && !purego

package kernel

func allBins(dst *int32, x *float32, n int, scale float32, found *[2]float32) {
	binsAsm(dst, x, n, scale, found)
}

func otherBins(dst *int32, x *float32, n int, scale float32, found *[2]float32) (left int) {
	return otherBinsAsm(dst, x, n, scale, found)
}
