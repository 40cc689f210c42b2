//go:build (!amd64 && !arm64) || purego

package kernel

func f32MinMax(x []float32) (lo, hi float32, nan bool) { return f32MinMaxGeneric(x) }

func extremes(dst, x []float32, n int, fold Fold) { extremesGeneric(dst, x, n, fold) }
