//go:build !amd64 || purego

package kernel

func fold(acc, x []float32, mode poolMode) { foldGeneric(acc, x, mode) }
