// Package peak measures how many multiply-adds the processor can make, to which benchmarks compare kernels.
package peak

import (
	"time"

	"golang.org/x/sys/cpu"
)

// GFLOPS returns the greatest number of float32 operations that one core was seen to make in a nanosecond; a multiply-add is two. It takes some milliseconds. Where the processor
// has no loop for it, the result is 0.
func GFLOPS() float64 {
	best := 0.0
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		best = max(best, rate(spinAVX2, 8))
	}
	if cpu.X86.HasAVX512F {
		best = max(best, rate(spinAVX512, 16))
	}
	return best
}

// GOPS returns the greatest number of operations on integers, by the instructions for products of int8, that one core was seen to make in a nanosecond; a multiply-add is two. It takes
// some milliseconds. Products of AVX2 are then still to be added to a sum, which takes a further instruction. Where the processor has no loop for it, the result is 0.
func GOPS() float64 {
	best := 0.0
	if cpu.X86.HasAVX2 {
		best = max(best, rate(spinPairsAVX2, 16))
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VNNI {
		best = max(best, rate(spinQuadsVNNI, 64))
	}
	return best
}

// rate measures a loop of 12 multiply-adds of so many lanes.
func rate(spin func(n int), lanes int) float64 {
	const n = 10_000
	best := time.Hour
	for range 100 {
		start := time.Now()
		spin(n)
		best = min(best, time.Since(start))
	}
	return 2 * 12 * n * float64(lanes) / float64(best.Nanoseconds())
}
