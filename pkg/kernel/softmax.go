package kernel

import "math"

// F32Softmax computes exp(beta*(x - m)) / Σ exp(beta*(x - m)) over rows of n elements, m being a row's greatest: the sum is made by F32Sum
// and rounded to float32. A NaN or +Inf makes its row NaN. dst may be src.
func F32Softmax(dst, src []float32, n int, beta float32) {
	if n <= shortRow && len(src) > n {
		shortSoftmax(dst, src, n, beta)
		return
	}
	for at := 0; at < len(src); at += n {
		in, out := src[at:at+n], dst[at:at+n]
		var s lanes
		s.takeExp(out, in, rowTop(in), beta)
		Div(out, out, []float32{float32(s.fold())})
	}
}

// F32LogSoftmax computes x - m - log Σ exp(x - m) over rows of n elements, m being a row's greatest: the sum is made as by F32Softmax. A NaN or +Inf
// makes its row NaN. dst may be src.
func F32LogSoftmax(dst, src []float32, n int) {
	if n <= shortRow && len(src) > n {
		shortLogSoftmax(dst, src, n)
		return
	}
	for at := 0; at < len(src); at += n {
		in, out := src[at:at+n], dst[at:at+n]
		top := rowTop(in)
		log := F32Log(float32(expSum(in, top)))
		Sub(out, in, []float32{top})
		Sub(out, out, []float32{log})
	}
}

const (
	shortRow  = 256 // elements of a row that is computed with others
	shortRows = 128 // of them at most
)

// shortSoftmax is F32Softmax that takes each step for many rows.
func shortSoftmax(dst, src []float32, n int, beta float32) {
	memory := spreads.Get().(*[clampRun + channelBlock]float32)
	defer spreads.Put(memory)
	var factors [shortRows]float32
	for len(src) > 0 {
		rows := min(len(src)/n, shortRows, clampRun/n)
		in, out, of := src[:rows*n], dst[:rows*n], memory[:rows*n]
		extremes(factors[:rows], in, n, MaxOf)
		dst, src = dst[rows*n:], src[rows*n:]
		if softmaxLines(out, in, n, factors[:rows], beta) {
			continue
		}
		spreadLines(memory[:], factors[:rows], 1, n, rows)
		Sub(out, in, of)
		if beta != 1 {
			Mul(out, out, []float32{beta})
		}
		F32MapExp(out, out)
		sumRows(factors[:rows], out, n)
		spreadLines(memory[:], factors[:rows], 1, n, rows)
		Div(out, out, of)
	}
}

// shortLogSoftmax is F32LogSoftmax that takes each step for many rows.
func shortLogSoftmax(dst, src []float32, n int) {
	memory := spreads.Get().(*[clampRun + channelBlock]float32)
	defer spreads.Put(memory)
	var terms [shortRows]float32
	for len(src) > 0 {
		rows := min(len(src)/n, shortRows, clampRun/n)
		in, out, of := src[:rows*n], dst[:rows*n], memory[:rows*n]
		extremes(terms[:rows], in, n, MaxOf)
		spreadLines(memory[:], terms[:rows], 1, n, rows)
		Sub(out, in, of)
		F32MapExp(of, out)
		sumRows(terms[:rows], of, n)
		F32MapLog(terms[:rows], terms[:rows])
		spreadLines(memory[:], terms[:rows], 1, n, rows)
		Sub(out, out, of)
		dst, src = dst[rows*n:], src[rows*n:]
	}
}

// sumRows stores the sums of rows of n elements, made by F32Sum and rounded.
func sumRows(dst, x []float32, n int) {
	var sums [shortRows]float64
	sumLines(sums[:len(dst)], x, n)
	for i, s := range sums[:len(dst)] {
		dst[i] = float32(s)
	}
}

// rowTop returns the greatest number, a zero of either sign; NaN if there is one among them.
func rowTop(x []float32) float32 {
	_, top, isNaN := f32MinMax(x)
	if isNaN {
		return float32(math.NaN())
	}
	return top
}

// expSum returns the sum of exp(x - top) in the order of F32Sum.
func expSum(x []float32, top float32) float64 {
	var s lanes
	var e [256]float32 // a multiple of eight, so that elements keep their lanes
	for len(x) > 0 {
		n := min(len(x), len(e))
		s.takeExp(e[:n], x[:n], top, 1)
		x = x[n:]
	}
	return s.fold()
}

// takeExp stores exp(beta*(x - top)) of src in dst, which may be src, and adds the results to the sums, the first one to lane 0.
func (s *lanes) takeExp(dst, src []float32, top, beta float32) {
	if vectorSoftmax(s, dst, src, top, beta) {
		return
	}
	Sub(dst, src, []float32{top})
	Mul(dst, dst, []float32{beta})
	F32MapExp(dst, dst)
	s.take(dst)
}
