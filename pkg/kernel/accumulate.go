package kernel

// CumSum stores running sums along axis, each number added to the sum before it. An exclusive sum does not contain its own
// element; a reverse one runs from the end. Integers wrap.
func CumSum[T Number](dst, src []T, shape []int, axis int, exclusive, reverse bool) {
	inner := elements(shape[axis+1:])
	n := shape[axis]
	step, first := inner, 0
	if reverse {
		step, first = -inner, (n-1)*inner
	}
	for outer := 0; outer < len(src); outer += n * inner {
		for i := range inner {
			at := outer + first + i
			var sum T
			for range n {
				x := src[at]
				if exclusive {
					dst[at] = sum
					sum += x
				} else {
					sum += x
					dst[at] = sum
				}
				at += step
			}
		}
	}
}

// Segment joins the rows of src that have the same id, in order, into the row of dst with that number. Rows with negative ids are dropped.
// Rows of dst without any have first in them. MeanOf is not supported. len(dst) is a multiple of the number n of elements of a row, and all ids are below len(dst)/n.
//
// SEGMENT_SUM and UNSORTED_SEGMENT_SUM fold with SumOf from 0, UNSORTED_SEGMENT_PROD from 1, UNSORTED_SEGMENT_MAX from the type's least finite value
// and UNSORTED_SEGMENT_MIN from its greatest.
func Segment[T Number, I Index](dst, src []T, ids []I, n int, fold Fold, first T) {
	for i := range dst {
		dst[i] = first
	}
	for i, id := range ids {
		if id < 0 {
			continue
		}
		out := dst[int(id)*n : (int(id)+1)*n]
		in := src[i*n : (i+1)*n]
		switch fold {
		case ProdOf:
			Mul(out, out, in)
		case MaxOf:
			Maximum(out, out, in)
		case MinOf:
			Minimum(out, out, in)
		default:
			Add(out, out, in)
		}
	}
}
