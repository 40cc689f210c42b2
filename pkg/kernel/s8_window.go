package kernel

// s8Window gathers what outputs of a window see of channels of int8 NHWC images, for a product. The window may begin right of or below an image's
// first pixel: Top and Left may be negative.
type s8Window struct {
	Window
	C, from, each int    // channels of a pixel, the first that counts, and how many
	outside       []int8 // a line of taps that lie outside the image
}

func newS8Window(w Window, c, from, each int, inZero int32) s8Window {
	outside := make([]int8, w.KW*each)
	fillZero(outside, inZero)
	return s8Window{w, c, from, each, outside}
}

// gather sets m rows of a strip, in the form of the right operand, to what the outputs from the given one on see, tap by tap.
func (w *s8Window) gather(strip []byte, right *s8Right, in []int8, from, m int) {
	f := right.form
	size, step := f.bytes, right.leftRow()
	for done := 0; done < m; {
		y, x := (from+done)/w.OW, (from+done)%w.OW
		n := min(w.OW-x, m-done)
		for ky := range w.KH {
			l := s8Line{w: w, f: f, dst: strip[done*step+ky*w.KW*w.each*size:], step: step, x: x}
			iy := y*w.StrideH - w.Top + ky*w.DilationH
			if uint(iy) >= uint(w.H) {
				l.fill(0, n, 0, w.KW)
				continue
			}
			l.in = in[iy*w.W*w.C+w.from:]
			if w.DilationW > 1 || w.each < w.C {
				l.taps(0, n)
				continue
			}
			// Where all of them lie in the image, taps follow each other there.
			lo, hi := l.inside(0, w.KW, n)
			l.taps(0, lo)
			l.copy(lo, hi, 0, w.KW)
			l.taps(max(lo, hi), n)
		}
		done += n
	}
}

// s8Line is a row of the kernel for outputs side by side, of which x is the first.
type s8Line struct {
	w    *s8Window
	f    *s8Form
	dst  []byte
	step int    // bytes from an output to the next
	in   []int8 // the line of the image
	x    int
}

// inside returns which of n outputs see pixels of the image through some taps from one on: those from lo up to hi.
func (l *s8Line) inside(tap, taps, n int) (lo, hi int) {
	w := l.w
	first := l.x*w.StrideW - w.Left + tap*w.DilationW // of output 0
	if first < 0 {
		lo = (-first + w.StrideW - 1) / w.StrideW
	}
	if last := w.W - (taps-1)*w.DilationW - 1 - first; last >= 0 {
		hi = last/w.StrideW + 1
	}
	lo = min(lo, n)
	return lo, max(lo, min(hi, n))
}

// taps gathers each tap by itself for outputs from lo up to hi.
func (l *s8Line) taps(lo, hi int) {
	if lo >= hi {
		return
	}
	for tap := range l.w.KW {
		a, b := l.inside(tap, 1, hi)
		a = max(a, lo)
		b = max(a, b)
		l.fill(lo, a, tap, 1)
		l.copy(a, b, tap, 1)
		l.fill(b, hi, tap, 1)
	}
}

// copy gathers taps from the image for outputs from lo up to hi.
func (l *s8Line) copy(lo, hi, tap, taps int) {
	if lo >= hi {
		return
	}
	w := l.w
	pixel := (l.x+lo)*w.StrideW - w.Left + tap*w.DilationW
	l.f.copy(l.dst[lo*l.step+tap*w.each*l.f.bytes:], l.step, l.in[pixel*w.C:], w.StrideW*w.C, taps*w.each, hi-lo)
}

// fill gathers taps outside the image.
func (l *s8Line) fill(lo, hi, tap, taps int) {
	if lo < hi {
		l.f.copy(l.dst[lo*l.step+tap*l.w.each*l.f.bytes:], l.step, l.w.outside, 0, taps*l.w.each, hi-lo)
	}
}

func fillZero(dst []int8, zero int32) {
	for i := range dst {
		dst[i] = int8(zero)
	}
}
