//go:build arm64 && !purego

package kernel

var (
	// s8Fours is what SDOT multiplies: bytes, four at a time.
	s8Fours = s8Form{group: 4, whole: 16, bytes: 1, lanes: 8, wide: 16}
	// s8Ones is what SMLAL multiplies: int16.
	s8Ones = s8Form{group: 1, whole: 8, bytes: 2, lanes: 8, wide: 16}
)

// s8FormNow returns the form in which operands are prepared.
func s8FormNow() *s8Form {
	switch {
	case !useNEON:
		return &s8Words
	case useDot:
		return &s8Fours
	}
	return &s8Ones
}

// tileRows returns how many rows a tile has at most.
func (*s8Form) tileRows(int) int { return 6 }

// copy copies lines of n int8, which are srcStep apart, as elements of a left operand, dstStep bytes apart.
func (f *s8Form) copy(dst []byte, dstStep int, src []int8, srcStep, n, lines int) {
	if n == 0 || lines == 0 {
		return
	}
	if f != &s8Ones {
		copyLines(dst, dstStep, view[byte](src), srcStep, n, lines)
		return
	}
	_, _ = dst[(lines-1)*dstStep+n*f.bytes-1], src[(lines-1)*srcStep+n-1]
	s8WidenNEON(&dst[0], dstStep, &src[0], srcStep, n, lines)
}

// totals stores sums of rows of n elements, which are step bytes apart, each times a number.
func (*s8Form) totals(dst []int32, rows []byte, step, n int, by int32) {
	for i := range dst {
		sum := int32(0)
		for _, v := range rows[i*step:][:n] {
			sum += int32(int8(v))
		}
		dst[i] = by * sum
	}
}

func (c *s8TileCall) run(f *s8Form, width int) {
	switch {
	case f == &s8Fours && width == 8:
		s8Tiles8Dot(c)
	case f == &s8Fours:
		s8Tiles16Dot(c)
	case width == 8:
		s8Tiles8NEON(c)
	default:
		s8Tiles16NEON(c)
	}
}

// run computes a call.
func (c *s8RescaleCall) run(factors, _ bool) {
	if factors {
		s8ScaleNEON(c)
		return
	}
	s8RescaleNEON(c)
}
