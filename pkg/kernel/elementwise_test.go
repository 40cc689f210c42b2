package kernel

import "testing"

func BenchmarkRows(b *testing.B) {
	x, y, z := make([]float32, 4096), make([]float32, 4096), make([]float32, 4096)
	for i := range x {
		x[i], y[i] = float32(i%7)-3, float32(i%5)-2
	}
	for _, c := range []struct {
		name string
		row  Row[float32, float32]
	}{{"Add", Add[float32]}, {"Maximum", Maximum[float32]}, {"FloorMod", F32FloorMod}, {"Pow", F32PowRow}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				Binary(z, x, []int{4096}, y, []int{4096}, c.row)
			}
		})
		b.Run(c.name+"/PerChannel", func(b *testing.B) {
			for b.Loop() {
				Binary(z, x, []int{64, 64}, y[:64], []int{64}, c.row)
			}
		})
	}
	b.Run("BinaryClamp", func(b *testing.B) {
		for b.Loop() {
			BinaryClamp(z, x, []int{4096}, y, []int{4096}, Add[float32], 0, 6)
		}
	})
}
