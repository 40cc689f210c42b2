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
	blocks []float32
	zero   []float32
	plan   depthwisePlan
}

// channelBlock is the number of outputs that are computed side by side; each block of weights holds the bias and then the taps. Where
// the outputs don't divide, the last block begins earlier and repeats some; where there are fewer, the only block ends in zeros.
const channelBlock = 8

// NewF32Depthwise prepares a depthwise convolution. It keeps neither weights nor bias. A nil bias is zeros; nil weights are given to RunWith.
func NewF32Depthwise(s F32DepthwiseSpec, weights, bias []float32) (*F32Depthwise, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.C < 1 || s.Multiplier < 1 || s.Multiplier > maxElements/s.C {
		return nil, fmt.Errorf("kernel: %d channels, each with %d outputs", s.C, s.Multiplier)
	}
	if err := checkImages(s.Window, s.C, s.outputs()); err != nil {
		return nil, err
	}
	if err := checkTable(s.OH*s.OW, s.taps()); err != nil {
		return nil, err
	}
	d := &F32Depthwise{spec: s, zero: make([]float32, s.C)}
	d.plan = newDepthwisePlan(&d.spec)
	if weights == nil {
		return d, nil
	}
	if err := checkWeights(weights, s.taps()*s.outputs(), bias, s.outputs()); err != nil {
		return nil, err
	}
	d.blocks = d.pack(make([]float32, d.Scratch()), weights, bias)
	return d, nil
}

// outputs returns the number of output channels.
func (s *F32DepthwiseSpec) outputs() int { return s.C * s.Multiplier }

// first returns the first output channel of the block that belongs to channel b.
func (s *F32DepthwiseSpec) first(b int) int { return max(0, min(b, s.outputs()-channelBlock)) }

// Scratch returns how many float32 RunWith needs.
func (d *F32Depthwise) Scratch() int {
	return (d.spec.outputs() + channelBlock - 1) / channelBlock * d.blockLen()
}

// blockLen returns the size of a block of weights.
func (d *F32Depthwise) blockLen() int { return (1 + d.spec.taps()) * channelBlock }

// pack rearranges the weights into blocks.
func (d *F32Depthwise) pack(memory, weights, bias []float32) []float32 {
	oc := d.spec.outputs()
	n := min(oc, channelBlock)
	memory = memory[:d.Scratch()]
	for b, rest := 0, memory; b < oc; b += channelBlock {
		first := d.spec.first(b)
		block := rest[:d.blockLen()]
		clear(block)
		if bias != nil {
			copy(block[:n], bias[first:])
		}
		for t := range d.spec.taps() {
			copy(block[(1+t)*channelBlock:][:n], weights[t*oc+first:])
		}
		rest = rest[d.blockLen():]
	}
	return memory
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, C·M]. It panics if their lengths disagree.
func (d *F32Depthwise) Run(out, in []float32) { d.RunScan(out, in, nil) }

// RunScan is Run; scan sees the result.
func (d *F32Depthwise) RunScan(out, in []float32, scan *F32Scan) { d.run(out, in, d.blocks, scan) }

// RunWith is Run with weights and a bias (or nil) that were not known before. scratch has Scratch() elements.
func (d *F32Depthwise) RunWith(out, in, weights, bias, scratch []float32) {
	if err := checkWeights(weights, d.spec.taps()*d.spec.outputs(), bias, d.spec.outputs()); err != nil {
		panic(err)
	}
	d.run(out, in, d.pack(scratch, weights, bias), nil)
}

func (d *F32Depthwise) run(out, in, blocks []float32, scan *F32Scan) {
	s := &d.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.outputs()
	for range batches(len(in), inSize, len(out), outSize) {
		result, image := wholeImage(out[:outSize], s.OH), wholeImage(in[:inSize], s.H)
		d.rows(&result, &image, blocks, 0, s.OH, scan)
		in, out = in[inSize:], out[outSize:]
	}
}

// rowsGeneric computes rows of an image's result. It defines what all variants compute.
func (d *F32Depthwise) rowsGeneric(out, in *band, blocks []float32, from, to int, scan *F32Scan) {
	for y := from; y < to; y++ {
		row := out.line(y)
		d.rowGeneric(row, in, blocks, y)
		scan.Include(row)
	}
}

// rowGeneric computes one row.
func (d *F32Depthwise) rowGeneric(out []float32, in *band, blocks []float32, y int) {
	s, bounds, oc := &d.spec, d.spec.Clamp.bounds(), d.spec.outputs()
	n := min(oc, channelBlock)
	for x := range s.OW {
		for b, w := 0, blocks; b < oc; b += channelBlock {
			first := s.first(b)
			acc := [channelBlock]float32(w)
			for t := range s.taps() {
				line := d.zero
				if off := s.offset(y, x, t, s.C); off >= 0 {
					line = in.line(off / in.row)[off%in.row:][:s.C]
				}
				taps := w[(1+t)*channelBlock:]
				if s.Multiplier == 1 {
					fmaProducts(acc[:n], line[first:], taps)
					continue
				}
				var spread [channelBlock]float32
				for j := range n {
					spread[j] = line[(first+j)/s.Multiplier]
				}
				fmaProducts(acc[:n], spread[:], taps)
			}
			for j, v := range acc[:n] {
				out[x*oc+first+j] = limit(v, &bounds)
			}
			w = w[d.blockLen():]
		}
	}
}
