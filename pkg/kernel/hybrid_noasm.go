//go:build (!amd64 && !arm64) || purego

package kernel

func hybridAddRows([]float32, int, []int32, int, int, []int32, []float32, []hybridAffine) int {
	return 0
}

func hybridScaleRows([]float32, int, []int32, int, int, int, []int32, []float32, []float32, *hybridAffine) int {
	return 0
}
