//go:build !amd64 || purego

package kernel

// JointWins reports whether counting at once takes less time than counting by itself.
func JointWins() bool { return false }

// sharedCounts are there where numbers are counted at once.
type sharedCounts struct{}

func (*sharedCounts) settle() {}

func (*sharedCounts) err() error { return nil }

func (*F32Joint) together(F32Range) *sharedCounts { return nil }

func (*F32Joint) count(int, *F32Scan, []float32, *F32Scan, []float32) int { return 0 }
