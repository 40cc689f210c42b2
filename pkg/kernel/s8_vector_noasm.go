//go:build (!amd64 && !arm64) || purego

package kernel

func (*s8Vector) row(_, _, _ []int8) bool { return false }

func (*S8Table) vector(_, _ []int8) bool { return false }

func s8Quantize([]int8, []float32, float32, int64) bool { return false }

func s8QuantizeBy([]int8, []float32, float32, int32) bool { return false }

func s8Dequantize([]float32, []int8, float32, int64) bool { return false }
