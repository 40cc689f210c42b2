package kernel

import "unsafe"

// maxAxes bounds the axes of a strided copy: twice MaxRank, for operators that split every axis in two.
const maxAxes = 2 * MaxRank

// strided describes a copy between two memories: nested axes from the outermost to the innermost, each with a size and the
// steps, in elements, by which the copy advances in the destination and in the source. Source steps may be zero or negative.
// It is what all movement of data in this package comes down to.
type strided struct {
	rank           int
	empty          bool
	size, to, from [maxAxes]int
}

// axis adds an axis inside the ones added so far. Axes of size 1 are dropped and axes that continue each other merged.
func (s *strided) axis(size, to, from int) {
	if size == 0 {
		s.empty = true
	}
	if size == 1 {
		return
	}
	if r := s.rank - 1; r >= 0 && s.to[r] == size*to && s.from[r] == size*from {
		s.size[r], s.to[r], s.from[r] = s.size[r]*size, to, from
		return
	}
	s.size[s.rank], s.to[s.rank], s.from[s.rank] = size, to, from
	s.rank++
}

// copy performs the copy for elements of size bytes, starting at element to of dst and element from of src.
func (s *strided) copy(dst, src []byte, size, to, from int) {
	if s.empty {
		return
	}
	// The unit of the loops is the widest word that divides an element; an element of several words is one more axis.
	unit := min(size&-size, 8)
	if words := size / unit; words > 1 {
		for i := range s.rank {
			s.to[i] *= words
			s.from[i] *= words
		}
		to *= words
		from *= words
		s.axis(words, 1, 1)
	}
	switch unit {
	case 1:
		move(s, dst, src, to, from)
	case 2:
		move(s, words[uint16](dst), words[uint16](src), to, from)
	case 4:
		move(s, words[uint32](dst), words[uint32](src), to, from)
	default:
		move(s, words[uint64](dst), words[uint64](src), to, from)
	}
}

// words returns b as words of T, shared. b must be aligned to T.
func words[T any](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(*new(T))))
}

func move[T any](s *strided, dst, src []T, to, from int) {
	if s.rank == 0 {
		dst[to] = src[from]
		return
	}
	last := s.rank - 1
	outer := last // the axes outside what is moved at once
	lines := last > 0 && s.to[last] == 1 && s.from[last] == 1 && s.to[last-1] > 0 && s.from[last-1] >= 0
	if lines || last > 0 && s.from[last] != 1 && s.from[last-1] == 1 {
		outer = last - 1
	}
	var index [maxAxes]int
	for {
		switch {
		case lines:
			moveLines(dst[to:], src[from:], s.to[last-1], s.from[last-1], s.size[last], s.size[last-1])
		case outer < last:
			moveTiles(s, dst, src, to, from)
		default:
			moveRun(dst[to:], src, from, s.size[last], s.to[last], s.from[last])
		}
		axis := outer - 1
		for ; axis >= 0; axis-- {
			index[axis]++
			to += s.to[axis]
			from += s.from[axis]
			if index[axis] < s.size[axis] {
				break
			}
			index[axis] = 0
			to -= s.to[axis] * s.size[axis]
			from -= s.from[axis] * s.size[axis]
		}
		if axis < 0 {
			return
		}
	}
}

// moveLines copies lines of n elements.
func moveLines[T any](dst, src []T, toStep, fromStep, n, lines int) {
	size := int(unsafe.Sizeof(*new(T)))
	copyLines(raw(dst), toStep*size, raw(src), fromStep*size, n*size, lines)
}

// raw returns the bytes of x, which is not empty.
func raw[T any](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), len(x)*int(unsafe.Sizeof(*new(T))))
}

// floats returns x, which is not empty, as float32, for what moves them and does not look at them.
func floats(x []uint32) []float32 { return unsafe.Slice((*float32)(unsafe.Pointer(&x[0])), len(x)) }

// moveRun copies n elements along one axis.
func moveRun[T any](dst, src []T, from, n, toStep, fromStep int) {
	switch {
	case toStep == 1 && fromStep == 1:
		copy(dst[:n], src[from:from+n])
	case toStep == 1 && fromStep == 0:
		x := src[from]
		for i := range dst[:n] {
			dst[i] = x
		}
	case toStep == 1:
		for i := range dst[:n] {
			dst[i] = src[from]
			from += fromStep
		}
	default:
		to := 0
		for range n {
			dst[to] = src[from]
			to += toStep
			from += fromStep
		}
	}
}

// moveTiles copies the two innermost axes in square tiles, so that neither side strides through memory for long: it is used where
// the source is contiguous along the outer of the two.
func moveTiles[T any](s *strided, dst, src []T, to, from int) {
	const tile = 16
	o, i := s.rank-2, s.rank-1
	if s.to[i] == 1 && s.to[o] > 0 && s.from[i] > 0 {
		switch d := any(dst).(type) {
		case []uint32:
			columns(floats(d[to:]), s.to[o], floats(any(src).([]uint32)[from:]), s.from[i], s.size[o], s.size[i])
			return
		case []byte:
			columns(d[to:], s.to[o], any(src).([]byte)[from:], s.from[i], s.size[o], s.size[i])
			return
		}
	}
	for y := 0; y < s.size[o]; y += tile {
		rows := min(tile, s.size[o]-y)
		for x := 0; x < s.size[i]; x += tile {
			cols := min(tile, s.size[i]-x)
			for r := y; r < y+rows; r++ {
				moveRun(dst[to+r*s.to[o]+x*s.to[i]:], src, from+r+x*s.from[i], cols, s.to[i], s.from[i])
			}
		}
	}
}
