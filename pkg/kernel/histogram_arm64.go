//go:build arm64 && !purego

package kernel

// mostWaiting is how many bins of a histogram may wait to be counted: no kernel counts them beside what it computes.
const mostWaiting = countRun

// anySpikes says that only bin 0 can be left out.
const anySpikes = false

func allBins(dst *int32, x *float32, n int, scale float32, _ int, found *[2]float32) {
	binsAsm(dst, x, n, scale, found)
}

// otherBins leaves out the first of the spikes, which must be 0.
func otherBins(dst *int32, x *float32, n int, scale float32, _ int, found *[2]float32, _ *[2]int32) (left, first int) {
	left = otherBinsAsm(dst, x, n, scale, found)
	return left, n - left
}

// worthLeavingOut reports whether so many of n numbers are in spikes that leaving these out saves more than it costs.
func worthLeavingOut(spikes, n int) bool { return spikes >= n/4 }
