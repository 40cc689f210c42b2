//go:build (!amd64 && !arm64) || purego

package kernel

func f32Test(rowCode, []bool, []float32, []float32) bool           { return false }
func vectorChoice([]uint32, []bool, []uint32, []uint32) (done int) { return 0 }
