//go:build !amd64 || purego

package kernel

// JointWins reports whether counting at once takes less time than counting by itself.
func JointWins() bool { return false }

// sharedCounts are there where numbers are counted at once.
type sharedCounts struct{}

func (*sharedCounts) settle() {}

func (*F32Joint) start() {}

func (*F32Joint) argument([]float32) bool { return false }

func (*F32Joint) results(_, _ []float32) ([mostJoined - 1]F32Range, bool) {
	return [mostJoined - 1]F32Range{}, false
}
