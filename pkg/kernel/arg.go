package kernel

import "slices"

// ArgMax stores the index of the greatest element along axis, the first of equal ones. A NaN is chosen only among NaNs.
func ArgMax[T Number, I Index](dst []I, src []T, shape []int, axis int) {
	if !f32Arg(dst, src, shape, axis, MaxOf) {
		arg(dst, src, shape, axis, func(x, best T) bool { return x > best })
	}
}

// ArgMin stores the index of the least element along axis, the first of equal ones. A NaN is chosen only among NaNs.
func ArgMin[T Number, I Index](dst []I, src []T, shape []int, axis int) {
	if !f32Arg(dst, src, shape, axis, MinOf) {
		arg(dst, src, shape, axis, func(x, best T) bool { return x < best })
	}
}

// f32Arg looks for extrema of float32 along lines that follow each other, and then for where they are. It reports whether the operands are such, and long enough to gain.
func f32Arg[T Number, I Index](dst []I, src []T, shape []int, axis int, fold Fold) bool {
	const least = 8
	x, ok := any(src).([]float32)
	n := shape[axis]
	if !ok || n < least || elements(shape[axis+1:]) != 1 {
		return false
	}
	for i := range dst {
		line := x[i*n:][:n]
		lo, best, _ := f32MinMax(line)
		if fold == MinOf {
			best = lo
		}
		dst[i] = I(max(0, slices.Index(line, best))) // without a number none is the extremum
	}
	return true
}

func arg[T Number, I Index](dst []I, src []T, shape []int, axis int, better func(x, best T) bool) {
	inner := elements(shape[axis+1:])
	n := shape[axis]
	for i := range dst {
		at := i/inner*n*inner + i%inner
		best, index := src[at], 0
		for k := 1; k < n; k++ {
			at += inner
			if x := src[at]; better(x, best) || best != best && x == x {
				best, index = x, k
			}
		}
		dst[i] = I(index)
	}
}

// TopK stores the k greatest elements of every row of n, greatest first, and their indices in the row; of equal elements the
// one with the lower index comes first. NaNs come last.
func TopK[T Number, I Index](values []T, indices []I, src []T, n, k int) {
	if k == 0 {
		return
	}
	for ; len(src) > 0; src = src[n:] {
		heap, row := indices[:k], src[:n]
		for i := range heap {
			heap[i] = I(i)
		}
		// The worst of the k stands at the heap's root.
		for i := k/2 - 1; i >= 0; i-- {
			sink(heap, row, i)
		}
		for i := k; i < n; i++ {
			if before(row, I(i), heap[0]) {
				heap[0] = I(i)
				sink(heap, row, 0)
			}
		}
		for end := k - 1; end > 0; end-- {
			heap[0], heap[end] = heap[end], heap[0]
			sink(heap[:end], row, 0)
		}
		for i, at := range heap {
			values[i] = row[at]
		}
		values, indices = values[k:], indices[k:]
	}
}

// before reports whether element a of row ranks higher than element b.
func before[T Number, I Index](row []T, a, b I) bool {
	x, y := row[a], row[b]
	if (x != x) != (y != y) {
		return y != y
	}
	if x != y && x == x {
		return x > y
	}
	return a < b
}

func sink[T Number, I Index](heap []I, row []T, i int) {
	for {
		worst := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if before(row, heap[worst], heap[child]) {
				worst = child
			}
		}
		if worst == i {
			return
		}
		heap[i], heap[worst] = heap[worst], heap[i]
		i = worst
	}
}
