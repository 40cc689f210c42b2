//go:build (!amd64 && !arm64) || purego

package kernel

func vectorColumns(_ []float32, _ int, _ []float32, _, n, _ int) (done, whole int) { return 0, n }
