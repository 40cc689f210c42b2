package kernel

// S8ConvSpec is the geometry of a convolution of int8 NHWC images, and how its sums become int8.
type S8ConvSpec struct {
	Window
	C, OC  int   // channels in and out
	Groups int   // both are divided into so many groups, which don't see each other; 0 means 1
	InZero int32 // the zero point of the images; what lies outside has its value
	Result S8Result
}

// S8Conv is a convolution of int8 images with int8 weights of zero point 0. It is immutable, and goroutines may share it.
//
// Each sum is Σ weights[o, ky, kx, c] · (in[n, …, c] - InZero) + bias[o] in int32, which wraps. The weights are OHWI: [OC, KH, KW, C/Groups].
type S8Conv struct {
	spec   S8ConvSpec
	groups []s8Filter
	direct bool // an output's window is one pixel, so that images are the product's left operand as they are
}

// s8Filter is what a group of channels becomes.
type s8Filter struct {
	window s8Window
	right  s8Right
	first  int // channel of the result
}

// NewS8Conv prepares a convolution. It keeps neither weights nor bias. A nil bias is zeros.
func NewS8Conv(s S8ConvSpec, weights []int8, bias []int32) (*S8Conv, error) {
	s.Groups = max(s.Groups, 1)
	if err := checkConv(s.Window, s.C, s.OC, s.Groups); err != nil {
		return nil, err
	}
	c := &S8Conv{spec: s, groups: make([]s8Filter, s.Groups)}
	k, n := s.taps()*s.C/s.Groups, s.OC/s.Groups
	if err := checkS8(weights, s.OC*k, bias, s.OC); err != nil {
		return nil, err
	}
	var err error
	if c.spec.Result, err = s.Result.spread(s.OC); err != nil {
		return nil, err
	}
	form := s8FormNow()
	for g := range c.groups {
		var b []int32
		if bias != nil {
			b = bias[g*n:][:n]
		}
		each := s.C / s.Groups
		f := s8Filter{newS8Window(s.Window, s.C, g*each, each, s.InZero), newS8Right(form, k, n, s8Weights{weights[g*n*k:][:n*k], 1, k}, b, s.InZero, 0), g * n}
		c.groups[g] = f
	}
	c.spec.Result.within(func(o int) int64 { return c.groups[o/n].right.most[o%n] })
	c.direct = s.pointwise() && s.Groups == 1 && s.OH == s.H && s.OW == s.W
	return c, nil
}

// Scratch returns how many int64 Run needs.
func (c *S8Conv) Scratch() int { return c.groups[0].right.workLen(c.spec.OH * c.spec.OW) }

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree. scratch has Scratch() elements.
func (c *S8Conv) Run(out, in []int8, scratch []int64) {
	s := &c.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	for range batches(len(in), inSize, len(out), outSize) {
		to := s8Out{data: out[:outSize], line: s.OH * s.OW, row: s.OC}
		for g := range c.groups {
			f := &c.groups[g]
			work := f.right.work(scratch, s.OH*s.OW)
			if c.direct {
				f.right.rows(&to, in[:inSize], s.OH*s.OW, s.C, &work, &s.Result, 0)
				continue
			}
			to.data = out[f.first:outSize]
			f.run(&to, in[:inSize], &work, &s.Result)
		}
		in, out = in[inSize:], out[outSize:]
	}
}

// run computes all outputs of an image.
func (f *s8Filter) run(out *s8Out, in []int8, work *s8Work, res *S8Result) {
	m := f.window.OH * f.window.OW
	strips := (m + s8Strip - 1) / s8Strip
	for i := range strips {
		from, to := m*i/strips, m*(i+1)/strips
		f.window.gather(work.strip, &f.right, in, from, to-from)
		f.right.multiply(out, from, to-from, work, res, f.first)
	}
}
