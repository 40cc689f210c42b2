package kernel

import "math"

// F32PoolSpec is the geometry of a pool over NHWC images. Positions outside the image take no part; every window must hold one inside.
type F32PoolSpec struct {
	Window
	C     int
	Clamp F32Clamp
}

// F32Pool joins each channel of every window of an image. It is immutable, and goroutines may share it.
type F32Pool struct {
	spec F32PoolSpec
	mode poolMode
}

// poolMode is what a pool does with the values of a window.
type poolMode uint8

const (
	poolSum     poolMode = iota // sum in the order of the window's rows, each row from the left
	poolSquares                 // likewise the squares, by fused multiply-adds
	poolMax                     // the first greatest; a NaN is the greatest
)

// NewF32AvgPool prepares the mean of every window: the sum divided by the number of positions inside the image.
func NewF32AvgPool(s F32PoolSpec) (*F32Pool, error) { return newPool(s, poolSum) }

// NewF32L2Pool prepares the root of the mean square of every window.
func NewF32L2Pool(s F32PoolSpec) (*F32Pool, error) { return newPool(s, poolSquares) }

// NewF32MaxPool prepares the maximum of every window. It is NaN where the window holds one.
func NewF32MaxPool(s F32PoolSpec) (*F32Pool, error) { return newPool(s, poolMax) }

func newPool(s F32PoolSpec, mode poolMode) (*F32Pool, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := checkImages(s.Window, s.C, s.C); err != nil {
		return nil, err
	}
	if err := s.checkInside(); err != nil {
		return nil, err
	}
	return &F32Pool{s, mode}, nil
}

// Run pools the images of in, [N, H, W, C], into out, [N, OH, OW, C]. It panics if their lengths disagree.
func (p *F32Pool) Run(out, in []float32) { p.RunScan(out, in, nil) }

// RunScan is Run; scan sees the result.
func (p *F32Pool) RunScan(out, in []float32, scan *F32Scan) {
	s := &p.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.C
	for range batches(len(in), inSize, len(out), outSize) {
		p.image(out[:outSize], in[:inSize], scan)
		in, out = in[inSize:], out[outSize:]
	}
}

// image pools one image.
func (p *F32Pool) image(out, in []float32, scan *F32Scan) {
	s := &p.spec
	bounds := s.Clamp.bounds()
	first, end := s.inside()
	for y := range s.OH {
		row := out[y*s.OW*s.C:][:s.OW*s.C]
		for x := 0; x < s.OW; {
			n := 1
			if x == first && end > first {
				n = end - first
			}
			w := s.seen(y, x, s.C)
			p.pixels(row[x*s.C:][:n*s.C], in[w.at:], &w, n, s.StrideW*s.C, &bounds)
			x += n
		}
		scan.Include(row)
	}
}

// inside returns the columns of the output, from first up to end, whose windows have all their columns inside the image.
func (s *Window) inside() (first, end int) {
	first = (s.Left + s.StrideW - 1) / s.StrideW
	if most := s.W - 1 + s.Left - (s.KW-1)*s.DilationW; most >= 0 { // of an output's place, by the stride
		end = min(s.OW, most/s.StrideW+1)
	}
	return first, end
}

// poolWindow is the part of a window that is inside the image: where its first pixel starts, its rows and columns, and the steps from one to the next.
type poolWindow struct{ at, rows, cols, rowStep, colStep int }

// seen returns the window of output (y, x) over an image of c channels.
func (s *Window) seen(y, x, c int) poolWindow {
	top, left := y*s.StrideH-s.Top, x*s.StrideW-s.Left
	ky, rows := within(top, s.DilationH, s.KH, s.H)
	kx, cols := within(left, s.DilationW, s.KW, s.W)
	at := (top+ky*s.DilationH)*s.W + left + kx*s.DilationW
	return poolWindow{at * c, rows, cols, s.DilationH * s.W * c, s.DilationW * c}
}

// pixelsGeneric computes n outputs beside each other, from the part of the image that starts with the first one's window; the windows are step elements apart.
func (p *F32Pool) pixelsGeneric(out, in []float32, w *poolWindow, n, step int, bounds *[2]float32) {
	c := p.spec.C
	for i := range n {
		p.pixelGeneric(out[i*c:][:c], in[i*step:], w, bounds)
	}
}

// pixelGeneric computes one output from the part of the image that starts with its window. It defines what all variants compute.
func (p *F32Pool) pixelGeneric(out, in []float32, w *poolWindow, bounds *[2]float32) {
	first := float32(0)
	if p.mode == poolMax {
		first = float32(math.Inf(-1))
	}
	for i := range out {
		out[i] = first
	}
	for y := range w.rows {
		for x := range w.cols {
			p.mode.fold(out, in[y*w.rowStep+x*w.colStep:])
		}
	}
	n := float32(w.rows * w.cols)
	for i, v := range out {
		switch p.mode {
		case poolSum:
			v /= n
		case poolSquares:
			v = F32Sqrt(v / n)
		case poolMax:
		}
		out[i] = limit(v, bounds)
	}
}

// fold takes x into acc.
func (m poolMode) fold(acc, x []float32) {
	x = x[:len(acc)]
	switch m {
	case poolSum:
		for i, v := range x {
			acc[i] += v
		}
	case poolSquares:
		fmaProducts(acc, x, x)
	case poolMax:
		for i, v := range x {
			if v > acc[i] || v != v {
				acc[i] = v
			}
		}
	}
}
