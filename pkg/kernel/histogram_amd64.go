//go:build amd64 && !purego

package kernel

import "math"

// mostWaiting is how many bins of a histogram may wait to be counted beside a product.
const mostWaiting = 32 << 10

// anySpikes says that any bins can be left out.
const anySpikes = true

// waitingBin is a bin that waits to be counted.
type waitingBin = int16

// mostMagic is the greatest exponent of a width for which there is a magic number.
const mostMagic = 104

// magic returns 1.5·2^23 times the width 2^exp, which exp must allow: added to a number and rounded down, it gives the number's bin.
func magic(exp int) float32 { return math.Float32frombits(uint32(127+23+exp)<<23 | 1<<22) }

// hasBins reports whether variants find bins of that width.
func hasBins(exp int) bool { return exp <= mostMagic }

// allBins is binsAsm, by the widest registers that there are.
func allBins(dst *waitingBin, x *float32, n, exp int, found *[2]float32) {
	if useAVX512 {
		binsAVX512(dst, x, n, magic(exp), found)
		return
	}
	binsAsm(dst, x, n, magic(exp), found)
}

// otherBins is otherBinsAsm, by the widest registers that there are.
func otherBins(dst *waitingBin, x *float32, n, exp int, found *[2]float32, spikes *[2]int32) (left, first int) {
	if useAVX512 {
		return otherBinsAVX512(dst, x, n, magic(exp), found, spikes)
	}
	return otherBinsAsm(dst, x, n, magic(exp), found, spikes)
}

// worthLeavingOut reports whether so many of n numbers are in spikes that leaving these out saves more than it costs.
func worthLeavingOut(spikes, n int) bool {
	if useAVX512 {
		return spikes >= n/5
	}
	return spikes >= n/4
}

// mostCounted returns the greatest number in a table.
func mostCounted(t []countEntry) int {
	n, most := len(t)&^7, 0
	if n > 0 {
		most = mostCountedAsm(&t[0], n)
	}
	for _, e := range t[n:] {
		most = max(most, int(e[0]), int(e[1]))
	}
	return most
}
