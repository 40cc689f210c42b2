//go:build (!amd64 && !arm64) || purego

package kernel

// waitingBin is a bin that waits to be counted, which none does.
type waitingBin = int32

// countTable holds nothing: numbers are counted in their histogram at once.
type countTable struct{}

func (*countTable) begin(*F32Histogram) {}

func (*countTable) restart(*F32Histogram) {}

func (*countTable) move(*F32Histogram, int) {}

func (*queue) add([]float32) (F32Range, int) { return F32Range{}, 0 }

func (*queue) count() {}
