package kernel

import "math"

// F32L2Normalize divides rows of n elements by their Euclidean norms, but at least by 1e-6: the sum of squares is F32SumSquares, its root rounded
// to float32. dst may be src.
func F32L2Normalize(dst, src []float32, n int) {
	if n > shortRow || len(src) == n {
		for at := 0; at < len(src); at += n {
			Div(dst[at:at+n], src[at:at+n], []float32{norm(src[at : at+n])})
		}
		return
	}
	memory := spreads.Get().(*[clampRun + channelBlock]float32)
	defer spreads.Put(memory)
	var norms [shortRows]float32
	for len(src) > 0 {
		rows := min(len(src)/n, shortRows, clampRun/n)
		for i := range norms[:rows] {
			norms[i] = norm(src[i*n:][:n])
		}
		spreadLines(memory[:], norms[:rows], 1, n, rows)
		Div(dst[:rows*n], src[:rows*n], memory[:rows*n])
		dst, src = dst[rows*n:], src[rows*n:]
	}
}

// norm returns the Euclidean norm of x, or 1e-6 if it is less.
func norm(x []float32) float32 {
	n := float32(math.Sqrt(F32SumSquares(x)))
	if n < 1e-6 {
		return 1e-6
	}
	return n
}

// F32LocalResponse divides every element of rows of n by (bias + alpha*s)^beta, s being the sum of squares over its neighbours at a
// distance of at most radius, itself included: F32SumSquares of that window, rounded to float32. dst must not overlap src.
func F32LocalResponse(dst, src []float32, n, radius int, bias, alpha, beta float32) {
	for at := 0; at < len(src); at += n {
		in, out := src[at:at+n], dst[at:at+n]
		for i, x := range in {
			s := float32(F32SumSquares(in[max(0, i-radius):min(n, i+radius+1)]))
			out[i] = x * F32Pow(bias+float32(alpha*s), -beta)
		}
	}
}
