package kernel

import "fmt"

// S8TransposeConv is a transposed convolution of int8 NHWC images with int8 weights of zero point 0. It is immutable, and goroutines may share it.
//
// Input (y, x) reaches the outputs (y·StrideH - Top + ky, x·StrideW - Left + kx). Each sum is Σ weights[o, ky, kx, c] · (in[n, y, x, c] - InZero) +
// bias[o] over what reaches it, in int32, which wraps. The weights are OHWI: [OC, KH, KW, C].
type S8TransposeConv struct {
	spec S8ConvSpec
	taps []s8Right
	bias []int32
}

// NewS8TransposeConv prepares a transposed convolution: H, W and C are its input's, OH, OW and OC its output's; Groups must be 0 or 1 and dilations 1. It keeps neither weights nor bias.
// A nil bias is zeros.
func NewS8TransposeConv(s S8ConvSpec, weights []int8, bias []int32) (*S8TransposeConv, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := checkImages(s.Window, s.C, s.OC); err != nil {
		return nil, err
	}
	if s.Groups > 1 || s.DilationH != 1 || s.DilationW != 1 {
		return nil, fmt.Errorf("kernel: a transposed convolution of %d groups, dilated by %d×%d", s.Groups, s.DilationH, s.DilationW)
	}
	if err := checkS8(weights, s.OC*s.taps()*s.C, bias, s.OC); err != nil {
		return nil, err
	}
	var err error
	if s.Result, err = s.Result.spread(s.OC); err != nil {
		return nil, err
	}
	t := &S8TransposeConv{spec: s, taps: make([]s8Right, s.taps()), bias: make([]int32, s.OC)}
	copy(t.bias, bias)
	for i := range t.taps {
		t.taps[i] = newS8Right(make([]int64, s8RightLen(s.C, s.OC)), make([]int64, s.OC), s.C, s.OC, weights[i*s.C:], 1, s.taps()*s.C, nil, s.InZero, 0)
	}
	return t, nil
}

// Scratch returns how many int32 Run needs.
func (t *S8TransposeConv) Scratch() int { return t.spec.OH * t.spec.OW * t.spec.OC }

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree. scratch has Scratch() elements.
func (t *S8TransposeConv) Run(out, in []int8, scratch []int32) {
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
			for o, v := range sums[i : i+s.OC] {
				out[i+o] = s.Result.of(v, o)
			}
		}
		in, out = in[inSize:], out[outSize:]
	}
}

// tap adds one kernel position's products to the sums.
func (t *S8TransposeConv) tap(sums []int32, in []int8, tap int) {
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
			row, to := in[(y*s.W+x)*s.C:][:s.C], sums[(oy*s.OW+ox)*s.OC:][:s.OC]
			for c := 0; c < s.OC; c += 4 {
				var acc [8]int32
				right.sum(&acc, row, c/2)
				for j := range min(4, s.OC-c) {
					to[c+j] += acc[j] + int32(right.start[c+j])
				}
			}
		}
	}
}
