package kernel

import "fmt"

// Window is a kernel that slides over the rows and columns of an NHWC image. Output (y, x) sees the input pixels
// (y·StrideH - Top + ky·DilationH, x·StrideW - Left + kx·DilationW), where those outside the image are zeros or, in pools, absent.
// The end of an output is given, not computed: what lies below and to the right of the image follows from OH and OW.
type Window struct {
	H, W                 int // input rows and columns
	OH, OW               int // output rows and columns
	KH, KW               int // kernel rows and columns
	StrideH, StrideW     int
	DilationH, DilationW int // 1 where the kernel has no gaps
	Top, Left            int // padding before the first row and column
}

// taps returns the number of kernel positions.
func (w *Window) taps() int { return w.KH * w.KW }

// offset returns where the pixel of c channels starts that output (y, x) sees through a tap, or -1 if it lies outside the image.
func (w *Window) offset(y, x, tap, c int) int {
	iy := y*w.StrideH - w.Top + tap/w.KW*w.DilationH
	ix := x*w.StrideW - w.Left + tap%w.KW*w.DilationW
	if uint(iy) >= uint(w.H) || uint(ix) >= uint(w.W) {
		return -1
	}
	return (iy*w.W + ix) * c
}

// pointwise reports whether every output sees the one pixel at its own place.
func (w *Window) pointwise() bool {
	return w.taps() == 1 && w.StrideH == 1 && w.StrideW == 1 && w.Top == 0 && w.Left == 0 && w.OH <= w.H && w.OW == w.W
}

// check reports the first field that makes no sense.
func (w *Window) check() error {
	for _, f := range []struct {
		name  string
		value int
	}{
		{"input rows", w.H}, {"input columns", w.W}, {"output rows", w.OH}, {"output columns", w.OW},
		{"kernel rows", w.KH}, {"kernel columns", w.KW}, {"row stride", w.StrideH}, {"column stride", w.StrideW},
		{"row dilation", w.DilationH}, {"column dilation", w.DilationW}, {"top padding + 1", w.Top + 1}, {"left padding + 1", w.Left + 1},
	} {
		if f.value < 1 || f.value > maxDim {
			return fmt.Errorf("kernel: %s: %d is not in 1 … %d", f.name, f.value, maxDim)
		}
	}
	return nil
}

// checkInside reports a window that lies outside the image, for pools.
func (w *Window) checkInside() error {
	if w.Top > (w.KH-1)*w.DilationH || w.Left > (w.KW-1)*w.DilationW || (w.OH-1)*w.StrideH-w.Top >= w.H || (w.OW-1)*w.StrideW-w.Left >= w.W {
		return fmt.Errorf("kernel: a window of %+v lies outside the image", *w)
	}
	return nil
}

// checkImages reports images of c and oc channels that are empty or too large for offsets of 32 bits.
func checkImages(w Window, c, oc int) error {
	for _, f := range []struct {
		name    string
		h, w, c int
	}{{"input", w.H, w.W, c}, {"output", w.OH, w.OW, oc}, {"kernel", w.KH, w.KW, 1}} {
		if f.c < 1 || f.c > maxDim || f.h > maxElements/f.w || f.h*f.w > maxElements/f.c {
			return fmt.Errorf("kernel: %s of %d×%d×%d elements", f.name, f.h, f.w, f.c)
		}
	}
	return nil
}

// maxDim bounds every size, so that products of two don't overflow; maxElements bounds an image, whose offsets are int32.
const (
	maxDim      = 1<<31 - 1
	maxElements = 1<<31 - 1
)

// checkLen reports a slice that is not as long as it has to be.
func checkLen(what string, got, want int) error {
	if got != want {
		return fmt.Errorf("kernel: %s: %d elements, want %d", what, got, want)
	}
	return nil
}

// mustLen is checkLen for what the caller computed himself.
func mustLen(what string, got, want int) {
	if err := checkLen(what, got, want); err != nil {
		panic(err)
	}
}

// batches returns how many images of the given sizes in and out hold. It panics if they don't hold the same whole number.
func batches(in, inSize, out, outSize int) int {
	n := out / outSize
	mustLen("output", out, n*outSize)
	mustLen("input", in, n*inSize)
	return n
}
