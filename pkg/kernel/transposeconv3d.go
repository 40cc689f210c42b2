package kernel

// F32TransposeConv3D is a transposed convolution of NDHWC volumes. It is immutable, and goroutines may share it.
//
// Input (z, y, x) reaches the outputs (z·StrideD - Front + kz·DilationD, …):
//
//	out[n, oz, oy, ox, o] = bias[o] + Σ weights[kz, ky, kx, o, c] · in[n, z, y, x, c]
//
// the taps in the order of the weights; those that meet no element of the volume are zeros that take part in the sum. The weights are
// [KD, KH, KW, OC, C].
type F32TransposeConv3D struct {
	spec  F32Conv3DSpec
	rows  *rows
	right panels
	zero  []float32
}

// NewF32TransposeConv3D prepares a transposed convolution: D, H, W and C are its input's, OD, OH, OW and OC its output's. It keeps neither weights
// nor bias. A nil bias is zeros; nil weights are given to RunWith.
func NewF32TransposeConv3D(s F32Conv3DSpec, weights, bias []float32) (*F32TransposeConv3D, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	taps := s.KD * s.taps()
	t := &F32TransposeConv3D{spec: s, zero: make([]float32, s.C)}
	var err error
	t.rows, err = newRows(s.OD*s.OH*s.OW, taps, s.KW, s.C, func(row, tap int) int {
		z := met(row/(s.OH*s.OW)+s.Front-tap/s.taps()*s.DilationD, s.StrideD, s.D)
		y := met(row/s.OW%s.OH+s.Top-tap/s.KW%s.KH*s.DilationH, s.StrideH, s.H)
		x := met(row%s.OW+s.Left-tap%s.KW*s.DilationW, s.StrideW, s.W)
		if z < 0 || y < 0 || x < 0 {
			return -1
		}
		return ((z*s.H+y)*s.W + x) * s.C
	})
	if err != nil || weights == nil {
		return t, err
	}
	if err := checkWeights(weights, taps*s.C*s.OC, bias, s.OC); err != nil {
		return nil, err
	}
	t.right = t.pack(make([]float32, t.Scratch()), weights, bias)
	return t, nil
}

// met returns the position of the input that reaches an output at the given distance from the first one, or -1.
func met(distance, stride, size int) int {
	if distance < 0 || distance%stride != 0 || distance/stride >= size {
		return -1
	}
	return distance / stride
}

// pack rearranges the weights.
func (t *F32TransposeConv3D) pack(memory, weights, bias []float32) panels {
	s := &t.spec
	taps := s.KD * s.taps()
	right := emptyPanels(memory, taps*s.C, s.OC, bias)
	for tap := range taps {
		right.fill(tap*s.C, s.C, weights[tap*s.OC*s.C:], 1, s.C)
	}
	return right
}

// Scratch returns how many float32 RunWith needs.
func (t *F32TransposeConv3D) Scratch() int {
	return panelsLen(t.spec.KD*t.spec.taps()*t.spec.C, t.spec.OC)
}

// Run convolves the volumes of in, [N, D, H, W, C], into out, [N, OD, OH, OW, OC]. It panics if their lengths disagree.
func (t *F32TransposeConv3D) Run(out, in []float32) { t.run(out, in, t.right, nil) }

// RunScan is Run; scan sees the result.
func (t *F32TransposeConv3D) RunScan(out, in []float32, scan *F32Scan) { t.run(out, in, t.right, scan) }

// RunWith is Run with weights and a bias (or nil) that were not known before. scratch has Scratch() elements.
func (t *F32TransposeConv3D) RunWith(out, in, weights, bias, scratch []float32) {
	s := &t.spec
	if err := checkWeights(weights, s.KD*s.taps()*s.C*s.OC, bias, s.OC); err != nil {
		panic(err)
	}
	right := t.pack(scratch, weights, bias)
	t.run(out, in, right, nil)
}

func (t *F32TransposeConv3D) run(out, in []float32, right panels, scan *F32Scan) {
	s := &t.spec
	inSize, outSize := s.D*s.H*s.W*s.C, s.OD*s.OH*s.OW*s.OC
	g := gemm{rows: t.rows, zero: t.zero, right: right, outRow: s.OC, bounds: s.Clamp.bounds(), scan: scan}
	for range batches(len(in), inSize, len(out), outSize) {
		g.in, g.out = in[:inSize], out[:outSize]
		g.run(t.rows.m)
		in, out = in[inSize:], out[outSize:]
	}
}
