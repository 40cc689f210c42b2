//go:build (!amd64 && !arm64) || purego

package kernel

func f32Unary(unaryCode, []float32, []float32, *[2]float32) bool { return false }
