//go:build !amd64

// Package peak measures how many multiply-adds the processor can make, to which benchmarks compare kernels.
package peak

// GFLOPS returns 0: there is no loop for this processor.
func GFLOPS() float64 { return 0 }

// GOPS returns 0 as well.
func GOPS() float64 { return 0 }
