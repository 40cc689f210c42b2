//go:build !amd64 || purego

package kernel

func sumLines(sums []float64, x []float32, n int) { sumLinesGeneric(sums, x, n) }
