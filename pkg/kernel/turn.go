package kernel

import "math"

// Turn returns the cosine and the sine of m/n of a full turn, to about 2^-45. n must be positive.
func Turn(m, n int) (cos, sin float64) {
	m %= n
	if m < 0 {
		m += n
	}
	// To the nearest quarter q, |r| ≤ π/4 is left.
	q := (4*m + n/2) / n
	r := float64(4*m-q*n) / float64(n) * (math.Pi / 2)
	c, s := cos64(r), sin64(r)
	switch q & 3 {
	case 0:
		return c, s
	case 1:
		return -s, c
	case 2:
		return -c, -s
	}
	return s, -c
}

// ToComplex stores real numbers as complex ones.
func ToComplex(dst []complex64, src []float32) {
	for i, x := range src[:len(dst)] {
		dst[i] = complex(x, 0)
	}
}

// MulComplex64 is a Row: x·y.
func MulComplex64(dst, a, b []complex64) {
	stretch(dst, a, b, func(x, y complex64) complex64 {
		re := float32(real(x)*real(y)) - float32(imag(x)*imag(y))
		im := float32(real(x)*imag(y)) + float32(imag(x)*real(y))
		return complex(re, im)
	})
}

// Bucketize stores for each number how many of the rising bounds are not above it.
func Bucketize[T Number](dst []int32, src []T, bounds []float32) {
	for i, x := range src[:len(dst)] {
		lo, hi := 0, len(bounds)
		for lo < hi {
			if mid := (lo + hi) / 2; float64(bounds[mid]) > float64(x) {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		dst[i] = int32(lo)
	}
}
