package kernel

import (
	"math"
	"slices"
	"unsafe"
)

// Fold says how a reduction joins numbers.
type Fold uint8

// The reductions. SumOf of nothing is 0, ProdOf 1, MeanOf 0, MaxOf the type's least value and MinOf its greatest.
const (
	SumOf Fold = iota
	MeanOf
	ProdOf
	MaxOf
	MinOf
)

// F32Reduce reduces src over the given axes; dst has the elements of the axes that remain. Sums, means and products are made in float64 and rounded once,
// in this order: where the last of the axes longer than 1 is reduced, runs along it (axes that lie behind each other and are both reduced or both kept count as
// one) are added up as by F32Sum, and the runs' results joined in ascending order; otherwise, and for products, numbers are joined one by
// one in ascending order. A NaN makes its result NaN.
func F32Reduce(dst, src []float32, shape, axes []int, fold Fold) {
	if n := inner(shape, axes); n > 1 && fold != ProdOf {
		f32ReduceLines(dst, src, n, fold)
		return
	}
	if rows, n := middle(shape, axes); rows > 1 && fold != ProdOf {
		f32ReduceRows(dst, src, rows, n, fold)
		return
	}
	first := [...]float64{ProdOf: 1, MaxOf: math.Inf(-1), MinOf: math.Inf(1)}[fold]
	reduce(dst, src, shape, axes, fold, first, f32Run)
}

// inner returns how many elements each result is made of if they follow each other, or 0: the axes that are reduced are behind all others, those of size 1 apart.
func inner(shape, axes []int) int {
	n, kept := 1, false
	for i, size := range slices.Backward(shape) {
		switch {
		case size == 1:
		case !slices.Contains(axes, i):
			kept = true
		case kept:
			return 0
		default:
			n *= size
		}
	}
	return n
}

// f32SumLines is F32Reduce for sums and means of n elements that follow each other.
func f32SumLines(dst, src []float32, n int, fold Fold) {
	count := 1.0
	if fold == MeanOf {
		count = float64(n)
	}
	var sums [reduceBlock]float64
	for len(dst) > 0 {
		lines := min(len(dst), reduceBlock)
		sumLines(sums[:lines], src, n)
		for i, s := range sums[:lines] {
			dst[i] = float32(s / count)
		}
		dst, src = dst[lines:], src[lines*n:]
	}
}

// middle returns how many rows of how many elements are joined if the axes that are reduced are behind each other, with others behind them; else rows is 0.
func middle(shape, axes []int) (rows, n int) {
	rows, n = 1, 1
	outer := false
	for i, size := range slices.Backward(shape) {
		switch reduced := slices.Contains(axes, i); {
		case size == 1:
		case !reduced && rows == 1:
			n *= size
		case !reduced:
			outer = true
		case n == 1 || outer:
			return 0, 0
		default:
			rows *= size
		}
	}
	return rows, n
}

// f32SumRows is F32Reduce for sums and means of groups of rows of n elements.
func f32SumRows(dst, src []float32, rows, n int, fold Fold) {
	const most = 16 // rows at a time, which stay in the cache while the next columns are added up
	count := 1.0
	if fold == MeanOf {
		count = float64(rows)
	}
	var sums [reduceBlock]float64
	for ; len(dst) > 0; dst, src = dst[n:], src[rows*n:] {
		for at := 0; at < n; at += reduceBlock {
			block := sums[:min(reduceBlock, n-at)]
			clear(block)
			for row := 0; row < rows; row += most {
				f32AddRows(block, src[row*n+at:], n, min(most, rows-row))
			}
			for i, s := range block {
				dst[at+i] = float32(s / count)
			}
		}
	}
}

// f32AddRows adds rows that start step elements apart to sums, in ascending order.
func f32AddRows(sums []float64, x []float32, step, rows int) {
	n := addRows(sums, x, step, rows)
	for k := 0; k < rows && n < len(sums); k++ {
		foldRows(sums[n:], x[k*step+n:], SumOf)
	}
}

// sumLinesGeneric stores the sums of lines of n elements.
func sumLinesGeneric(sums []float64, x []float32, n int) {
	for i := range sums {
		sums[i] = F32Sum(x[i*n:][:n])
	}
}

// Reduce reduces integers over the given axes; dst has the elements of the axes that remain. Sums and products are made in int64 and wrap. MeanOf rounds towards zero.
func Reduce[T Integer](dst, src []T, shape, axes []int, fold Fold) {
	lo, hi := limits[T]()
	first := [...]int64{ProdOf: 1, MaxOf: int64(lo), MinOf: int64(hi)}[fold]
	reduce(dst, src, shape, axes, fold, first, foldRun)
}

// Any stores for each remaining index whether one of src's elements is true.
func Any(dst, src []bool, shape, axes []int) {
	Reduce(boolBytes(dst), boolBytes(src), shape, axes, MaxOf)
}

