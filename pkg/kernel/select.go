package kernel

// Select takes elements of a where cond is true, else of b, with NumPy's broadcasting of all three. For TFLite's SELECT with a vector as condition, which
// chooses along the first axis, give cond the shape [n, 1, …].
func Select(dst []byte, size int, cond []bool, condShape []int, a []byte, aShape []int, b []byte, bShape []int) {
	switch size {
	case 1:
		choose(dst, cond, condShape, a, aShape, b, bShape, 1)
	case 2:
		choose(words[uint16](dst), cond, condShape, words[uint16](a), aShape, words[uint16](b), bShape, 1)
	case 4:
		choose(words[uint32](dst), cond, condShape, words[uint32](a), aShape, words[uint32](b), bShape, 1)
	case 8:
		choose(words[uint64](dst), cond, condShape, words[uint64](a), aShape, words[uint64](b), bShape, 1)
	default:
		choose(dst, cond, condShape, a, aShape, b, bShape, size)
	}
}

// choose is Select for elements of size Ts.
func choose[T any](dst []T, cond []bool, condShape []int, a []T, aShape []int, b []T, bShape []int, size int) {
	p := broadcast(condShape, aShape, bShape)
	n, width := p.run()
	var index dims
	var at [3]int
	for i := 0; i < len(dst)/size; i += n {
		out := dst[i*size : (i+n)*size]
		x, y := a[at[1]*size:(at[1]+width[1])*size], b[at[2]*size:(at[2]+width[2])*size]
		switch c := cond[at[0] : at[0]+width[0]]; {
		case len(c) == n:
			chooseRun(out, c, x, y, size)
		case c[0]:
			repeatRun(out, x)
		default:
			repeatRun(out, y)
		}
		p.next(&index, &at)
	}
}

// chooseRun takes elements of a where cond is true, else of b. An operand has as many elements as cond, or one.
func chooseRun[T any](dst []T, cond []bool, a, b []T, size int) {
	done := 0
	if words, ok := any(dst).([]uint32); ok {
		done = vectorChoice(words, cond, any(a).([]uint32), any(b).([]uint32))
	}
	sa, sb := min(len(a)/size-1, 1), min(len(b)/size-1, 1)
	for i := done; i < len(cond); i++ {
		switch {
		case size != 1 && cond[i]:
			copy(dst[i*size:(i+1)*size], a[i*sa*size:])
		case size != 1:
			copy(dst[i*size:(i+1)*size], b[i*sb*size:])
		case cond[i]:
			dst[i] = a[i*sa]
		default:
			dst[i] = b[i*sb]
		}
	}
}

// repeatRun copies src to dst, over and over.
func repeatRun[T any](dst, src []T) {
	for n := copy(dst, src); n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}

// Where stores the coordinates of cond's true elements in dst, row by row. Count says how many there are.
func Where(dst []int64, cond []bool, shape []int) {
	step := strides(shape)
	for i, c := range cond {
		if !c {
			continue
		}
		for axis := range shape {
			dst[axis] = int64(i / step[axis] % shape[axis])
		}
		dst = dst[len(shape):]
	}
}

// Count returns the number of true elements.
func Count(cond []bool) int {
	n := 0
	for _, c := range cond {
		if c {
			n++
		}
	}
	return n
}
