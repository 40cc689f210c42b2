package kernel

import "math"

// F32RFFT2D transforms real images of inH x inW, cut or padded with zeros to h x w, into the first w/2 + 1 columns of their spectra. h and w are powers of two. It computes in float64 and
// rounds the results; scratch has RFFT2DScratch(h, w) elements.
func F32RFFT2D(dst []complex64, src []float32, inH, inW, h, w int, scratch []float64) {
	re, scratch := scratch[:h*w], scratch[h*w:]
	im, scratch := scratch[:h*w], scratch[h*w:]
	n := max(h, w)
	cos, sin := scratch[:n], scratch[n:2*n]
	out := w/2 + 1
	for len(dst) > 0 {
		clear(re)
		clear(im)
		for y := range min(h, inH) {
			for x := range min(w, inW) {
				re[y*w+x] = float64(src[y*inW+x])
			}
		}
		roots(cos[:w], sin[:w])
		for y := range h {
			fft(re[y*w:], im[y*w:], w, 1, cos, sin)
		}
		roots(cos[:h], sin[:h])
		for x := range out {
			fft(re[x:], im[x:], h, w, cos, sin)
		}
		for y := range h {
			for x := range out {
				dst[y*out+x] = complex(float32(re[y*w+x]), float32(im[y*w+x]))
			}
		}
		dst, src = dst[h*out:], src[inH*inW:]
	}
}

// RFFT2DScratch returns how many float64 F32RFFT2D needs.
func RFFT2DScratch(h, w int) int { return 2*h*w + 2*max(h, w) }

// roots stores the n-th roots of unity exp(-2πik/n), by halving angles: no function of a library is involved.
func roots(cos, sin []float64) {
	n := len(cos)
	cos[0], sin[0] = 1, 0
	if n == 1 {
		return
	}
	cos[n/2], sin[n/2] = -1, 0
	// c, s: the angle of step indices. Every round halves it and fills in the odd multiples of the half.
	c, s := -1.0, 0.0
	for step := n / 4; step > 0; step /= 2 {
		c, s = math.Sqrt((1+c)/2), -math.Sqrt((1-c)/2)
		for k := step; k < n; k += 2 * step {
			a, b := cos[k-step], sin[k-step]
			cos[k] = float64(a*c) - float64(b*s)
			sin[k] = float64(a*s) + float64(b*c)
		}
	}
}

// fft transforms n numbers that lie stride apart, in place: radix 2, decimation in time.
func fft(re, im []float64, n, stride int, cos, sin []float64) {
	for i, j := 0, 0; i < n; i++ {
		if i < j {
			a, b := i*stride, j*stride
			re[a], re[b] = re[b], re[a]
			im[a], im[b] = im[b], im[a]
		}
		// j counts in reversed bits.
		bit := n / 2
		for ; bit > 0 && j&bit != 0; bit /= 2 {
			j ^= bit
		}
		j |= bit
	}
	for half := 1; half < n; half *= 2 {
		turn := n / (2 * half)
		for start := 0; start < n; start += 2 * half {
			for k := range half {
				c, s := cos[k*turn], sin[k*turn]
				a, b := (start+k)*stride, (start+k+half)*stride
				tr := float64(re[b]*c) - float64(im[b]*s)
				ti := float64(re[b]*s) + float64(im[b]*c)
				re[b], im[b] = re[a]-tr, im[a]-ti
				re[a], im[a] = re[a]+tr, im[a]+ti
			}
		}
	}
}

// Real stores the real parts.
func Real(dst []float32, src []complex64) {
	for i, x := range src[:len(dst)] {
		dst[i] = real(x)
	}
}

// Imag stores the imaginary parts.
func Imag(dst []float32, src []complex64) {
	for i, x := range src[:len(dst)] {
		dst[i] = imag(x)
	}
}

// ComplexAbs stores the absolute values, computed in float64 and rounded once. An infinite part makes the value infinite.
func ComplexAbs(dst []float32, src []complex64) {
	for i, x := range src[:len(dst)] {
		re, im := float64(real(x)), float64(imag(x))
		if math.IsInf(re, 0) || math.IsInf(im, 0) {
			dst[i] = float32(math.Inf(1))
			continue
		}
		dst[i] = float32(math.Sqrt(float64(re*re) + float64(im*im)))
	}
}
