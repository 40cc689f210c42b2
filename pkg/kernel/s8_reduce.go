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
	clear(acc)
	if len(src) == 0 {
		return 0
	}
	p := broadcast(s.Shape, s.Kept)
	n, width := p.run()
	var index dims
	var at [3]int
	for i := 0; i < len(src); i += n {
		run, to := src[i:i+n], acc[at[1]:at[1]+width[1]]
		if width[1] == 1 {
			sum := int32(0)
			for _, v := range run {
				sum += int32(v)
			}
			to[0] += sum
		} else {
			for j, v := range run {
				to[j] += int32(v)
			}
		}
		p.next(&index, &at)
	}
	return len(src) / len(acc)
}
