//go:build arm64 && !purego

package kernel

// minMax is what f32MinMax needs of at least minMaxLeast elements.
func minMax(x []float32) (lo, hi float32, nan uint32) { return minMaxAsm(&x[0], len(x)) }
