package kernel

import "math"

// S16Reduce is a reduction of int16 numbers of zero point 0 over axes of a tensor. It is immutable, and goroutines may share it.
type S16Reduce struct {
	Shape []int // the operand's
	Kept  []int // the result's, with a 1 for each axis that is reduced
}

// Mean stores the sums, int32 that wrap, rescaled and limited to int16 in dst. With a multiplier that is divided by the number of elements of a sum this is the mean. scratch has
// the elements of dst.
func (r *S16Reduce) Mean(dst, src []int16, scale Multiplier, scratch []int32) {
	sumOver(scratch[:len(dst)], src, r.Shape, r.Kept)
	for i, sum := range scratch[:len(dst)] {
		dst[i] = saturate16(scale.Rescale(sum))
	}
}

// Sum stores the sums, int32 that wrap, times scale, computed in float32, rounded, halves away from zero, and limited to int16, in dst. scratch has the elements of dst.
func (r *S16Reduce) Sum(dst, src []int16, scale float32, scratch []int32) {
	sumOver(scratch[:len(dst)], src, r.Shape, r.Kept)
	for i, sum := range scratch[:len(dst)] {
		dst[i] = limit16(round32(float32(sum) * scale))
	}
}

// Prod stores the products in dst: what is there is rescaled after each further factor, and once more at the end. scratch has the elements of dst.
func (r *S16Reduce) Prod(dst, src []int16, scale S16Scale, scratch []int64) {
	const none = math.MinInt64
	acc := scratch[:len(dst)]
	for i := range acc {
		acc[i] = none
	}
	reducedRuns(len(src), r.Shape, r.Kept, func(i, n, to, width int) {
		for j, v := range src[i : i+n] {
			k := to + min(j, width-1)
			if acc[k] == none {
				acc[k] = int64(v)
			} else {
				acc[k] = int64(scale.Rescale(acc[k] * int64(v)))
			}
		}
	})
	for i, v := range acc {
		dst[i] = 0
		if v != none {
			dst[i] = saturate16(scale.Rescale(v))
		}
	}
}
