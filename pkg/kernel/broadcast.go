package kernel

import "slices"

// MaxRank is the highest rank that kernels take.
const MaxRank = 8

// dims holds a shape, steps or an index without an allocation.
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

// walk steps through the result to which up to three operands broadcast: its axes from the outermost to the innermost, with the size of each and
// for every operand the step from one index to the next, 0 where the operand is repeated. Axes of size 1 are left out, and axes
// through which all operands step alike are merged. Along the innermost axis every step is 0 or 1.
type walk struct {
	rank int
	size dims
	step [3]dims
}

// broadcast returns the walk over the broadcast of the given shapes.
func broadcast(shapes ...[]int) (p walk) {
	if len(shapes) == 2 && slices.Equal(shapes[0], shapes[1]) {
		if n := elements(shapes[0]); n != 1 {
			p.rank, p.size[0], p.step[0][0], p.step[1][0] = 1, n, 1, 1
		}
		return p
	}
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	inner := [3]int{1, 1, 1} // elements of each operand below the axis
	for i := range rank {    // from the innermost axis outwards
		n := 1
		var step [3]int
		for k, s := range shapes {
			d := 1
			if j := len(s) - 1 - i; j >= 0 {
				d = s[j]
			}
			if d != 1 {
				n, step[k] = d, inner[k]
				inner[k] *= d
			}
		}
		if n == 1 {
			continue
		}
		merged := p.rank > 0
		for k := range shapes {
			merged = merged && step[k] == p.step[k][p.rank-1]*p.size[p.rank-1]
		}
		if merged {
			p.size[p.rank-1] *= n
			continue
		}
		p.size[p.rank] = n
		for k := range shapes {
			p.step[k][p.rank] = step[k]
		}
		p.rank++
	}
	for i, j := 0, p.rank-1; i < j; i, j = i+1, j-1 {
		p.size[i], p.size[j] = p.size[j], p.size[i]
		for k := range p.step {
			p.step[k][i], p.step[k][j] = p.step[k][j], p.step[k][i]
		}
	}
	return p
}

// run returns the length of the innermost axis, and how many elements of each operand it takes: that many, or 1.
func (p *walk) run() (n int, width [3]int) {
	if p.rank == 0 {
		return 1, [3]int{1, 1, 1}
	}
	n = p.size[p.rank-1]
	for k := range width {
		width[k] = 1 + p.step[k][p.rank-1]*(n-1)
	}
	return n, width
}

// lines is run for two operands, where a run may be several lines of the innermost axis: if one operand repeats its line along the axis before, it takes that line
// alone. It merges the two axes then.
func (p *walk) lines() (n int, width [3]int) {
	r := p.rank
	if r < 2 || p.size[r-1] > maxLine {
		return p.run()
	}
	n = p.size[r-1]
	for k := range 2 {
		if p.step[k][r-1] == 0 || p.step[k][r-2] != n && p.step[k][r-2] != 0 {
			return p.run()
		}
		width[k] = n
		if p.step[k][r-2] != 0 {
			width[k] *= p.size[r-2]
		}
	}
	p.rank--
	p.size[r-2] *= n
	return p.size[r-2], width
}

// each is lines for the other way to repeat: it returns which operand has one element for each line of the innermost axis, or -1. The other operand has all
// elements, or one line.
func (p *walk) each() int {
	r := p.rank
	if r < 2 || p.size[r-1] > maxLine {
		return -1
	}
	for k := range 2 {
		other := p.step[1-k]
		if p.step[k][r-1] == 0 && p.step[k][r-2] != 0 && (other[r-2] == 0 || other[r-2] == p.size[r-1]) {
			return k
		}
	}
	return -1
}

// maxLine is the length of lines that are worth merging.
const maxLine = 1024

// next steps to the next run: it advances the index over all axes but the innermost, and the operands' offsets with it.
func (p *walk) next(index *dims, at *[3]int) {
	for axis := p.rank - 2; axis >= 0; axis-- {
		index[axis]++
		wrapped := index[axis] == p.size[axis]
		for k := range at {
			at[k] += p.step[k][axis]
			if wrapped {
				at[k] -= p.step[k][axis] * p.size[axis]
			}
		}
		if !wrapped {
			return
		}
		index[axis] = 0
	}
}

// Row computes one run of a binary operator: dst[i] from a[i] and b[i]. One operand may be shorter, and is repeated: it has one element, or a line whose length divides
// the run's.
type Row[T, R any] func(dst []R, a, b []T)

// isRow reports whether a broadcast result is one call of a Row.
func isRow[T, R any](dst []R, a, b []T) bool {
	n := len(dst)
	return n > 0 && (len(a) == n || len(a) == 1) && (len(b) == n || len(b) == 1)
}

// Binary computes a binary operator with NumPy's broadcasting. dst has the elements of the broadcast shape, and may be an operand that has its shape.
// Shapes have at most MaxRank dimensions and must broadcast.
func Binary[T, R any](dst []R, a []T, aShape []int, b []T, bShape []int, row Row[T, R]) {
	if isRow(dst, a, b) {
		row(dst, a, b)
		return
	}
	p := broadcast(aShape, bShape)
	n, width := p.lines()
	var index dims
	var at [3]int
	for i := 0; i < len(dst); i += n {
		row(dst[i:i+n], a[at[0]:at[0]+width[0]], b[at[1]:at[1]+width[1]])
		p.next(&index, &at)
	}
}
