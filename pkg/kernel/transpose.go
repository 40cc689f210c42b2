package kernel

// Kernels that move data take and return the elements as bytes, each element of size bytes, in memory aligned to the element. They don't look at the content.
// dst and src must not overlap.

// Transpose permutes axes: axis i of the result is axis perm[i] of src, whose shape is given.
func Transpose(dst, src []byte, size int, shape, perm []int) {
	in := strides(shape)
	var out dims
	n := 1
	for i := len(perm) - 1; i >= 0; i-- {
		out[i] = n
		n *= shape[perm[i]]
	}
	var s strided
	for i, axis := range perm {
		s.axis(shape[axis], out[i], in[axis])
	}
	s.copy(dst, src, size, 0, 0)
}
