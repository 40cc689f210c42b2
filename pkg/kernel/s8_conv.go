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
	groups []s8Right
	direct bool // an output's window is one pixel, so that images are the product's left operand as they are
}

// s8Tile is the number of outputs whose windows are gathered before they are multiplied, so that weights are read from memory once for all of them.
const s8Tile = 16

// NewS8Conv prepares a convolution. It keeps neither weights nor bias. A nil bias is zeros.
func NewS8Conv(s S8ConvSpec, weights []int8, bias []int32) (*S8Conv, error) {
	s.Groups = max(s.Groups, 1)
	if err := checkConv(s.Window, s.C, s.OC, s.Groups); err != nil {
		return nil, err
	}
	c := &S8Conv{spec: s, groups: make([]s8Right, s.Groups)}
	k, n := s.taps()*s.C/s.Groups, s.OC/s.Groups
	if err := checkS8(weights, s.OC*k, bias, s.OC); err != nil {
		return nil, err
	}
	var err error
	if c.spec.Result, err = s.Result.spread(s.OC); err != nil {
		return nil, err
	}
	for g := range c.groups {
		var b []int32
		if bias != nil {
			b = bias[g*n:][:n]
		}
		c.groups[g] = newS8Right(make([]int64, s8RightLen(k, n)), make([]int64, n), k, n, weights[g*n*k:][:n*k], 1, k, b, s.InZero, 0)
	}
	c.direct = s.taps() == 1 && s.Groups == 1 && s.StrideH == 1 && s.StrideW == 1 && s.Top == 0 && s.Left == 0 && s.OH == s.H && s.OW == s.W
	return c, nil
}

// Scratch returns how many int8 Run needs.
func (c *S8Conv) Scratch() int {
	if c.direct {
		return 0
	}
	return s8Tile * c.groups[0].k
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree. scratch has Scratch() elements.
func (c *S8Conv) Run(out, in, scratch []int8) {
	s := &c.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	for range batches(len(in), inSize, len(out), outSize) {
		image, to := in[:inSize], out[:outSize]
		if c.direct {
			for i := 0; i < s.H*s.W; i += s8Tile {
				c.groups[0].run(to[i*s.OC:], image[i*s.C:], min(s8Tile, s.H*s.W-i), s.C, s.OC, &s.Result, 0)
			}
		} else {
			c.image(to, image, scratch)
		}
		in, out = in[inSize:], out[outSize:]
	}
}

func (c *S8Conv) image(out, in, scratch []int8) {
	s := &c.spec
	n := s.OC / s.Groups
	for g := range c.groups {
		right := &c.groups[g]
		for i := 0; i < s.OH*s.OW; i += s8Tile {
			m := min(s8Tile, s.OH*s.OW-i)
			for j := range m {
				c.gather(scratch[j*right.k:][:right.k], in, (i+j)/s.OW, (i+j)%s.OW, g)
			}
			right.run(out[i*s.OC+g*n:], scratch, m, right.k, s.OC, &s.Result, g*n)
		}
	}
}

// gather copies what output (y, x) sees of a group's channels, tap by tap.
func (c *S8Conv) gather(dst, in []int8, y, x, g int) {
	s := &c.spec
	gatherS8(dst, in, &s.Window, s.C, s.C/s.Groups, g, y, x, s.InZero)
}

// gatherS8 copies what output (y, x) of a window sees of the g-th run of each channels in an image of c, tap by tap; outside the image is the zero point.
func gatherS8(dst, in []int8, w *Window, c, each, g, y, x int, zero int32) {
	left := x*w.StrideW - w.Left
	for ky := range w.KH {
		iy := y*w.StrideH - w.Top + ky*w.DilationH
		line := dst[ky*w.KW*each:][:w.KW*each]
		if uint(iy) >= uint(w.H) {
			fillZero(line, zero)
			continue
		}
		if each == c && w.DilationW == 1 && left >= 0 && left+w.KW <= w.W {
			copy(line, in[(iy*w.W+left)*c:])
			continue
		}
		for kx := range w.KW {
			to := line[kx*each:][:each]
			if ix := left + kx*w.DilationW; uint(ix) < uint(w.W) {
				copy(to, in[(iy*w.W+ix)*c+g*each:])
			} else {
				fillZero(to, zero)
			}
		}
	}
}

func fillZero(dst []int8, zero int32) {
	for i := range dst {
		dst[i] = int8(zero)
	}
}
