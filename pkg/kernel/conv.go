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
	spec  F32ConvSpec
	rows  *rows  // nil where the rows of the image are those of the product
	right panels // the first group's; the others' follow
	zero  []float32
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
	c.right = c.pack(make([]float32, c.Scratch()), weights, bias)
	return c, nil
}

// newConv returns a convolution without weights.
func newConv(s F32ConvSpec) (*F32Conv, error) {
	s.Groups = max(s.Groups, 1)
	if err := checkConv(s.Window, s.C, s.OC, s.Groups); err != nil {
		return nil, err
	}
	c := &F32Conv{spec: s, zero: make([]float32, s.C/s.Groups)}
	var err error
	if s.pointwise() {
		return c, nil
	}
	c.rows, err = newRows(s.OH*s.OW, s.taps(), s.KW, s.C/s.Groups, func(row, tap int) int {
		return s.offset(row/s.OW, row%s.OW, tap, s.C)
	})
	return c, err
}

// checkConv reports a geometry of a convolution that makes no sense.
func checkConv(w Window, c, oc, groups int) error {
	if err := w.check(); err != nil {
		return err
	}
	if err := checkImages(w, c, oc); err != nil {
		return err
	}
	if c%groups != 0 || oc%groups != 0 {
		return fmt.Errorf("kernel: %d input and %d output channels don't divide into %d groups", c, oc, groups)
	}
	return nil
}

// k returns the number of terms in a sum.
func (c *F32Conv) k() int { return c.spec.taps() * c.spec.C / c.spec.Groups }

// pack rearranges the weights into memory, group after group, and returns the first group's.
func (c *F32Conv) pack(memory, weights, bias []float32) panels {
	k, n := c.k(), c.spec.OC/c.spec.Groups
	first, rest := panels{}, memory
	for g := range c.spec.Groups {
		var b []float32
		if bias != nil {
			b = bias[g*n:][:n]
		}
		p := newPanels(rest, k, n, weights[g*n*k:][:n*k], 1, k, b)
		if g == 0 {
			first = p
		}
		rest = p.next
	}
	return first
}

// Scratch returns how many float32 RunWith needs.
func (c *F32Conv) Scratch() int {
	return c.spec.Groups * panelsLen(c.k(), c.spec.OC/c.spec.Groups)
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree.
func (c *F32Conv) Run(out, in []float32) { c.run(out, in, c.right, nil) }

// RunScan is Run; scan sees the result.
func (c *F32Conv) RunScan(out, in []float32, scan *F32Scan) { c.run(out, in, c.right, scan) }

// RunWith is Run with weights and a bias (or nil) that were not known before. scratch has Scratch() elements.
func (c *F32Conv) RunWith(out, in, weights, bias, scratch []float32) {
	if err := checkWeights(weights, c.spec.OC*c.k(), bias, c.spec.OC); err != nil {
		panic(err)
	}
	right := c.pack(scratch, weights, bias)
	c.run(out, in, right, nil)
}

func (c *F32Conv) run(out, in []float32, right panels, scan *F32Scan) {
	s := &c.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	g := c.product(right, scan)
	for range batches(len(in), inSize, len(out), outSize) {
		g.in, g.out = in[:inSize], out[:outSize]
		g.run(s.OH * s.OW)
		in, out = in[inSize:], out[outSize:]
	}
}

// band computes rows of an image's result. Its operand is there as a whole unless the convolution is pointwise.
func (c *F32Conv) band(out, in *band, from, to int, scan *F32Scan) {
	s := &c.spec
	g := c.product(c.right, scan)
	for from < to {
		end := out.until(from, to)
		g.out = out.data[out.at(from):]
		if c.rows == nil {
			end = in.until(from, end)
			g.in = in.data[in.at(from):]
			g.run((end - from) * s.OW)
		} else {
			g.in, g.before = in.data, from*s.OW
			g.between(from*s.OW, end*s.OW)
		}
		from = end
	}
}

// product returns the product that the convolution of an image is.
func (c *F32Conv) product(right panels, scan *F32Scan) gemm {
	s := &c.spec
	return gemm{row: s.C, rows: c.rows, zero: c.zero, right: right, groups: s.Groups, outRow: s.OC, bounds: s.Clamp.bounds(), scan: scan}
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
