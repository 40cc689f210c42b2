//go:build (!amd64 && !arm64) || purego

package kernel

func f32Row(rowCode, []float32, []float32, []float32) bool { return false }
func f32Clamp([]float32, []float32, *[2]float32) int       { return 0 }
func f32HardSwish(_, _ []float32) int                      { return 0 }
func f32LeakyRelu(_, _ []float32, _ float32) int           { return 0 }
