//go:build !amd64 || purego

package kernel

// lifting is what products take where denormal numbers are slow.
type lifting struct{}

func lifts(int, int) bool { return false }

func divides([]float32) bool { return false }

// lift does nothing: denormal numbers take no longer than others.
func (p *gemm) lift(int) {}

func (p *gemm) unlift([]float32) {}

func (*lifting) divide(right *panels, first int) []float32 { return right.panel(first) }
