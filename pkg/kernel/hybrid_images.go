package kernel

// hybridImages is a convolution of float images with integer weights whose sums a kernel of floats makes: of numbers that are integers. Sums below 2^24, of 518 products and
// more, are exact there.
type hybridImages struct {
	layer           interface{ Run(out, in []float32) }
	inSize, outSize int
	scale, bias     []float32 // by output channel
	clamp           F32Clamp
}

// newHybridImages prepares a layer of the given weights that build makes a kernel of.
func newHybridImages[L interface{ Run(out, in []float32) }](w Window, c, oc int, weights []int8, scale, bias []float32, clamp F32Clamp, build func(weights []float32) (L, error)) (*hybridImages, error) {
	integers := make([]float32, len(weights))
	for i, x := range weights {
		integers[i] = float32(x)
	}
	layer, err := build(integers)
	if err != nil {
		return nil, err
	}
	h := &hybridImages{layer: layer, inSize: w.H * w.W * c, outSize: w.OH * w.OW * oc, clamp: clamp}
	h.scale, h.bias, err = hybridChannels(oc, scale, bias)
	return h, err
}

// scratch returns how many float32 run needs.
func (h *hybridImages) scratch() int { return h.inSize + len(h.scale) }

// run makes the sums of each image, and calls finish for those of some pixels at a time. line has an element for each channel.
func (h *hybridImages) run(out, in, scratch []float32, finish func(pixels []float32, image float32, line []float32)) {
	image, line := scratch[:h.inSize], scratch[h.inSize:][:len(h.scale)]
	run := max(1, clampRun/len(line)) * len(line)
	for range batches(len(in), h.inSize, len(out), h.outSize) {
		a := newHybridAffine(in[:h.inSize], true)
		a.steps(image, in[:h.inSize])
		to := out[:h.outSize]
		h.layer.Run(to, image)
		for i := 0; i < len(to); i += run {
			part := to[i:min(i+run, len(to))]
			finish(part, a.scale, line)
			Add(part, part, h.bias)
			if h.clamp.On {
				Clamp(part, part, h.clamp.Lo, h.clamp.Hi)
			}
		}
		in, out = in[h.inSize:], out[h.outSize:]
	}
}

// HybridDepthwise is a depthwise convolution of float images with int8 weights of zero point 0. It is immutable, and goroutines may share it.
//
// Each image is quantized to int8 with a zero point, by its range. An output is sum * (Scale * scale of the image) + bias, where the sum is the integers', as F32Depthwise makes
// it.
type HybridDepthwise struct{ *hybridImages }

// NewHybridDepthwise prepares a depthwise convolution of weights [1, KH, KW, C·M] with one scale, or one for each output channel. It keeps neither weights nor bias. A nil bias is zeros.
func NewHybridDepthwise(s F32DepthwiseSpec, weights []int8, scale, bias []float32) (*HybridDepthwise, error) {
	clamp := s.Clamp
	s.Clamp = F32Clamp{}
	h, err := newHybridImages(s.Window, s.C, s.outputs(), weights, scale, bias, clamp, func(w []float32) (*F32Depthwise, error) { return NewF32Depthwise(s, w, nil) })
	return &HybridDepthwise{h}, err
}

// Scratch returns how many float32 Run needs.
func (d *HybridDepthwise) Scratch() int { return d.scratch() }

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, C·M]. It panics if their lengths disagree. scratch has Scratch() elements.
func (d *HybridDepthwise) Run(out, in, scratch []float32) {
	d.run(out, in, scratch, func(pixels []float32, image float32, line []float32) {
		Mul(line, d.scale, []float32{image})
		Mul(pixels, pixels, line)
	})
}

// HybridTransposeConv is a transposed convolution of float images with int8 weights of zero point 0. It is immutable, and goroutines may share it.
//
// Each image is quantized to int8 with a zero point, by its range. An output is sum * Scale * scale of the image + bias, where the sum is the integers', as F32TransposeConv makes
// it.
type HybridTransposeConv struct{ *hybridImages }

// NewHybridTransposeConv prepares a transposed convolution of weights [OC, KH, KW, C] with one scale, or one for each output channel. It keeps neither weights nor bias. A nil bias is
// zeros.
func NewHybridTransposeConv(s F32ConvSpec, weights []int8, scale, bias []float32) (*HybridTransposeConv, error) {
	clamp := s.Clamp
	s.Clamp = F32Clamp{}
	h, err := newHybridImages(s.Window, s.C, s.OC, weights, scale, bias, clamp, func(w []float32) (*F32TransposeConv, error) { return NewF32TransposeConv(s, w, nil) })
	return &HybridTransposeConv{h}, err
}

// Scratch returns how many float32 Run needs.
func (t *HybridTransposeConv) Scratch() int { return t.scratch() }

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree. scratch has Scratch() elements.
func (t *HybridTransposeConv) Run(out, in, scratch []float32) {
	t.run(out, in, scratch, func(pixels []float32, image float32, _ []float32) {
		Mul(pixels, pixels, t.scale)
		Mul(pixels, pixels, []float32{image})
	})
}
