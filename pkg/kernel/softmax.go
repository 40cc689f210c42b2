package kernel

import "math"

// F32Softmax computes exp(beta*(x - m)) / Σ exp(beta*(x - m)) over rows of n elements, m being a row's greatest: the sum is made by F32Sum
// and rounded to float32. A NaN or +Inf makes its row NaN. dst may be src.
func F32Softmax(dst, src []float32, n int, beta float32) {
	for at := 0; at < len(src); at += n {
		in, out := src[at:at+n], dst[at:at+n]
		_, top, isNaN := f32MinMax(in) // a zero of either sign will do
		if isNaN {
			top = float32(math.NaN())
		}
		Sub(out, in, []float32{top})
		if beta != 1 {
			Mul(out, out, []float32{beta})
		}
		F32MapExp(out, out)
		Div(out, out, []float32{float32(F32Sum(out))})
	}
}

// F32LogSoftmax computes x - m - log Σ exp(x - m) over rows of n elements, m being a row's greatest: the sum is made as by F32Softmax. A NaN or +Inf
// makes its row NaN. dst may be src.
func F32LogSoftmax(dst, src []float32, n int) {
	for at := 0; at < len(src); at += n {
		in, out := src[at:at+n], dst[at:at+n]
		top := f32Max(in)
		var s lanes
		for i, x := range in {
			s[i%8] += float64(F32Exp(x - top))
		}
		log := F32Log(float32(s.fold()))
		for i, x := range in {
			out[i] = x - top - log
		}
	}
}

// f32Max returns the greatest number, NaN if there is one among them.
func f32Max(x []float32) float32 {
	top := x[0]
	for _, v := range x {
		if v > top || v != v {
			top = v
		}
		if top != top {
			break
		}
	}
	return top
}
