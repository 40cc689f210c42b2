//go:build (!amd64 && !arm64) || purego

package kernel

func vectorColumns[T any](_ []T, _ int, _ []T, _, n, _ int) (done, whole int) { return 0, n }
