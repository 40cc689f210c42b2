package kernel

import "math"

// S8Sums are sums of int8 numbers over axes of a tensor. It is immutable, and goroutines may share it.
type S8Sums struct {
	Shape []int // the operand's
	Kept  []int // the result's, with a 1 for each axis that is summed over
	Zero  int32 // the operand's zero point
}

// Mean stores the sums, rescaled, in dst, moved by the result's zero point and limited to int8. With a multiplier that is divided by the number of elements of a sum this
// is the mean. scratch has the elements of dst.
func (s *S8Sums) Mean(dst, src []int8, scale Multiplier, zero int32, scratch []int32) {
	count := int32(s.add(scratch[:len(dst)], src))
	for i, sum := range scratch[:len(dst)] {
		dst[i] = int8(min(max(scale.Rescale(sum-s.Zero*count)+zero, -128), 127))
	}
}

// Sum stores the sums times scale, computed in float32 and rounded, halves away from zero, in dst, moved by the result's zero point and limited to int8. scratch has the
// elements of dst.
func (s *S8Sums) Sum(dst, src []int8, scale float32, zero int32, scratch []int32) {
	count := float32(s.add(scratch[:len(dst)], src))
	bias := float32(float32(float32(-s.Zero)*scale) * count)
	for i, sum := range scratch[:len(dst)] {
		r := math.Round(float64(float32(float32(sum)*scale) + bias))
		dst[i] = int8(min(max(r+float64(zero), -128), 127))
	}
}

// add stores sums of the integers as they are in acc, and returns how many each is of.
func (s *S8Sums) add(acc []int32, src []int8) (count int) {
	sumOver(acc, src, s.Shape, s.Kept)
	return len(src) / max(len(acc), 1)
}

// sumOver stores the sums of the elements of src, of the given shape, in acc, whose shape has a 1 for each axis that is summed over.
func sumOver[T int8 | int16](acc []int32, src []T, shape, kept []int) {
	clear(acc)
	reducedRuns(len(src), shape, kept, func(i, n, to, width int) {
		run := src[i : i+n]
		if width == 1 {
			sum := int32(0)
			for _, v := range run {
				sum += int32(v)
			}
			acc[to] += sum
			return
		}
		for j, v := range run {
			acc[to+j] += int32(v)
		}
	})
}

// reducedRuns calls f for each run of n elements from i on, of total ones of the given shape, which belong to the one element, or the width ones, from to on of what is left; kept
// has a 1 for each axis that is reduced.
func reducedRuns(total int, shape, kept []int, f func(i, n, to, width int)) {
	p := broadcast(shape, kept)
	n, width := p.run()
	var index dims
	var at [3]int
	for i := 0; i < total; i += n {
		f(i, n, at[1], width[1])
		p.next(&index, &at)
	}
}
