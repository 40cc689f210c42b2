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
	count = len(src) / max(len(acc), 1)
	outer, lines, n := s.lines()
	if outer*n != len(acc) || count == 0 {
		sumOver(acc, src, s.Shape, s.Kept)
		return count
	}
	clear(acc)
	for i := range outer {
		s8AddLines(acc[i*n:][:n], src[i*lines*n:][:lines*n])
	}
	return count
}

// lines returns the numbers of elements of the axes before those that are summed over, of these, and behind them.
func (s *S8Sums) lines() (outer, lines, n int) {
	lines, n = 1, 1
	axis := len(s.Shape) - 1
	for ; axis >= 0 && s.Kept[axis] == s.Shape[axis]; axis-- {
		n *= s.Shape[axis]
	}
	for ; axis >= 0 && s.Kept[axis] == 1; axis-- {
		lines *= s.Shape[axis]
	}
	return elements(s.Shape[:axis+1]), lines, n
}

// s8AddLines adds lines, one behind the other, each as long as acc, to acc.
func s8AddLines(acc []int32, src []int8) {
	if len(acc) == 1 {
		var sums [16]int32
		whole := len(src) &^ (len(sums) - 1)
		if s8SumLines(sums[:], src, len(sums), whole/len(sums)) == 0 {
			whole = 0
		}
		for _, v := range sums {
			acc[0] += v
		}
		for _, v := range src[whole:] {
			acc[0] += int32(v)
		}
		return
	}
	n := len(acc)
	done := s8SumLines(acc, src, n, len(src)/n)
	for rest := acc[done:]; len(rest) > 0 && len(src) > 0; src = src[n:] {
		for j, v := range src[done:n] {
			rest[j] += int32(v)
		}
	}
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
