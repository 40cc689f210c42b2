package kernel

import "fmt"

// F32DepthwiseSpec is the geometry of a depthwise convolution of NHWC images.
type F32DepthwiseSpec struct {
	Window
	C          int // input channels
	Multiplier int // outputs of each
	Clamp      F32Clamp
}

// F32Depthwise is a depthwise convolution. It is immutable, and goroutines may share it.
//
// out[n, y, x, c·M + m] = bias[c·M + m] + Σ weights[ky, kx, c·M + m] · in[n, …, c], the taps in the order of the weights; those
// outside the image are zeros that take part in the sum. The weights are [1, KH, KW, C·M].
type F32Depthwise struct {
	spec   F32DepthwiseSpec
	conv   *F32Conv // instead of all below: several outputs of a channel, or few channels, are a grouped convolution
	groups []panels // of conv
	blocks []float32
	zero   []float32
	plan   depthwisePlan
}

// channelBlock is the number of channels that are computed side by side; each block of weights holds the bias and then the taps. Where
// the channels don't divide, the last block begins earlier and repeats some.
const channelBlock = 8

// NewF32Depthwise prepares a depthwise convolution. It keeps neither weights nor bias. A nil bias is zeros; nil weights are given to RunWith.
func NewF32Depthwise(s F32DepthwiseSpec, weights, bias []float32) (*F32Depthwise, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.C < 1 || s.Multiplier < 1 || s.Multiplier > maxElements/s.C {
		return nil, fmt.Errorf("kernel: %d channels, each with %d outputs", s.C, s.Multiplier)
	}
	oc := s.C * s.Multiplier
	if err := checkImages(s.Window, s.C, oc); err != nil {
		return nil, err
	}
	if err := checkTable(s.OH*s.OW, s.taps()); err != nil {
		return nil, err
	}
	d := &F32Depthwise{spec: s}
	if s.Multiplier > 1 || s.C < channelBlock {
		conv, err := newConv(F32ConvSpec{Window: s.Window, C: s.C, OC: oc, Groups: s.C, Clamp: s.Clamp})
		if err != nil {
			return nil, err
		}
		d.conv = conv
	} else {
		d.zero = make([]float32, s.C)
		d.plan = newDepthwisePlan(&d.spec)
	}
	if weights == nil {
		return d, nil
	}
	if err := checkWeights(weights, s.taps()*oc, bias, oc); err != nil {
		return nil, err
	}
	memory := make([]float32, d.Scratch())
	if d.conv == nil {
		d.blocks = d.pack(memory, weights, bias)
		return d, nil
	}
	d.groups = make([]panels, s.C)
	for g := range d.groups {
		d.groups[g] = d.packGroup(memory[g*panelsLen(s.taps(), s.Multiplier):], weights, bias, g)
	}
	return d, nil
}

// Scratch returns how many float32 RunWith needs.
func (d *F32Depthwise) Scratch() int {
	if d.conv != nil {
		return d.conv.Scratch()
	}
	return (d.spec.C + channelBlock - 1) / channelBlock * d.blockLen()
}

// blockLen returns the size of a block of weights.
func (d *F32Depthwise) blockLen() int { return (1 + d.spec.taps()) * channelBlock }

// pack rearranges the weights into blocks.
func (d *F32Depthwise) pack(memory, weights, bias []float32) []float32 {
	c := d.spec.C
	memory = memory[:d.Scratch()]
	for b, rest := 0, memory; b < c; b += channelBlock {
		first := min(b, c-channelBlock)
		clear(rest[:channelBlock])
		if bias != nil {
			copy(rest[:channelBlock], bias[first:])
		}
		for t := range d.spec.taps() {
			copy(rest[(1+t)*channelBlock:][:channelBlock], weights[t*c+first:])
		}
		rest = rest[d.blockLen():]
	}
	return memory
}

// packGroup rearranges the weights of one input channel with its outputs.
func (d *F32Depthwise) packGroup(memory, weights, bias []float32, g int) panels {
	m := d.spec.Multiplier
	if bias != nil {
		bias = bias[g*m:][:m]
	}
	return newPanels(memory, d.spec.taps(), m, weights[g*m:], d.spec.C*m, 1, bias)
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, C·M]. It panics if their lengths disagree.
func (d *F32Depthwise) Run(out, in []float32) { d.RunScan(out, in, nil) }

// RunScan is Run; scan sees the result unless there are several outputs for a channel, or few channels.
func (d *F32Depthwise) RunScan(out, in []float32, scan *F32Scan) {
	if d.conv != nil {
		d.conv.run(out, in, d.groups, scan)
		return
	}
	d.run(out, in, d.blocks, scan)
}

// RunWith is Run with weights and a bias (or nil) that were not known before. scratch has Scratch() elements.
func (d *F32Depthwise) RunWith(out, in, weights, bias, scratch []float32) {
	oc := d.spec.C * d.spec.Multiplier
	if err := checkWeights(weights, d.spec.taps()*oc, bias, oc); err != nil {
		panic(err)
	}
	if d.conv == nil {
		d.run(out, in, d.pack(scratch, weights, bias), nil)
		return
	}
	for g := range d.spec.C {
		p := d.packGroup(scratch, weights, bias, g)
		d.conv.runGroup(out, in, &p, g, nil)
	}
}

func (d *F32Depthwise) run(out, in, blocks []float32, scan *F32Scan) {
	s := &d.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.C
	for range batches(len(in), inSize, len(out), outSize) {
		d.image(out[:outSize], in[:inSize], blocks, scan)
		in, out = in[inSize:], out[outSize:]
	}
}

// imageGeneric convolves one image. It defines what all variants compute.
func (d *F32Depthwise) imageGeneric(out, in, blocks []float32, scan *F32Scan) {
	s, bounds := &d.spec, d.spec.Clamp.bounds()
	defer scan.Include(out)
	for pixel := range s.OH * s.OW {
		for b, w := 0, blocks; b < s.C; b += channelBlock {
			first := min(b, s.C-channelBlock)
			acc := [channelBlock]float32(w)
			for t := range s.taps() {
				x := d.zero
				if off := s.offset(pixel/s.OW, pixel%s.OW, t, s.C); off >= 0 {
					x = in[off:]
				}
				fmaProducts(acc[:], x[first:], w[(1+t)*channelBlock:])
			}
			for j, v := range acc {
				out[pixel*s.C+first+j] = limit(v, &bounds)
			}
			w = w[d.blockLen():]
		}
	}
}
