package kernel

import (
	"math"
	"math/cmplx"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRFFT2D compares with the sum that defines the transform.
func TestRFFT2D(t *testing.T) {
	for _, c := range []struct{ inH, inW, h, w int }{{1, 1, 1, 1}, {1, 8, 1, 8}, {4, 4, 4, 4}, {3, 5, 8, 2}, {5, 3, 4, 16}, {8, 1, 8, 1}} {
		src := make([]float32, 2*c.inH*c.inW)
		for i := range src {
			src[i] = float32((i*7)%11) - 5
		}
		out := c.w/2 + 1
		dst := make([]complex64, 2*c.h*out)
		F32RFFT2D(dst, src, c.inH, c.inW, c.h, c.w, make([]float64, RFFT2DScratch(c.h, c.w)))
		for b := range 2 {
			for u := range c.h {
				for v := range out {
					var want complex128
					for y := range min(c.h, c.inH) {
						for x := range min(c.w, c.inW) {
							angle := -2 * math.Pi * (float64(u*y)/float64(c.h) + float64(v*x)/float64(c.w))
							want += complex(float64(src[(b*c.inH+y)*c.inW+x]), 0) * cmplx.Exp(complex(0, angle))
						}
					}
					got := complex128(dst[(b*c.h+u)*out+v])
					if cmplx.Abs(got-want) > 1e-5 {
						t.Errorf("%+v: image %d at [%d %d] is %v, want %v", c, b, u, v, got, want)
					}
				}
			}
		}
	}
}

func TestRootsOfUnity(t *testing.T) {
	for n := 1; n <= 4096; n *= 2 {
		cos, sin := make([]float64, n), make([]float64, n)
		roots(cos, sin)
		for k := range n {
			s, c := math.Sincos(-2 * math.Pi * float64(k) / float64(n))
			if math.Abs(cos[k]-c) > 1e-14 || math.Abs(sin[k]-s) > 1e-14 {
				t.Fatalf("root %d of %d is %v, %v, want %v, %v", k, n, cos[k], sin[k], c, s)
			}
		}
	}
}

func TestComplexParts(t *testing.T) {
	src := []complex64{3 - 4i, complex(0, 1e30), complex64(cmplx.Inf())}
	re, im, abs := make([]float32, 3), make([]float32, 3), make([]float32, 3)
	Real(re, src)
	Imag(im, src)
	ComplexAbs(abs, src)
	if diff := cmp.Diff([]float32{3, 0, inf}, re); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float32{-4, 1e30, inf}, im); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float32{5, 1e30, inf}, abs); diff != "" {
		t.Error(diff)
	}
}
