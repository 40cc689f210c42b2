package kernel

import "math"

// S8Table is a function of one int8. It is immutable, and goroutines may share it.
type S8Table struct {
	of    [256]int8 // the result for q is element q + 128
	parts [256]int8 // the same from 0 on, in parts of 16: each but the first of eight is the exclusive or of itself and the part before
}

// Apply stores the function of every element of src in dst, which may be src.
func (t *S8Table) Apply(dst, src []int8) {
	if t.vector(dst, src) {
		return
	}
	for i, q := range src[:len(dst)] {
		dst[i] = t.of[int(q)+128]
	}
}

// S8Affine are the parameters of a quantized tensor: q stands for Scale * (q - Zero).
type S8Affine struct {
	Scale float32
	Zero  int32
}

// NewS8Table returns the table of a function of integers, whose results are limited to [lo, hi].
func NewS8Table(f func(q int32) int32, lo, hi int32) *S8Table {
	t := new(S8Table)
	for i := range t.of {
		t.of[i] = int8(min(max(f(int32(i)-128), lo), hi))
	}
	for i := range t.parts {
		t.parts[i] = t.of[i^128]
		if i%128 >= 16 {
			t.parts[i] ^= t.of[i^128-16]
		}
	}
	return t
}

// NewS8Curve returns the table of a function of real numbers, computed in float32; halves are rounded away from zero. A NaN becomes the least integer.
func NewS8Curve(f func(float32) float32, in, out S8Affine) *S8Table {
	inverse := 1 / out.Scale
	return NewS8Table(func(q int32) int32 {
		y := f(in.Scale * float32(q-in.Zero))
		r := float32(math.Round(float64(y*inverse))) + float32(out.Zero)
		if r != r {
			return -128
		}
		return int32(bounded(r, -128, 127))
	}, -128, 127)
}
