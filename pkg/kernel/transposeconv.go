package kernel

import "fmt"

// F32TransposeConv is a transposed convolution of NHWC images. It is immutable, and goroutines may share it.
//
// Input (y, x) reaches the outputs (y·StrideH - Top + ky·DilationH, x·StrideW - Left + kx·DilationW):
//
//	out[n, oy, ox, o] = bias[o] + Σ weights[o, ky, kx, c] · in[n, y, x, c]
//
// over the taps that meet the output from a pixel of the input, extended by zeros on all sides, in the order of the weights. The weights
// are OHWI: [OC, KH, KW, C].
type F32TransposeConv struct {
	spec   F32ConvSpec
	phases []phase
	packed []float32 // the panels of all phases
	zero   []float32
}

// phase is the outputs that are met by the same taps.
type phase struct {
	y, x    int // of the first one
	columns int // outputs of a line
	taps    []int
	rows    *rows
	right   panels // without memory
}

// NewF32TransposeConv prepares a transposed convolution: H, W and C are its input's, OH, OW and OC its output's; Groups must be 0 or 1.
// It keeps neither weights nor bias. A nil bias is zeros; nil weights are given to RunWith.
func NewF32TransposeConv(s F32ConvSpec, weights, bias []float32) (*F32TransposeConv, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := checkImages(s.Window, s.C, s.OC); err != nil {
		return nil, err
	}
	if s.Groups > 1 {
		return nil, fmt.Errorf("kernel: a transposed convolution of %d groups", s.Groups)
	}
	if err := checkTable(s.OH*s.OW, s.taps()); err != nil {
		return nil, err
	}
	t := &F32TransposeConv{spec: s, zero: make([]float32, s.C)}
	for py := range min(s.StrideH, s.OH) {
		for px := range min(s.StrideW, s.OW) {
			p, err := newPhase(&s, py, px)
			if err != nil {
				return nil, err
			}
			t.phases = append(t.phases, p)
		}
	}
	if weights == nil {
		return t, nil
	}
	if err := checkWeights(weights, s.OC*s.taps()*s.C, bias, s.OC); err != nil {
		return nil, err
	}
	t.packed = make([]float32, t.Scratch())
	t.pack(t.packed, weights, bias)
	return t, nil
}

// newPhase returns the phase of the outputs py, py + StrideH, … and px, px + StrideW, ….
func newPhase(s *F32ConvSpec, py, px int) (phase, error) {
	p := phase{y: py, x: px, columns: (s.OW - px + s.StrideW - 1) / s.StrideW}
	inner := 0 // taps of a kernel row
	for ky := range s.KH {
		if (py+s.Top-ky*s.DilationH)%s.StrideH != 0 {
			continue
		}
		inner = 0
		for kx := range s.KW {
			if (px+s.Left-kx*s.DilationW)%s.StrideW == 0 {
				p.taps = append(p.taps, ky*s.KW+kx)
				inner++
			}
		}
	}
	m := (s.OH - py + s.StrideH - 1) / s.StrideH * p.columns
	var err error
	p.rows, err = newRows(m, len(p.taps), inner, s.C, func(row, tap int) int {
		ky, kx := p.taps[tap]/s.KW, p.taps[tap]%s.KW
		dy, dx := py+row/p.columns*s.StrideH+s.Top-ky*s.DilationH, px+row%p.columns*s.StrideW+s.Left-kx*s.DilationW
		if dy < 0 || dx < 0 || dy/s.StrideH >= s.H || dx/s.StrideW >= s.W {
			return -1
		}
		return (dy/s.StrideH*s.W + dx/s.StrideW) * s.C
	})
	p.right = panels{k: len(p.taps) * s.C, n: s.OC, wide: panelWidth}
	return p, err
}

// pack rearranges the weights of all phases into memory.
func (t *F32TransposeConv) pack(memory, weights, bias []float32) {
	s := &t.spec
	for _, p := range t.phases {
		right := emptyPanels(memory, len(p.taps)*s.C, s.OC, bias)
		for i, tap := range p.taps {
			right.fill(i*s.C, s.C, weights[tap*s.C:], 1, s.taps()*s.C)
		}
		memory = right.next
	}
}

// Scratch returns how many float32 RunWith needs.
func (t *F32TransposeConv) Scratch() int {
	n := 0
	for _, p := range t.phases {
		n += panelsLen(len(p.taps)*t.spec.C, t.spec.OC)
	}
	return n
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree.
func (t *F32TransposeConv) Run(out, in []float32) { t.run(out, in, t.packed, nil) }

// RunScan is Run; scan sees the result.
func (t *F32TransposeConv) RunScan(out, in []float32, scan *F32Scan) { t.run(out, in, t.packed, scan) }

// RunWith is Run with weights and a bias (or nil) that were not known before. scratch has Scratch() elements.
func (t *F32TransposeConv) RunWith(out, in, weights, bias, scratch []float32) {
	if err := checkWeights(weights, t.spec.OC*t.spec.taps()*t.spec.C, bias, t.spec.OC); err != nil {
		panic(err)
	}
	t.pack(scratch, weights, bias)
	t.run(out, in, scratch, nil)
}

func (t *F32TransposeConv) run(out, in, packed []float32, scan *F32Scan) {
	s := &t.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	for range batches(len(in), inSize, len(out), outSize) {
		t.image(out[:outSize], in[:inSize], packed, 0, s.OH, scan)
		in, out = in[inSize:], out[outSize:]
	}
}

// image computes rows of one image's result: so many at a time as stay in the cache.
func (t *F32TransposeConv) image(out, in, packed []float32, from, to int, scan *F32Scan) {
	s := &t.spec
	g := gemm{in: in, zero: t.zero, outRow: s.StrideW * s.OC, toLine: s.StrideH * s.OW * s.OC, bounds: s.Clamp.bounds()}
	line := s.OW * s.OC
	step := max(s.StrideH, min(outBytes/(4*line), leftBytes/(4*s.W*s.C)*s.StrideH))
	for row := from; row < to; row += step {
		end := min(row+step, to)
		memory := packed
		for i := range t.phases {
			p := &t.phases[i]
			g.right = p.right.in(memory)
			memory = g.right.next
			g.out, g.rows, g.line = out[p.y*line+p.x*s.OC:], p.rows, p.columns
			g.block(p.lines(s, row)*p.columns, p.lines(s, end)*p.columns)
		}
		scan.Include(out[row*line : end*line])
	}
}

// lines returns how many of the phase's lines lie above a row of the result.
func (p *phase) lines(s *F32ConvSpec, row int) int {
	return max(0, row-p.y+s.StrideH-1) / s.StrideH
}
