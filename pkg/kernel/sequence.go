package kernel

// ReverseSequence turns the first lengths[b] elements along seqAxis around in every slice b along batchAxis.
func ReverseSequence[I Index](dst, src []byte, size int, shape []int, lengths []I, seqAxis, batchAxis int) {
	step := strides(shape)
	for b, length := range lengths {
		turned := min(max(int(length), 0), shape[seqAxis])
		for _, part := range [2]struct{ at, n, by, from int }{
			{0, turned, -1, turned - 1},
			{turned, shape[seqAxis] - turned, 1, turned},
		} {
			var s strided
			for i, n := range shape {
				switch i {
				case batchAxis:
				case seqAxis:
					s.axis(part.n, step[i], part.by*step[i])
				default:
					s.axis(n, step[i], step[i])
				}
			}
			base := b * step[batchAxis]
			s.copy(dst, src, size, base+part.at*step[seqAxis], base+part.from*step[seqAxis])
		}
	}
}

// FillRange stores start, start + delta, … in dst, each number computed from the one before it.
func FillRange[T Number](dst []T, start, delta T) {
	for i := range dst {
		dst[i] = start
		start += delta
	}
}

// OneHot stores, for every outer index i, position j < depth and inner index k, on where indices[i, k] is j, else off. indices has
// len(indices)/inner outer indices.
func OneHot[I Index](dst []byte, size int, indices []I, inner, depth int, on, off []byte) {
	Fill(dst, off)
	for i, j := range indices {
		if j < 0 || int(j) >= depth {
			continue
		}
		at := ((i/inner*depth+int(j))*inner + i%inner) * size
		copy(dst[at:at+size], on)
	}
}

// Unique stores src's distinct elements in values, in the order of their first appearance, and for every element its place
// among them in places. It returns how many there are; values has room for len(src). Every NaN is distinct.
func Unique[T Number, I Index](values []T, places []I, src []T) int {
	at := make(map[T]int, len(src))
	n := 0
	for i, x := range src {
		k, ok := at[x]
		if !ok {
			k = n
			at[x] = k
			values[k] = x
			n++
		}
		places[i] = I(k)
	}
	return n
}
