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
	zero   []float32
}

// phase is the outputs that are met by the same taps.
type phase struct {
	taps  []int
	rows  *rows
	place []int32
	right panels
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
	for i := range t.phases {
		p := &t.phases[i]
		p.right = p.pack(&s, make([]float32, panelsLen(len(p.taps)*s.C, s.OC)), weights, bias)
	}
	return t, nil
}

// newPhase returns the phase of the outputs py, py + StrideH, … and px, px + StrideW, ….
func newPhase(s *F32ConvSpec, py, px int) (phase, error) {
	var p phase
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
	columns := (s.OW - px + s.StrideW - 1) / s.StrideW
	m := (s.OH - py + s.StrideH - 1) / s.StrideH * columns
	p.place = make([]int32, m)
	for row := range p.place {
		p.place[row] = int32(((py+row/columns*s.StrideH)*s.OW + px + row%columns*s.StrideW) * s.OC)
	}
	var err error
	p.rows, err = newRows(m, s.OC, len(p.taps), inner, s.C, func(row, tap int) int {
		ky, kx := p.taps[tap]/s.KW, p.taps[tap]%s.KW
		dy, dx := py+row/columns*s.StrideH+s.Top-ky*s.DilationH, px+row%columns*s.StrideW+s.Left-kx*s.DilationW
		if dy < 0 || dx < 0 || dy/s.StrideH >= s.H || dx/s.StrideW >= s.W {
			return -1
		}
		return (dy/s.StrideH*s.W + dx/s.StrideW) * s.C
	})
	return p, err
}

// pack rearranges the weights of the phase's taps.
func (p *phase) pack(s *F32ConvSpec, memory, weights, bias []float32) panels {
	right := emptyPanels(memory, len(p.taps)*s.C, s.OC, bias)
	for i, tap := range p.taps {
		right.fill(i*s.C, s.C, weights[tap*s.C:], 1, s.taps()*s.C)
	}
	return right
}

// Scratch returns how many float32 RunWith needs.
func (t *F32TransposeConv) Scratch() int {
	n := 0
	for i := range t.phases {
		n = max(n, panelsLen(len(t.phases[i].taps)*t.spec.C, t.spec.OC))
	}
	return n
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree.
func (t *F32TransposeConv) Run(out, in []float32) {
	for i := range t.phases {
		t.run(out, in, &t.phases[i], &t.phases[i].right)
	}
}

// RunWith is Run with weights and a bias (or nil) that were not known before. scratch has Scratch() elements.
func (t *F32TransposeConv) RunWith(out, in, weights, bias, scratch []float32) {
	s := &t.spec
	if err := checkWeights(weights, s.OC*s.taps()*s.C, bias, s.OC); err != nil {
		panic(err)
	}
	for i := range t.phases {
		right := t.phases[i].pack(s, scratch, weights, bias)
		t.run(out, in, &t.phases[i], &right)
	}
}

func (t *F32TransposeConv) run(out, in []float32, p *phase, right *panels) {
	s := &t.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	g := gemm{rows: p.rows, zero: t.zero, right: right, place: p.place, bounds: s.Clamp.bounds()}
	for range batches(len(in), inSize, len(out), outSize) {
		g.in, g.out = in[:inSize], out[:outSize]
		g.run()
		in, out = in[inSize:], out[outSize:]
	}
}
