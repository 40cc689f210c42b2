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
	sc, sa, sb := min(width[0]-1, 1), min(width[1]-1, 1), min(width[2]-1, 1)
	var index dims
	var at [3]int
	for i := 0; i < len(dst)/size; i += n {
		c, x, y := at[0], at[1], at[2]
		for j := i; j < i+n; j++ {
			switch {
			case size != 1 && cond[c]:
				copy(dst[j*size:(j+1)*size], a[x*size:])
			case size != 1:
				copy(dst[j*size:(j+1)*size], b[y*size:])
			case cond[c]:
				dst[j] = a[x]
			default:
				dst[j] = b[y]
			}
			c, x, y = c+sc, x+sa, y+sb
		}
		p.next(&index, &at)
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
