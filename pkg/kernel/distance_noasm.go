//go:build (!amd64 && !arm64) || purego

package kernel

func (s *distances) add(_, _ []float32) int { return 0 }
