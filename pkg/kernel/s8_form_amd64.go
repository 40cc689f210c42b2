//go:build amd64 && !purego

package kernel

import "unsafe"

var (
	// s8Quads is what AVX-512 VNNI multiplies: bytes without a sign by bytes with one, four at a time.
	s8Quads = s8Form{group: 4, whole: 4, bytes: 1, lanes: 16, wide: 64, offset: 128}
	// s8Pairs is what AVX2 multiplies: int16, two at a time.
	s8Pairs = s8Form{group: 2, whole: 2, bytes: 2, lanes: 8, wide: 16}
)

// s8FormNow returns the form in which operands are prepared.
func s8FormNow() *s8Form {
	switch {
	case !useAVX2:
		return &s8Words
	case useAVX512 && useVNNI:
		return &s8Quads
	}
	return &s8Pairs
}

// tileRows returns how many rows a tile has at most that is as wide as a panel.
func (f *s8Form) tileRows(width int) int {
	if f == &s8Quads {
		return [...]int{12, 12, 8, 6}[width/16-1]
	}
	return [...]int{12, 6}[width/8-1]
}

// copy copies lines of n int8, which are srcStep apart, as elements of a left operand, dstStep bytes apart.
func (f *s8Form) copy(dst []byte, dstStep int, src []int8, srcStep, n, lines int) {
	if n == 0 || lines == 0 {
		return
	}
	_, _ = dst[(lines-1)*dstStep+n*f.bytes-1], src[(lines-1)*srcStep+n-1]
	switch f {
	case &s8Quads:
		s8FlipAVX512(&dst[0], dstStep, &src[0], srcStep, n, lines)
	case &s8Pairs:
		s8WidenAVX2(&dst[0], dstStep, &src[0], srcStep, n, lines)
	default:
		copyLines(dst, dstStep, view[byte](src), srcStep, n, lines)
	}
}

// totals stores sums of rows of n elements, which are step bytes apart, each times a number.
func (f *s8Form) totals(dst []int32, rows []byte, step, n int, by int32) {
	_ = rows[(len(dst)-1)*step+n-1]
	s8TotalsVNNI(&dst[0], &rows[0], step, n, len(dst), by)
}

func (c *s8TileCall) run(f *s8Form, width int) {
	call := (*byte)(unsafe.Pointer(c))
	switch {
	case f == &s8Pairs && width == 8:
		s8Tiles8AVX2(call)
	case f == &s8Pairs:
		s8Tiles16AVX2(call)
	case width == 16:
		s8Tiles16VNNI(call)
	case width == 32:
		s8Tiles32VNNI(call)
	case width == 48:
		s8Tiles48VNNI(call)
	default:
		s8Tiles64VNNI(call)
	}
}
