package kernel

import "fmt"

// F32ConvSpec is the geometry of a convolution of NHWC images.
type F32ConvSpec struct {
	Window
	C, OC  int // channels in and out
	Groups int // both are divided into so many groups, which don't see each other; 0 means 1
	Clamp  F32Clamp
}

// F32Conv is a convolution. It is immutable, and goroutines may share it.
//
// out[n, y, x, o] = bias[o] + Σ weights[o, ky, kx, c] · in[n, …, c], the taps in the order of the weights; those outside
// the image are zeros that take part in the sum. The weights are OHWI: [OC, KH, KW, C/Groups].
type F32Conv struct {
	spec   F32ConvSpec
	rows   *rows
	groups []panels // nil if the weights are not known
	zero   []float32
}

// NewF32Conv prepares a convolution. It keeps neither weights nor bias. A nil bias is zeros; nil weights are given to RunWith.
func NewF32Conv(s F32ConvSpec, weights, bias []float32) (*F32Conv, error) {
	c, err := newConv(s)
	if err != nil || weights == nil {
		return c, err
	}
	if err := checkWeights(weights, s.OC*c.k(), bias, s.OC); err != nil {
		return nil, err
	}
	c.groups = c.pack(make([]panels, c.spec.Groups), make([]float32, c.Scratch()), weights, bias)
	return c, nil
}

// newConv returns a convolution without weights.
func newConv(s F32ConvSpec) (*F32Conv, error) {
	s.Groups = max(s.Groups, 1)
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := checkImages(s.Window, s.C, s.OC); err != nil {
		return nil, err
	}
	if s.C%s.Groups != 0 || s.OC%s.Groups != 0 {
		return nil, fmt.Errorf("kernel: %d input and %d output channels don't divide into %d groups", s.C, s.OC, s.Groups)
	}
	c := &F32Conv{spec: s, zero: make([]float32, s.C/s.Groups)}
	var err error
	c.rows, err = newRows(s.OH*s.OW, s.OC/s.Groups, s.taps(), s.KW, s.C/s.Groups, func(row, tap int) int {
		return s.offset(row/s.OW, row%s.OW, tap, s.C)
	})
	return c, err
}

// k returns the number of terms in a sum.
func (c *F32Conv) k() int { return c.spec.taps() * c.spec.C / c.spec.Groups }

// pack rearranges the weights of every group into memory.
func (c *F32Conv) pack(groups []panels, memory, weights, bias []float32) []panels {
	k, n := c.k(), c.spec.OC/c.spec.Groups
	for g := range groups {
		groups[g] = c.packGroup(memory[g*panelsLen(k, n):], weights, bias, g)
	}
	return groups
}

func (c *F32Conv) packGroup(memory, weights, bias []float32, g int) panels {
	k, n := c.k(), c.spec.OC/c.spec.Groups
	if bias != nil {
		bias = bias[g*n:][:n]
	}
	return newPanels(memory, k, n, weights[g*n*k:][:n*k], 1, k, bias)
}

// Scratch returns how many float32 RunWith needs.
func (c *F32Conv) Scratch() int {
	return c.spec.Groups * panelsLen(c.k(), c.spec.OC/c.spec.Groups)
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree.
func (c *F32Conv) Run(out, in []float32) { c.run(out, in, c.groups, nil) }

// RunScan is Run; scan sees the result unless there are several groups.
func (c *F32Conv) RunScan(out, in []float32, scan *F32Scan) { c.run(out, in, c.groups, scan) }

// RunWith is Run with weights and a bias (or nil) that were not known before. scratch has Scratch() elements.
func (c *F32Conv) RunWith(out, in, weights, bias, scratch []float32) {
	if err := checkWeights(weights, c.spec.OC*c.k(), bias, c.spec.OC); err != nil {
		panic(err)
	}
	for g := range c.spec.Groups {
		p := c.packGroup(scratch, weights, bias, g)
		c.runGroup(out, in, &p, g, nil)
	}
}

func (c *F32Conv) run(out, in []float32, groups []panels, scan *F32Scan) {
	for g := range groups {
		c.runGroup(out, in, &groups[g], g, scan)
	}
}

// runGroup computes one group's channels.
func (c *F32Conv) runGroup(out, in []float32, right *panels, g int, scan *F32Scan) {
	s := &c.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	p := gemm{rows: c.rows, zero: c.zero, right: right, outRow: s.OC, bounds: s.Clamp.bounds(), scan: scan}
	for range batches(len(in), inSize, len(out), outSize) {
		p.in, p.out = in[g*s.C/s.Groups:inSize], out[g*s.OC/s.Groups:outSize]
		p.run()
		in, out = in[inSize:], out[outSize:]
	}
}

// checkWeights reports weights or a bias of the wrong length.
func checkWeights(weights []float32, want int, bias []float32, channels int) error {
	if err := checkLen("weights", len(weights), want); err != nil {
		return err
	}
	if bias == nil {
		return nil
	}
	return checkLen("bias", len(bias), channels)
}
