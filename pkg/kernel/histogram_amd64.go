//go:build amd64 && !purego

package kernel

// mostWaiting is how many bins of a histogram may wait to be counted beside a product.
const mostWaiting = 32 << 10

// allBins is binsAsm, by the widest registers that there are.
func allBins(dst *int32, x *float32, n int, scale float32, found *[2]float32) {
	if useAVX512 {
		binsAVX512(dst, x, n, scale, found)
		return
	}
	binsAsm(dst, x, n, scale, found)
}

// otherBins is otherBinsAsm, by the widest registers that there are.
func otherBins(dst *int32, x *float32, n int, scale float32, found *[2]float32) (left int) {
	if useAVX512 {
		return otherBinsAVX512(dst, x, n, scale, found)
	}
	return otherBinsAsm(dst, x, n, scale, found)
}
