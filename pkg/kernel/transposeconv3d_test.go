package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// transposeConv3DLayer is a transposed convolution of n volumes.
func transposeConv3DLayer(name string, n int, s F32Conv3DSpec) layer {
	taps := s.KD * s.KH * s.KW
	// source returns the input that reaches an output by a tap, or -1.
	source := func(output, before, tap, stride, dilation, size int) int {
		for i := range size {
			if i*stride-before+tap*dilation == output {
				return i
			}
		}
		return -1
	}
	return layer{
		name: name, in: n * s.D * s.H * s.W * s.C, weights: s.OC * taps * s.C, bias: s.OC, out: n * s.OD * s.OH * s.OW * s.OC, clamp: s.Clamp,
		macs: n * s.OD * s.OH * s.OW * s.OC * taps * s.C,
		prepare: func(weights, bias []float32) (func(out, in []float32), error) {
			c, err := NewF32TransposeConv3D(s, weights, bias)
			if err != nil {
				return nil, err
			}
			return c.Run, nil
		},
		with: func(out, in, weights, bias []float32) error {
			c, err := NewF32TransposeConv3D(s, nil, nil)
			if err == nil {
				c.RunWith(out, in, weights, bias, dirty(c.Scratch()))
			}
			return err
		},
		channel: func(o int) int { return o % s.OC },
		terms: func(o int, add func(i, w int)) {
			oc, o := o%s.OC, o/s.OC
			x, y, z, volume := o%s.OW, o/s.OW%s.OH, o/s.OW/s.OH%s.OD, o/s.OW/s.OH/s.OD
			for tap := range taps {
				iz := source(z, s.Front, tap/s.KW/s.KH, s.StrideD, s.DilationD, s.D)
				iy := source(y, s.Top, tap/s.KW%s.KH, s.StrideH, s.DilationH, s.H)
				ix := source(x, s.Left, tap%s.KW, s.StrideW, s.DilationW, s.W)
				for c := range s.C {
					i := (((volume*s.D+iz)*s.H+iy)*s.W+ix)*s.C + c
					if iz < 0 || iy < 0 || ix < 0 {
						i = -1
					}
					add(i, (tap*s.OC+oc)*s.C+c)
				}
			}
		},
	}
}

func TestTransposeConv3D(t *testing.T) {
	var layers []layer
	r := rand.New(rand.NewPCG(21, 22))
	for i := range 25 {
		depth, plane := draw(r, 4, 3), draw(r, 5, 3)
		plane.OH, plane.OW = 1+r.IntN(8), 1+r.IntN(8)
		s := F32Conv3DSpec{Window: plane, D: depth.H, OD: 1 + r.IntN(6), KD: depth.KH, StrideD: depth.StrideH, DilationD: depth.DilationH,
			Front: depth.Top, C: 1 + r.IntN(5), OC: 1 + r.IntN(20), Clamp: clamps[i%len(clamps)]}
		layers = append(layers, transposeConv3DLayer(fmt.Sprintf("%d_%v_%v_c%d_oc%d", i, depth, s.Window, s.C, s.OC), 1+i%2, s))
	}
	checkAll(t, layers)
}

func TestTransposeConv3DRefuses(t *testing.T) {
	if _, err := NewF32TransposeConv3D(F32Conv3DSpec{Window: square(4, 3, 1), C: 1, OC: 1, KD: 1, OD: 1, StrideD: 1, DilationD: 1}, nil, nil); err == nil {
		t.Error("no planes: no error")
	}
}
