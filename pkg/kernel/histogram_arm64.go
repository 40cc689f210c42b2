//go:build arm64 && !purego

package kernel

// mostWaiting is how many bins of a histogram may wait to be counted: no kernel counts them beside what it computes.
const mostWaiting = countRun

func allBins(dst *int32, x *float32, n int, scale float32, found *[2]float32) {
	binsAsm(dst, x, n, scale, found)
}

func otherBins(dst *int32, x *float32, n int, scale float32, found *[2]float32) (left int) {
	return otherBinsAsm(dst, x, n, scale, found)
}
