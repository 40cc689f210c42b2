package kernel

import "fmt"

// F32Conv3DSpec is the geometry of a convolution of NDHWC volumes. The window is that of a plane; the fields of the depth are like its.
type F32Conv3DSpec struct {
	Window
	D, OD, KD          int // planes of the input, the output and the kernel
	StrideD, DilationD int
	Front              int // padding before the first plane
	C, OC              int // channels in and out
	Clamp              F32Clamp
}

// F32Conv3D is a convolution of volumes. It is immutable, and goroutines may share it.
//
// out[n, z, y, x, o] = bias[o] + Σ weights[kz, ky, kx, c, o] · in[n, …, c], the taps in the order of the weights; those outside
// the volume are zeros that take part in the sum. The weights are [KD, KH, KW, C, OC].
type F32Conv3D struct {
	spec  F32Conv3DSpec
	rows  *rows
	right panels
	zero  []float32
}

// NewF32Conv3D prepares a convolution. It keeps neither weights nor bias. A nil bias is zeros; nil weights are given to RunWith.
func NewF32Conv3D(s F32Conv3DSpec, weights, bias []float32) (*F32Conv3D, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	plane, taps := s.Window, s.KD*s.taps()
	c := &F32Conv3D{spec: s, zero: make([]float32, s.C)}
	var err error
	c.rows, err = newRows(s.OD*s.OH*s.OW, taps, s.KW, s.C, func(row, tap int) int {
		z := row/(s.OH*s.OW)*s.StrideD - s.Front + tap/plane.taps()*s.DilationD
		off := plane.offset(row/s.OW%s.OH, row%s.OW, tap%plane.taps(), s.C)
		if z < 0 || z >= s.D || off < 0 {
			return -1
		}
		return z*s.H*s.W*s.C + off
	})
	if err != nil || weights == nil {
		return c, err
	}
	if err := checkWeights(weights, taps*s.C*s.OC, bias, s.OC); err != nil {
		return nil, err
	}
	c.right = newPanels(make([]float32, c.Scratch()), taps*s.C, s.OC, weights, s.OC, 1, bias)
	return c, nil
}

// check reports the first field that makes no sense.
func (s *F32Conv3DSpec) check() error {
	if err := s.Window.check(); err != nil {
		return err
	}
	depth := Window{H: s.D, OH: s.OD, KH: s.KD, StrideH: s.StrideD, DilationH: s.DilationD, Top: s.Front, W: 1, OW: 1, KW: 1, StrideW: 1, DilationW: 1}
	if err := depth.check(); err != nil {
		return fmt.Errorf("%w (rows stand for planes)", err)
	}
	if err := checkImages(s.Window, s.C, s.OC); err != nil {
		return err
	}
	if s.D > maxElements/(s.H*s.W*s.C) || s.OD > maxElements/(s.OH*s.OW*s.OC) || s.KD > maxElements/s.taps() {
		return fmt.Errorf("kernel: volumes %d×%d×%d×%d and %d×%d×%d×%d are too large", s.D, s.H, s.W, s.C, s.OD, s.OH, s.OW, s.OC)
	}
	return nil
}

// Scratch returns how many float32 RunWith needs.
func (c *F32Conv3D) Scratch() int { return panelsLen(c.spec.KD*c.spec.taps()*c.spec.C, c.spec.OC) }

// Run convolves the volumes of in, [N, D, H, W, C], into out, [N, OD, OH, OW, OC]. It panics if their lengths disagree.
func (c *F32Conv3D) Run(out, in []float32) { c.run(out, in, c.right, nil) }

// RunScan is Run; scan sees the result.
func (c *F32Conv3D) RunScan(out, in []float32, scan *F32Scan) { c.run(out, in, c.right, scan) }

// RunWith is Run with weights and a bias (or nil) that were not known before. scratch has Scratch() elements.
func (c *F32Conv3D) RunWith(out, in, weights, bias, scratch []float32) {
	s, k := &c.spec, c.spec.KD*c.spec.taps()*c.spec.C
	if err := checkWeights(weights, k*s.OC, bias, s.OC); err != nil {
		panic(err)
	}
	right := newPanels(scratch, k, s.OC, weights, s.OC, 1, bias)
	c.run(out, in, right, nil)
}

func (c *F32Conv3D) run(out, in []float32, right panels, scan *F32Scan) {
	s := &c.spec
	inSize, outSize := s.D*s.H*s.W*s.C, s.OD*s.OH*s.OW*s.OC
	g := gemm{rows: c.rows, zero: c.zero, right: right, outRow: s.OC, bounds: s.Clamp.bounds(), scan: scan}
	for range batches(len(in), inSize, len(out), outSize) {
		g.in, g.out = in[:inSize], out[:outSize]
		g.run(c.rows.m)
		in, out = in[inSize:], out[outSize:]
	}
}
