package kernel

// MaxRank is the highest rank that kernels take.
const MaxRank = 8

// dims holds a shape, strides or an index without an allocation.
type dims [MaxRank]int

// elements returns the product of a shape's dimensions.
func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// strides returns the row-major strides of a shape.
func strides(shape []int) (s dims) {
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

// walk is an iteration over a broadcast result: rank axes from outermost to innermost with the size of each, and for every operand
// the distance between neighbours along it, 0 where the operand is repeated. Axes that all operands step through alike are merged.
type walk[S any] struct {
	rank   int
	size   dims
	stride S // [operands]dims
}

// pairs is the walk of two operands.
type pairs = walk[[2]dims]

// pair returns the walk over the result to which two shapes broadcast. The innermost axis, if there is one, has steps (1, 1), (1, 0) or (0, 1).
func pair(a, b []int) pairs {
	rank := max(len(a), len(b))
	var w pairs
	na, nb := 1, 1
	// Built from the innermost axis outwards, then turned around.
	for i := range rank {
		da, db := 1, 1
		if j := len(a) - 1 - i; j >= 0 {
			da = a[j]
		}
		if j := len(b) - 1 - i; j >= 0 {
			db = b[j]
		}
		n, sa, sb := da, na, nb
		if da == 1 {
			n, sa = db, 0
		}
		if db == 1 {
			sb = 0
		}
		na *= da
		nb *= db
		if n == 1 {
			continue
		}
		if r := w.rank - 1; r >= 0 && sa == w.stride[0][r]*w.size[r] && sb == w.stride[1][r]*w.size[r] {
			w.size[r] *= n
			continue
		}
		w.size[w.rank], w.stride[0][w.rank], w.stride[1][w.rank] = n, sa, sb
		w.rank++
	}
	for i, j := 0, w.rank-1; i < j; i, j = i+1, j-1 {
		w.size[i], w.size[j] = w.size[j], w.size[i]
		for k := range w.stride {
			w.stride[k][i], w.stride[k][j] = w.stride[k][j], w.stride[k][i]
		}
	}
	return w
}

// Row computes one run of a binary operator: dst[i] from a[i] and b[i]. An operand of length 1 is repeated.
type Row[T, R any] func(dst []R, a, b []T)

// Binary computes a binary operator with NumPy's broadcasting. dst has the elements of the broadcast shape, and may be a or b where that one is not repeated.
// Shapes have at most MaxRank dimensions and must broadcast.
func Binary[T, R any](dst []R, a []T, aShape []int, b []T, bShape []int, row Row[T, R]) {
	if len(dst) == 0 {
		return
	}
	w := pair(aShape, bShape)
	if w.rank == 0 {
		row(dst[:1], a[:1], b[:1])
		return
	}
	inner := w.rank - 1
	n := w.size[inner]
	la := 1 + w.stride[0][inner]*(n-1)
	lb := 1 + w.stride[1][inner]*(n-1)
	var index dims
	oa, ob := 0, 0
	for at := 0; at < len(dst); at += n {
		row(dst[at:at+n], a[oa:oa+la], b[ob:ob+lb])
		for axis := inner - 1; axis >= 0; axis-- {
			index[axis]++
			oa += w.stride[0][axis]
			ob += w.stride[1][axis]
			if index[axis] < w.size[axis] {
				break
			}
			index[axis] = 0
			oa -= w.stride[0][axis] * w.size[axis]
			ob -= w.stride[1][axis] * w.size[axis]
		}
	}
}
