//go:build arm64 && !purego

package kernel

// stripPairs returns how many pairs of blocks of channels are computed by wider registers: none.
func stripPairs(int) int { return 0 }

func depthwisePairs(_, _, _ int, _ *stripCall) {}
