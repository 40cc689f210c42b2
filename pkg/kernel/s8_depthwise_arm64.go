//go:build arm64 && !purego

package kernel

import (
	"slices"
	"unsafe"
)

// s8Set are instructions that depthwise convolutions of int8 have kernels for.
type s8Set uint8

const (
	s8Generic s8Set = iota
	s8NEON
)

// s8MostWidth is the number of channels of a block.
const s8MostWidth = 16

// s8DepthwiseSet chooses the instructions for weights: two products with the least weight may not fit 16 bits.
func s8DepthwiseSet(weights []int8) s8Set {
	if !variants() || slices.Contains(weights, -128) {
		return s8Generic
	}
	return s8NEON
}

// runs reports whether the kernels may run.
func (s s8Set) runs() bool { return variants() }

// taps is the number of taps in a group.
func (s s8Set) taps() int { return 2 }

// least is the least number of channels of an image.
func (s s8Set) least() int { return s8MostWidth }

// blocks divides channels into blocks, of which the last one begins earlier than the one before ends.
func (s s8Set) blocks(channels int) []s8DepthwiseBlock { return s8Blocks(channels, s8MostWidth) }

// pack arranges a block of channels: where sums start, and the weights, tap by tap.
func (s s8Set) pack(d *S8Depthwise, first, width int) (start []int32, weights []int8) {
	oc, taps := d.spec.outputs(), d.spec.taps()
	start, weights = make([]int32, width), make([]int8, (taps+1)/2*2*width)
	for lane := range min(width, oc-first) {
		c, sum := first+lane, int32(0)
		for t := range taps {
			w := d.weights[t*oc+c]
			sum += int32(w)
			weights[t*width+lane] = w
		}
		start[lane] = d.bias[c] - d.spec.InZero*sum
	}
	return start, weights
}

// run calls the kernel.
func (s s8Set) run(_ int, c *s8DepthwiseCall) { s8Depthwise16NEON((*byte)(unsafe.Pointer(c))) }
