//go:build amd64 && !purego

package kernel

// mostWaiting is how many bins of a histogram may wait to be counted beside a product.
const mostWaiting = 32 << 10

// anySpikes says that any bins can be left out.
const anySpikes = true

// allBins is binsAsm, by the widest registers that there are. from is the first bin that matters, at most 0.
func allBins(dst *int32, x *float32, n int, scale float32, from int, found *[2]float32) {
	if useAVX512 {
		binsAVX512(dst, x, n, scale, found)
		return
	}
	binsAsm(dst, x, n, scale, int32(from), found)
}

// otherBins is otherBinsAsm, by the widest registers that there are.
func otherBins(dst *int32, x *float32, n int, scale float32, from int, found *[2]float32, spikes *[2]int32) (left, first int) {
	if useAVX512 {
		return otherBinsAVX512(dst, x, n, scale, found, spikes)
	}
	return otherBinsAsm(dst, x, n, scale, int32(from), found, spikes)
}

// worthLeavingOut reports whether so many of n numbers are in spikes that leaving these out saves more than it costs.
func worthLeavingOut(spikes, n int) bool {
	if useAVX512 {
		return spikes >= n/8
	}
	return spikes >= n/4
}
