package kernel

import "fmt"

// S16ConvSpec is the geometry of a convolution of int16 NHWC images, and how its sums become int16.
type S16ConvSpec struct {
	Window
	C, OC  int // channels in and out
	Groups int // both are divided into so many groups, which don't see each other; 0 means 1
	Result S16Result
}

// S16Conv is a convolution of int16 images with int8 weights, all of zero point 0. It is immutable, and goroutines may share it.
//
// Each sum is Σ weights[o, ky, kx, c] · in[n, …, c] + bias[o]. The weights are OHWI: [OC, KH, KW, C/Groups].
type S16Conv struct {
	spec   S16ConvSpec
	groups []s16Right[int8]
}

// s16Tile is the number of outputs whose windows are gathered before they are multiplied, so that weights are read from memory once for all of them.
const s16Tile = 16

// NewS16Conv prepares a convolution. It keeps neither weights nor bias. A nil bias is zeros.
func NewS16Conv(s S16ConvSpec, weights []int8, bias []int64) (*S16Conv, error) {
	s.Groups = max(s.Groups, 1)
	if err := s.checkConv(); err != nil {
		return nil, err
	}
	if s.C%s.Groups != 0 || s.OC%s.Groups != 0 {
		return nil, fmt.Errorf("kernel: %d input and %d output channels don't divide into %d groups", s.C, s.OC, s.Groups)
	}
	k, n := s.taps()*s.C/s.Groups, s.OC/s.Groups
	if err := checkS16(weights, s.OC*k, bias, s.OC); err != nil {
		return nil, err
	}
	var err error
	if s.Result, err = s.Result.spread(s.OC); err != nil {
		return nil, err
	}
	c := &S16Conv{spec: s, groups: make([]s16Right[int8], s.Groups)}
	for g := range c.groups {
		c.groups[g] = s16Columns(make([]int8, k*n), k, n, weights[g*n*k:][:n*k], 1, k, wideBias(bias, s.OC)[g*n:][:n])
	}
	return c, nil
}

// checkConv reports a geometry that makes no sense.
func (s *S16ConvSpec) checkConv() error {
	if err := s.check(); err != nil {
		return err
	}
	return checkImages(s.Window, s.C, s.OC)
}

// checkS16 reports weights or a bias of the wrong length.
func checkS16[W int8 | int16](weights []W, want int, bias []int64, channels int) error {
	if err := checkLen("weights", len(weights), want); err != nil || bias == nil {
		return err
	}
	return checkLen("bias", len(bias), channels)
}

// wideBias returns a copy of a bias of n channels; a nil one is zeros.
func wideBias(bias []int64, n int) []int64 {
	b := make([]int64, n)
	copy(b, bias)
	return b
}

// direct reports whether images are the product's left operand as they are.
func (c *S16Conv) direct() bool {
	return c.spec.Groups == 1 && c.spec.pointwise() && c.spec.OH == c.spec.H
}

// Scratch returns how many int16 Run needs.
func (c *S16Conv) Scratch() int {
	if c.direct() {
		return 0
	}
	return s16Tile * c.groups[0].k
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree. scratch has Scratch() elements.
func (c *S16Conv) Run(out, in, scratch []int16) {
	s := &c.spec
	inSize, outSize, n := s.H*s.W*s.C, s.OH*s.OW*s.OC, s.OC/s.Groups
	for range batches(len(in), inSize, len(out), outSize) {
		for i := 0; i < s.OH*s.OW; i += s16Tile {
			m := min(s16Tile, s.OH*s.OW-i)
			for g := range c.groups {
				right, rows := &c.groups[g], scratch
				if c.direct() {
					rows = in[i*s.C : inSize]
				} else {
					for j := range m {
						c.gather(scratch[j*right.k:][:right.k], in[:inSize], (i+j)/s.OW, (i+j)%s.OW, g)
					}
				}
				right.run(out[i*s.OC+g*n:outSize], rows, m, right.k, s.OC, &s.Result, g*n)
			}
		}
		in, out = in[inSize:], out[outSize:]
	}
}

// gather copies what output (y, x) sees of a group's channels, tap by tap.
func (c *S16Conv) gather(dst, in []int16, y, x, g int) {
	s := &c.spec
	each := s.C / s.Groups
	for t := range s.taps() {
		to := dst[t*each:][:each]
		if off := s.offset(y, x, t, s.C); off >= 0 {
			copy(to, in[off+g*each:])
		} else {
			clear(to)
		}
	}
}
