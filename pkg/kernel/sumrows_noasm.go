//go:build !amd64 || purego

package kernel

func addRows([]float64, []float32, int, int) int { return 0 }
