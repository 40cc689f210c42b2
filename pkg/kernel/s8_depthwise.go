package kernel

import "fmt"

// S8DepthwiseSpec is the geometry of a depthwise convolution of int8 NHWC images, and how its sums become int8.
type S8DepthwiseSpec struct {
	Window
	C          int   // input channels
	Multiplier int   // outputs of each
	InZero     int32 // the zero point of the images; what lies outside has its value
	Result     S8Result
}

// S8Depthwise is a depthwise convolution of int8 images with int8 weights of zero point 0. It is immutable, and goroutines may share it.
//
// Each sum is Σ weights[ky, kx, c·M + m] · (in[n, …, c] - InZero) + bias[c·M + m] in int32, which wraps. The weights are [1, KH, KW, C·M].
type S8Depthwise struct {
	spec    S8DepthwiseSpec
	weights []int8
	bias    []int32
	plan    *s8DepthwisePlan // nil where there is no variant
}

// s8Channels is the number of channels whose sums are made side by side.
const s8Channels = 64

// NewS8Depthwise prepares a depthwise convolution. It keeps neither weights nor bias. A nil bias is zeros.
func NewS8Depthwise(s S8DepthwiseSpec, weights []int8, bias []int32) (*S8Depthwise, error) {
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
	if err := checkS8(weights, s.taps()*oc, bias, oc); err != nil {
		return nil, err
	}
	d := &S8Depthwise{spec: s, weights: append([]int8(nil), weights...), bias: make([]int32, oc)}
	copy(d.bias, bias)
	var err error
	if d.spec.Result, err = s.Result.spread(oc); err != nil {
		return nil, err
	}
	d.spec.Result.within(d.most)
	d.plan, err = d.newPlan()
	return d, err
}

// outputs returns the number of output channels.
func (s *S8DepthwiseSpec) outputs() int { return s.C * s.Multiplier }

// most returns how far from zero sums of channel c are at most.
func (d *S8Depthwise) most(c int) int64 {
	sum := max(int64(d.bias[c]), -int64(d.bias[c]))
	for t := range d.spec.taps() {
		w := int64(d.weights[t*d.spec.outputs()+c])
		sum += 255 * max(w, -w)
	}
	return sum
}

// Scratch returns how many int32 Run needs.
func (d *S8Depthwise) Scratch() int { return d.plan.scratch(&d.spec) }

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, C·M]. It panics if their lengths disagree. scratch has Scratch() elements.
func (d *S8Depthwise) Run(out, in []int8, scratch []int32) {
	s := &d.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.outputs()
	for range batches(len(in), inSize, len(out), outSize) {
		d.image(out[:outSize], in[:inSize], scratch)
		in, out = in[inSize:], out[outSize:]
	}
}

// imageGeneric convolves an image. It defines what all variants compute.
func (d *S8Depthwise) imageGeneric(out, in []int8) {
	s, oc := &d.spec, d.spec.outputs()
	for pixel := range s.OH * s.OW {
		to := out[pixel*oc:][:oc]
		for first := 0; first < oc; first += s8Channels {
			var memory [s8Channels]int32
			acc := memory[:copy(memory[:], d.bias[first:])]
			for t := range s.taps() {
				off := s.offset(pixel/s.OW, pixel%s.OW, t, s.C)
				if off < 0 {
					continue
				}
				w := d.weights[t*oc+first:][:len(acc)]
				if s.Multiplier == 1 {
					s8Products(acc, in[off+first:], w, s.InZero)
					continue
				}
				for i, v := range w {
					acc[i] += int32(v) * (int32(in[off+(first+i)/s.Multiplier]) - s.InZero)
				}
			}
			for i, v := range acc {
				to[first+i] = s.Result.of(v, first+i)
			}
		}
	}
}

// s8Products adds w[i] * (x[i] - zero) to acc[i].
func s8Products(acc []int32, x, w []int8, zero int32) {
	x, w = x[:len(acc)], w[:len(acc)]
	for i := range acc {
		acc[i] += int32(w[i]) * (int32(x[i]) - zero)
	}
}
