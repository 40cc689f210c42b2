package kernel

// HybridConvSpec is the geometry of a convolution of float NHWC images with integer weights.
type HybridConvSpec struct {
	Window
	C, OC      int // channels in and out
	Groups     int // both are divided into so many groups, which don't see each other; 0 means 1
	Asymmetric bool
	Scale      []float32 // of the weights: one, or one for each output channel
	Clamp      F32Clamp
}

// HybridConv is a convolution of float images with int8 weights of zero point 0. It is immutable, and goroutines may share it.
//
// Each image is quantized to int8 by a scale that follows from its range, with a zero point if it is Asymmetric. The sums of products are in int32, which wraps, and what lies
// outside is 0. An output is sum * Scale * scale + bias if it is Asymmetric, else sum * (scale * Scale) + bias, all in float32. The weights are OHWI: [OC, KH, KW, C/Groups].
type HybridConv struct {
	spec   HybridConvSpec
	groups []hybridFilter
	bias   []float32
	direct bool // an output's window is one pixel, so that images are the product's left operand as they are
}

// hybridFilter is what a group of channels becomes.
type hybridFilter struct {
	hybridRight
	window s8Window // but for what lies outside, which has the zero point of an image
	first  int      // channel of the result
}

// NewHybridConv prepares a convolution. It keeps neither weights nor bias. A nil bias is zeros.
func NewHybridConv(s HybridConvSpec, weights []int8, bias []float32) (*HybridConv, error) {
	s.Groups = max(s.Groups, 1)
	if err := checkConv(s.Window, s.C, s.OC, s.Groups); err != nil {
		return nil, err
	}
	k, n := s.taps()*s.C/s.Groups, s.OC/s.Groups
	if err := checkLen("weights", len(weights), s.OC*k); err != nil {
		return nil, err
	}
	c := &HybridConv{spec: s, groups: make([]hybridFilter, s.Groups), direct: s.pointwise() && s.OH == s.H && s.Groups == 1}
	var err error
	if c.spec.Scale, c.bias, err = hybridChannels(s.OC, s.Scale, bias); err != nil {
		return nil, err
	}
	for g := range c.groups {
		each := s.C / s.Groups
		f := hybridFilter{window: newS8Window(s.Window, s.C, g*each, each, 0), first: g * n}
		if f.hybridRight, err = newHybridRight(k, n, weights[g*n*k:][:n*k], 1, k, c.spec.Scale[g*n:][:n]); err != nil {
			return nil, err
		}
		c.groups[g] = f
	}
	return c, nil
}

// Scratch returns how many float32 Run needs.
func (c *HybridConv) Scratch() int {
	f := &c.groups[0]
	return bytesIn32(c.spec.H*c.spec.W*c.spec.C) + bytesIn32(len(f.window.outside)) + f.right.stripScratch(s8Strip)
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree. scratch has Scratch() elements.
func (c *HybridConv) Run(out, in, scratch []float32) {
	s := &c.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	image, scratch := cut[int8](scratch, inSize)
	outside, scratch := cut[int8](scratch, len(c.groups[0].window.outside))
	for range batches(len(in), inSize, len(out), outSize) {
		a := newHybridAffine(in[:inSize], s.Asymmetric)
		a.quantize(image, in[:inSize])
		fillZero(outside, a.zero)
		for g := range c.groups {
			c.group(out[:outSize], image, outside, &c.groups[g], &a, scratch)
		}
		in, out = in[inSize:], out[outSize:]
	}
}

// group computes the channels of a group for one image. A line of taps outside is given.
func (c *HybridConv) group(out []float32, image, outside []int8, f *hybridFilter, a *hybridAffine, scratch []float32) {
	s, r, window := &c.spec, &f.right, f.window
	window.outside = outside
	work := r.cutWork(scratch, s8Strip)
	for i := 0; i < s.OH*s.OW; i += s8Strip {
		m := min(s8Strip, s.OH*s.OW-i)
		if c.direct {
			r.form.copy(work.strip, r.leftRow(), image[i*r.k:], r.k, r.k, m)
		} else {
			window.gather(work.strip, r, image, i, m)
		}
		for column := 0; column < r.n; {
			width := r.panel(&work, m, column)
			c.finish(out[i*s.OC+f.first+column:], work.sums, width, m, min(width, r.n-column), column, f, a)
			column += width
		}
		c.clamp(out[i*s.OC+f.first:], m, r.n)
	}
}

// finish makes the results of m windows from the sums of n of a group's channels from one on, which lie row behind row in sums.
func (c *HybridConv) finish(out []float32, sums []int32, row, m, n, from int, f *hybridFilter, a *hybridAffine) {
	bias := c.bias[f.first+from:][:n]
	if c.spec.Asymmetric {
		f.scaled(out, c.spec.OC, sums, row, m, n, bias, from, a)
		return
	}
	rows := [...]hybridAffine{*a}
	for j := range m {
		to := out[j*c.spec.OC:][:n]
		copy(to, bias)
		f.add(to, n, sums[j*row:], row, n, from, rows[:1])
	}
}

// clamp limits n channels of the results of m windows.
func (c *HybridConv) clamp(out []float32, m, n int) {
	l := c.spec.Clamp
	if !l.On {
		return
	}
	if n == c.spec.OC {
		m, n = 1, m*n
	}
	for j := range m {
		to := out[j*c.spec.OC:][:n]
		Clamp(to, to, l.Lo, l.Hi)
	}
}
