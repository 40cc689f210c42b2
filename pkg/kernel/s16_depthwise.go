package kernel

import "fmt"

// S16DepthwiseSpec is the geometry of a depthwise convolution of int16 NHWC images, and how its sums become int16.
type S16DepthwiseSpec struct {
	Window
	C          int // input channels
	Multiplier int // outputs of each
	Result     S16Result
}

// S16Depthwise is a depthwise convolution of int16 images with int8 weights, all of zero point 0. It is immutable, and goroutines may share it.
//
// Each sum is Σ weights[ky, kx, c·M + m] · in[n, …, c] + bias[c·M + m]. The weights are [1, KH, KW, C·M].
type S16Depthwise struct {
	spec    S16DepthwiseSpec
	weights []int8
	bias    []int64
}

// s16Channels is the number of channels whose sums are made side by side.
const s16Channels = 64

// NewS16Depthwise prepares a depthwise convolution. It keeps neither weights nor bias. A nil bias is zeros.
func NewS16Depthwise(s S16DepthwiseSpec, weights []int8, bias []int64) (*S16Depthwise, error) {
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
	if err := checkS16(weights, s.taps()*oc, bias, oc); err != nil {
		return nil, err
	}
	var err error
	if s.Result, err = s.Result.spread(oc); err != nil {
		return nil, err
	}
	return &S16Depthwise{spec: s, weights: append([]int8(nil), weights...), bias: wideBias(bias, oc)}, nil
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, C·M]. It panics if their lengths disagree.
func (d *S16Depthwise) Run(out, in []int16) {
	s := &d.spec
	oc := s.C * s.Multiplier
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*oc
	for range batches(len(in), inSize, len(out), outSize) {
		for pixel := range s.OH * s.OW {
			for first := 0; first < oc; first += s16Channels {
				var memory [s16Channels]int64
				acc := memory[:copy(memory[:], d.bias[first:])]
				for t := range s.taps() {
					if off := s.offset(pixel/s.OW, pixel%s.OW, t, s.C); off >= 0 {
						d.tap(acc, in[off:], d.weights[t*oc+first:][:len(acc)], first)
					}
				}
				s.Result.store(out[pixel*oc+first:][:len(acc)], acc, first)
			}
		}
		in, out = in[inSize:], out[outSize:]
	}
}

// tap adds the products of one kernel position's weights with a pixel, those of the outputs from first on.
func (d *S16Depthwise) tap(acc []int64, pixel []int16, w []int8, first int) {
	if d.spec.Multiplier > 1 {
		for i, v := range w {
			acc[i] += int64(int32(v) * int32(pixel[(first+i)/d.spec.Multiplier]))
		}
		return
	}
	x := pixel[first:][:len(acc)]
	w = w[:len(acc)]
	for i := range acc {
		acc[i] += int64(int32(w[i]) * int32(x[i]))
	}
}
