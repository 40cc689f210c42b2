package kernel

import "fmt"

// S16TransposeConv is a transposed convolution of int16 NHWC images with int8 weights, all of zero point 0. It is immutable, and goroutines may share it.
//
// Input (y, x) reaches the outputs (y·StrideH - Top + ky, x·StrideW - Left + kx). Each sum is Σ weights[o, ky, kx, c] · in[n, y, x, c] + bias[o] over what
// reaches it. The weights are OHWI: [OC, KH, KW, C].
type S16TransposeConv struct {
	spec S16ConvSpec
	taps []s16Right[int8]
	bias []int64
}

// NewS16TransposeConv prepares a transposed convolution: H, W and C are its input's, OH, OW and OC its output's; Groups must be 0 or 1 and dilations 1. It keeps neither weights nor bias.
// A nil bias is zeros.
func NewS16TransposeConv(s S16ConvSpec, weights []int8, bias []int64) (*S16TransposeConv, error) {
	if err := s.checkConv(); err != nil {
		return nil, err
	}
	if s.Groups > 1 || s.DilationH != 1 || s.DilationW != 1 {
		return nil, fmt.Errorf("kernel: a transposed convolution of %d groups, dilated by %d×%d", s.Groups, s.DilationH, s.DilationW)
	}
	if err := checkS16(weights, s.OC*s.taps()*s.C, bias, s.OC); err != nil {
		return nil, err
	}
	var err error
	if s.Result, err = s.Result.spread(s.OC); err != nil {
		return nil, err
	}
	t := &S16TransposeConv{spec: s, taps: make([]s16Right[int8], s.taps()), bias: wideBias(bias, s.OC)}
	for i := range t.taps {
		t.taps[i] = s16Columns(make([]int8, s.C*s.OC), s.C, s.OC, weights[i*s.C:], 1, s.taps()*s.C, nil)
	}
	return t, nil
}

// Scratch returns how many int64 Run needs.
func (t *S16TransposeConv) Scratch() int { return t.spec.OH * t.spec.OW * t.spec.OC }

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree. scratch has Scratch() elements.
func (t *S16TransposeConv) Run(out, in []int16, scratch []int64) {
	s := &t.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	sums := scratch[:outSize]
	for range batches(len(in), inSize, len(out), outSize) {
		for i := 0; i < outSize; i += s.OC {
			copy(sums[i:i+s.OC], t.bias)
		}
		for tap := range t.taps {
			t.tap(sums, in[:inSize], tap)
		}
		for i := 0; i < outSize; i += s.OC {
			s.Result.store(out[i:i+s.OC], sums[i:i+s.OC], 0)
		}
		in, out = in[inSize:], out[outSize:]
	}
}

// tap adds one kernel position's products to the sums.
func (t *S16TransposeConv) tap(sums []int64, in []int16, tap int) {
	s, right := &t.spec, &t.taps[tap]
	for y := range s.H {
		oy := y*s.StrideH - s.Top + tap/s.KW
		if uint(oy) >= uint(s.OH) {
			continue
		}
		for x := range s.W {
			ox := x*s.StrideW - s.Left + tap%s.KW
			if uint(ox) >= uint(s.OW) {
				continue
			}
			row, to := in[(y*s.W+x)*s.C:], sums[(oy*s.OW+ox)*s.OC:][:s.OC]
			for c := 0; c < s.OC; c += s16Block {
				var acc [s16Block]int64
				right.sums(&acc, row, c)
				for j, v := range acc[:min(s16Block, s.OC-c)] {
					to[c+j] += v
				}
			}
		}
	}
}
