package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// conv3DLayer is a convolution of n volumes.
func conv3DLayer(name string, n int, s F32Conv3DSpec) layer {
	k := s.KD * s.KH * s.KW * s.C
	return layer{
		name: name, in: n * s.D * s.H * s.W * s.C, weights: k * s.OC, bias: s.OC, out: n * s.OD * s.OH * s.OW * s.OC, clamp: s.Clamp,
		macs: n * s.OD * s.OH * s.OW * s.OC * k,
		prepare: func(weights, bias []float32) (func(out, in []float32), error) {
			c, err := NewF32Conv3D(s, weights, bias)
			if err != nil {
				return nil, err
			}
			return c.Run, nil
		},
		with: func(out, in, weights, bias []float32) error {
			c, err := NewF32Conv3D(s, nil, nil)
			if err == nil {
				c.RunWith(out, in, weights, bias, dirty(c.Scratch()))
			}
			return err
		},
		channel: func(o int) int { return o % s.OC },
		terms: func(o int, add func(i, w int)) {
			oc, o := o%s.OC, o/s.OC
			x, y, z, volume := o%s.OW, o/s.OW%s.OH, o/s.OW/s.OH%s.OD, o/s.OW/s.OH/s.OD
			w := oc
			for kz := range s.KD {
				for ky := range s.KH {
					for kx := range s.KW {
						iz, iy, ix := z*s.StrideD-s.Front+kz*s.DilationD, y*s.StrideH-s.Top+ky*s.DilationH, x*s.StrideW-s.Left+kx*s.DilationW
						for c := range s.C {
							i := (((volume*s.D+iz)*s.H+iy)*s.W+ix)*s.C + c
							if iz < 0 || iz >= s.D || iy < 0 || iy >= s.H || ix < 0 || ix >= s.W {
								i = -1
							}
							add(i, w)
							w += s.OC
						}
					}
				}
			}
		},
	}
}

func TestConv3D(t *testing.T) {
	var layers []layer
	r := rand.New(rand.NewPCG(19, 20))
	for i := range 25 {
		depth := draw(r, 6, 3)
		s := F32Conv3DSpec{Window: draw(r, 6, 3), D: depth.H, OD: depth.OH, KD: depth.KH, StrideD: depth.StrideH, DilationD: depth.DilationH,
			Front: depth.Top, C: 1 + r.IntN(5), OC: 1 + r.IntN(20), Clamp: clamps[i%len(clamps)]}
		layers = append(layers, conv3DLayer(fmt.Sprintf("%d_%v_%v_c%d_oc%d", i, depth, s.Window, s.C, s.OC), 1+i%2, s))
	}
	checkAll(t, layers)
}

func TestConv3DRefuses(t *testing.T) {
	for name, s := range map[string]F32Conv3DSpec{
		"no planes":    {Window: square(4, 3, 1), C: 1, OC: 1, KD: 1, OD: 1, StrideD: 1, DilationD: 1},
		"huge volumes": {Window: square(1024, 1, 1), D: 1 << 20, OD: 1 << 20, KD: 1, StrideD: 1, DilationD: 1, C: 1, OC: 1},
	} {
		if _, err := NewF32Conv3D(s, nil, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
