package kernel

// Slice takes count[i] indices of every axis of src, beginning at start[i] and step[i] apart; a step may be negative. A nil step is all ones.
// All indices must lie inside the shape.
func Slice(dst, src []byte, size int, shape, start, step, count []int) {
	in := strides(shape)
	out := strides(count)
	var s strided
	from := 0
	for i, n := range count {
		by := 1
		if step != nil {
			by = step[i]
		}
		from += start[i] * in[i]
		s.axis(n, out[i], by*in[i])
	}
	s.copy(dst, src, size, 0, from)
}

// Reverse turns the given axes of src around.
func Reverse(dst, src []byte, size int, shape, axes []int) {
	step := strides(shape)
	in := step
	from := 0
	for _, axis := range axes {
		if in[axis] == step[axis] { // an axis named twice is turned once
			from += (shape[axis] - 1) * step[axis]
			in[axis] = -step[axis]
		}
	}
	var s strided
	for i, n := range shape {
		s.axis(n, step[i], in[i])
	}
	s.copy(dst, src, size, 0, from)
}

// UpdateSlice copies src to dst, then update over the part of dst that begins at start, moved where it must be to lie inside the shape.
// update's dimensions are at most the shape's.
func UpdateSlice(dst, src []byte, size int, shape []int, update []byte, updateShape, start []int) {
	copy(dst, src)
	out := strides(shape)
	in := strides(updateShape)
	var s strided
	to := 0
	for i, n := range updateShape {
		to += max(0, min(start[i], shape[i]-n)) * out[i]
		s.axis(n, out[i], in[i])
	}
	s.copy(dst, update, size, to, 0)
}

// BroadcastTo repeats src to a larger shape by NumPy's rule.
func BroadcastTo(dst, src []byte, size int, shape, outShape []int) {
	in := strides(shape)
	out := strides(outShape)
	lead := len(outShape) - len(shape)
	var s strided
	for i, n := range outShape {
		by := 0
		if j := i - lead; j >= 0 && shape[j] != 1 {
			by = in[j]
		}
		s.axis(n, out[i], by)
	}
	s.copy(dst, src, size, 0, 0)
}

// Tile repeats src multiples[i] times along every axis i.
func Tile(dst, src []byte, size int, shape, multiples []int) {
	in := strides(shape)
	var out dims
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = n
		n *= shape[i] * multiples[i]
	}
	var s strided
	for i, n := range shape {
		s.axis(multiples[i], out[i]*n, 0)
		s.axis(n, out[i], in[i])
	}
	s.copy(dst, src, size, 0, 0)
}
