//go:build arm64 && !purego

package kernel

// mostWaiting is how many bins of a histogram may wait to be counted: no kernel counts them beside what it computes.
const mostWaiting = countRun

// anySpikes says that only bin 0 can be left out.
const anySpikes = false

// waitingBin is a bin that waits to be counted.
type waitingBin = int32

// hasBins reports that variants find bins of any width.
func hasBins(int) bool { return true }

func allBins(dst *waitingBin, x *float32, n, exp int, found *[2]float32) {
	binsAsm(dst, x, n, float32(power(-exp)), found)
}

// otherBins leaves out the first of the spikes, which must be 0.
func otherBins(dst *waitingBin, x *float32, n, exp int, found *[2]float32, _ *[2]int32) (left, first int) {
	left = otherBinsAsm(dst, x, n, float32(power(-exp)), found)
	return left, n - left
}

// worthLeavingOut reports whether so many of n numbers are in spikes that leaving these out saves more than it costs.
func worthLeavingOut(spikes, n int) bool { return spikes >= n/4 }

// mostCounted returns the greatest number that a table can hold: looking for it takes as long as moving all of them.
func mostCounted([]countEntry) int { return maxHeld / 2 }