// All stores for each remaining index whether all of src's elements are true.
func All(dst, src []bool, shape, axes []int) {
	Fill(boolBytes(dst), []byte{1})
	if len(src) > 0 {
		Reduce(boolBytes(dst), boolBytes(src), shape, axes, MinOf)
	}
}

// run joins a run of numbers into an accumulator.
type run[T, A any] func(acc A, x []T, fold Fold) A

func f32Run(acc float64, x []float32, fold Fold) float64 {
	if fold <= MeanOf {
		return acc + F32Sum(x)
	}
	return foldRun(acc, x, fold)
}

func foldRun[T Number, A int64 | float64](acc A, x []T, fold Fold) A {
	switch fold {
	case SumOf, MeanOf:
		for _, v := range x {
			acc += A(v)
		}
	case ProdOf:
		for _, v := range x {
			acc *= A(v)
		}
	case MaxOf:
		for _, v := range x {
			acc = more(acc, A(v))
		}
	case MinOf:
		for _, v := range x {
			acc = less(acc, A(v))
		}
	}
	return acc
}

// foldRows joins x[i] into acc[i].
func foldRows[T Number, A int64 | float64](acc []A, x []T, fold Fold) {
	x = x[:len(acc)]
	switch fold {
	case SumOf, MeanOf:
		n := 0
		if f, ok := any(x).([]float32); ok {
			n = addRows(any(acc).([]float64), f, 0, 1)
		}
		acc := acc[n:]
		for i, v := range x[n:] {
			acc[i] += A(v)
		}
	case ProdOf:
		for i, v := range x {
			acc[i] *= A(v)
		}
	case MaxOf:
		for i, v := range x {
			acc[i] = more(acc[i], A(v))
		}
	case MinOf:
		for i, v := range x {
			acc[i] = less(acc[i], A(v))
		}
	}
}

// more returns the greater of both, or a NaN if one is.
func more[A int64 | float64](a, b A) A {
	if a > b || a != a {
		return a
	}
	return b
}

// less returns the lesser of both, or a NaN if one is.
func less[A int64 | float64](a, b A) A {
	if a < b || a != a {
		return a
	}
	return b
}

// nest is a loop nest over some axes of a tensor: sizes and steps from the outermost to the innermost.
type nest struct {
	rank       int
	size, step dims
}

// axis adds an axis inside the others, merged with the one before if it continues it.
func (n *nest) axis(size, step int) {
	if r := n.rank - 1; r >= 0 && n.step[r] == size*step {
		n.size[r], n.step[r] = n.size[r]*size, step
		return
	}
	n.size[n.rank], n.step[n.rank] = size, step
	n.rank++
}

// next advances an index over the outermost rank axes and returns the offset it leads to, and false at the end.
func (n *nest) next(index *dims, rank, at int) (int, bool) {
	for axis := rank - 1; axis >= 0; axis-- {
		index[axis]++
		at += n.step[axis]
		if index[axis] < n.size[axis] {
			return at, true
		}
		at -= index[axis] * n.step[axis]
		index[axis] = 0
	}
	return at, false
}

// reduceBlock is how many results are accumulated side by side.
const reduceBlock = 256

func reduce[T Number, A int64 | float64](dst, src []T, shape, axes []int, fold Fold, first A, runs run[T, A]) {
	if len(dst) == 0 {
		return
	}
	var reduced [MaxRank]bool
	for _, axis := range axes {
		reduced[axis] = true
	}
	var kept, folded nest
	step := strides(shape)
	count, last := 1, true
	for i, n := range shape {
		if n == 1 {
			continue
		}
		if reduced[i] {
			count *= n
			folded.axis(n, step[i])
		} else {
			kept.axis(n, step[i])
		}
		last = reduced[i]
	}
	if len(src) == 0 {
		for i := range dst {
			dst[i] = T(first)
		}
		return
	}
	width, keptOuter := 1, kept.rank // results along the innermost axis, if it is kept
	n, foldedOuter := 1, folded.rank // numbers of a run along the innermost axis, if it is reduced
	switch {
	case last && folded.rank > 0:
		foldedOuter--
		n = folded.size[foldedOuter]
	case kept.rank > 0:
		keptOuter--
		width = kept.size[keptOuter]
	}
	var acc [reduceBlock]A
	var outer dims
	base, more := 0, true
	for more {
		for at := 0; at < width; at += reduceBlock {
			block := acc[:min(reduceBlock, width-at)]
			for i := range block {
				block[i] = first
			}
			var inner dims
			from, rest := base+at, true
			for rest {
				if width > 1 {
					foldRows(block, src[from:], fold)
				} else {
					block[0] = runs(block[0], src[from:from+n], fold)
				}
				from, rest = folded.next(&inner, foldedOuter, from)
			}
			for i, a := range block {
				if fold == MeanOf {
					a /= A(count)
				}
				dst[i] = T(a)
			}
			dst = dst[len(block):]
		}
		base, more = kept.next(&outer, keptOuter, base)
	}
}

func boolBytes(b []bool) []byte {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&b[0])), len(b))
}
