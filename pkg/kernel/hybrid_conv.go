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
	groups []hybridRight
	bias   []float32
	direct bool // an output's window is one pixel, so that images are the product's left operand as they are
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
	c := &HybridConv{spec: s, groups: make([]hybridRight, s.Groups), direct: s.pointwise() && s.OH == s.H && s.Groups == 1}
	var err error
	if c.spec.Scale, c.bias, err = hybridChannels(s.OC, s.Scale, bias); err != nil {
		return nil, err
	}
	for g := range c.groups {
		if c.groups[g], err = newHybridRight(k, n, weights[g*n*k:][:n*k], 1, k, c.spec.Scale[g*n:][:n]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Scratch returns how many float32 Run needs.
func (c *HybridConv) Scratch() int {
	return bytesIn32(c.spec.H*c.spec.W*c.spec.C) + c.groups[0].tileScratch()
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree. scratch has Scratch() elements.
func (c *HybridConv) Run(out, in, scratch []float32) {
	s := &c.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	image, scratch := cut[int8](scratch, inSize)
	for range batches(len(in), inSize, len(out), outSize) {
		a := newHybridAffine(in[:inSize], s.Asymmetric)
		a.quantize(image, in[:inSize])
		for g := range c.groups {
			c.group(out[:outSize], image, g, a, scratch)
		}
		in, out = in[inSize:], out[outSize:]
	}
}

// group computes the channels of a group for one image.
func (c *HybridConv) group(out []float32, image []int8, g int, a hybridAffine, scratch []float32) {
	s, h := &c.spec, &c.groups[g]
	k, n := h.right.k, h.right.n
	rows, scratch := cut[int8](scratch, s8Tile*k)
	sums, _ := cut[int32](scratch, s8Tile*n)
	for i := 0; i < s.OH*s.OW; i += s8Tile {
		m := min(s8Tile, s.OH*s.OW-i)
		left := rows
		if c.direct {
			left = image[i*k:]
		} else {
			for j := range m {
				gatherS8(rows[j*k:][:k], image, &s.Window, s.C, s.C/s.Groups, g, (i+j)/s.OW, (i+j)%s.OW, a.zero)
			}
		}
		h.right.runSums(sums, left, m, k, n)
		for j := range m {
			c.finish(out[(i+j)*s.OC+g*n:][:n], sums[j*n:][:n], g*n, h, a)
		}
	}
}

// finish makes the results of one window from the sums of the channels from first on.
func (c *HybridConv) finish(out []float32, sums []int32, first int, h *hybridRight, a hybridAffine) {
	sums, bias := sums[:len(out)], c.bias[first:][:len(out)]
	if c.spec.Asymmetric {
		for i, scale := range h.scale[:len(out)] {
			x := float32(float32(sums[i]-a.zero*h.sums[i]) * scale)
			out[i] = float32(x*a.scale) + bias[i]
		}
	} else {
		copy(out, bias)
		h.add(out, sums, a)
	}
	if l := c.spec.Clamp; l.On {
		Clamp(out, out, l.Lo, l.Hi)
	}
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
