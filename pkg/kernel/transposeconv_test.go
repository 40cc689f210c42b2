package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// transposeConvLayer is a transposed convolution of n images.
func transposeConvLayer(name string, n int, s F32ConvSpec) layer {
	taps := s.KH * s.KW
	return layer{
		name: name, in: n * s.H * s.W * s.C, weights: s.OC * taps * s.C, bias: s.OC, out: n * s.OH * s.OW * s.OC, clamp: s.Clamp,
		macs: n * s.H * s.W * s.C * s.OC * taps,
		prepare: func(weights, bias []float32) (func(out, in []float32), error) {
			c, err := NewF32TransposeConv(s, weights, bias)
			if err != nil {
				return nil, err
			}
			return c.Run, nil
		},
		with: func(out, in, weights, bias []float32) error {
			c, err := NewF32TransposeConv(s, nil, nil)
			if err == nil {
				c.RunWith(out, in, weights, bias, dirty(c.Scratch()))
			}
			return err
		},
		channel: func(o int) int { return o % s.OC },
		terms: func(o int, add func(i, w int)) {
			oc, x, y, image := o%s.OC, o/s.OC%s.OW, o/s.OC/s.OW%s.OH, o/s.OC/s.OW/s.OH
			for ky := range s.KH {
				for kx := range s.KW {
					// Which input pixel, far outside included, puts this tap on the output?
					for iy := -30; iy < s.H+30; iy++ {
						for ix := -30; ix < s.W+30; ix++ {
							if iy*s.StrideH-s.Top+ky*s.DilationH != y || ix*s.StrideW-s.Left+kx*s.DilationW != x {
								continue
							}
							for c := range s.C {
								i := ((image*s.H+iy)*s.W+ix)*s.C + c
								if iy < 0 || iy >= s.H || ix < 0 || ix >= s.W {
									i = -1
								}
								add(i, ((oc*s.KH+ky)*s.KW+kx)*s.C+c)
							}
						}
					}
				}
			}
		},
	}
}

func TestTransposeConv(t *testing.T) {
	var layers []layer
	add := func(n int, s F32ConvSpec) {
		s.Clamp = clamps[len(layers)%len(clamps)]
		layers = append(layers, transposeConvLayer(fmt.Sprintf("%d_%v_c%d_oc%d", len(layers), s.Window, s.C, s.OC), n, s))
	}
	for _, k := range []int{1, 2, 3, 4} { // an output of stride·input, as most networks have; k 1 leaves outputs that nothing reaches
		add(2, F32ConvSpec{Window: Window{H: 5, W: 4, OH: 10, OW: 8, KH: k, KW: k, StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, Top: (k - 1) / 2, Left: (k - 1) / 2}, C: 3, OC: 17})
	}
	add(1, F32ConvSpec{Window: Window{H: 5, W: 7, OH: 10, OW: 14, KH: 4, KW: 4, StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, Top: 1, Left: 1}, C: 300, OC: 17}) // long sums
	r := rand.New(rand.NewPCG(17, 18))
	for range 25 {
		w := draw(r, 6, 4)
		w.OH, w.OW = 1+r.IntN(9), 1+r.IntN(9)
		add(1, F32ConvSpec{Window: w, C: 1 + r.IntN(6), OC: 1 + r.IntN(20)})
	}
	checkAll(t, layers)
}

func TestTransposeConvRefuses(t *testing.T) {
	huge := square(4, 3, 1)
	huge.KH, huge.KW, huge.OH, huge.OW = 1<<10, 1<<10, 1<<10, 1<<10
	for name, s := range map[string]F32ConvSpec{
		"groups":      {Window: square(4, 3, 1), C: 4, OC: 4, Groups: 2},
		"no channels": {Window: square(4, 3, 1), C: 4},
		"huge table":  {Window: huge, C: 1, OC: 1},
	} {
		if _, err := NewF32TransposeConv(s, nil, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkTransposeConv(b *testing.B) {
	benchmarkLayers(b, []layer{
		transposeConvLayer("32x32x64_to_64x64x32_k2", 1, F32ConvSpec{Window: Window{H: 32, W: 32, OH: 64, OW: 64, KH: 2, KW: 2, StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1}, C: 64, OC: 32}),
	})
}
