package kernel

import "math"

// F32L2Normalize divides rows of n elements by their Euclidean norms, but at least by 1e-6: the sum of squares is F32SumSquares, its root rounded
// to float32. dst may be src.
func F32L2Normalize(dst, src []float32, n int) {
	for at := 0; at < len(src); at += n {
		in, out := src[at:at+n], dst[at:at+n]
		norm := float32(math.Sqrt(F32SumSquares(in)))
		if norm < 1e-6 {
			norm = 1e-6
		}
		for i, x := range in {
			out[i] = x / norm
		}
	}
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
