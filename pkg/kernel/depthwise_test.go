package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// depthwiseLayer is a depthwise convolution of n images.
func depthwiseLayer(name string, n int, s F32DepthwiseSpec) layer {
	oc := s.C * s.Multiplier
	return layer{
		name: name, in: n * s.H * s.W * s.C, weights: s.KH * s.KW * oc, bias: oc, out: n * s.OH * s.OW * oc, clamp: s.Clamp,
		macs: n * s.OH * s.OW * oc * s.KH * s.KW,
		prepare: func(weights, bias []float32) (func(out, in []float32), error) {
			d, err := NewF32Depthwise(s, weights, bias)
			if err != nil {
				return nil, err
			}
			return d.Run, nil
		},
		with: func(out, in, weights, bias []float32) error {
			d, err := NewF32Depthwise(s, nil, nil)
			if err == nil {
				d.RunWith(out, in, weights, bias, dirty(d.Scratch()))
			}
			return err
		},
		channel: func(o int) int { return o % oc },
		terms: func(o int, add func(i, w int)) {
			c, x, y, image := o%oc, o/oc%s.OW, o/oc/s.OW%s.OH, o/oc/s.OW/s.OH
			for ky := range s.KH {
				for kx := range s.KW {
					iy, ix := y*s.StrideH-s.Top+ky*s.DilationH, x*s.StrideW-s.Left+kx*s.DilationW
					i := ((image*s.H+iy)*s.W+ix)*s.C + c/s.Multiplier
					if iy < 0 || iy >= s.H || ix < 0 || ix >= s.W {
						i = -1
					}
					add(i, (ky*s.KW+kx)*oc+c)
				}
			}
		},
	}
}

func TestDepthwise(t *testing.T) {
	var layers []layer
	add := func(n int, s F32DepthwiseSpec) {
		s.Clamp = clamps[len(layers)%len(clamps)]
		layers = append(layers, depthwiseLayer(fmt.Sprintf("%d_%v_c%d_m%d", len(layers), s.Window, s.C, s.Multiplier), n, s))
	}
	for _, k := range []int{1, 2, 3, 5, 7} {
		for _, n := range []int{1, 3, 4, 5, 6, 7, 9, 11, 14, 20} {
			for _, c := range []int{8, 13, 40} {
				add(1, F32DepthwiseSpec{Window: square(n, k, 1+len(layers)%2), C: c, Multiplier: 1})
			}
		}
	}
	r := rand.New(rand.NewPCG(15, 16))
	count := 150
	if testing.Short() {
		count = 20
	}
	for i := range count {
		w := draw(r, 22, 7)
		if i%2 == 0 {
			w.KH, w.KW = 1+i%5, 3+i%4 // the kernels with variants of their own
			w.StrideH, w.StrideW, w.DilationH, w.DilationW = 1+r.IntN(3), 1+i%3%2, 1+r.IntN(2), 1
			if w.StrideW == 1 {
				w.DilationW = 1 + r.IntN(2)*r.IntN(4)
			}
			w.Top, w.Left = r.IntN((w.KH-1)*w.DilationH+1), r.IntN((w.KW-1)*w.DilationW+1)
			w.OH, w.OW = 1+(w.H-1+w.Top)/w.StrideH, 1+(w.W-1+w.Left)/w.StrideW
		}
		add(1+r.IntN(2), F32DepthwiseSpec{Window: w, C: 1 + r.IntN(50), Multiplier: 1 + r.IntN(2)*r.IntN(2)*r.IntN(5)})
	}
	checkAll(t, layers)
}

func TestDepthwiseScan(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for i := range 60 {
		s := F32DepthwiseSpec{Window: draw(r, 22, 5), C: 1 + r.IntN(40), Multiplier: 1 + i%5/4*r.IntN(4), Clamp: clamps[i%len(clamps)]}
		if i%2 == 0 {
			s.Window = square(4+r.IntN(20), 3+i%4, 1+i%3%2)
		}
		weights, bias := make([]float32, s.taps()*s.outputs()), make([]float32, s.outputs())
		values(r, weights, 0)
		values(r, bias, 0)
		d, err := NewF32Depthwise(s, weights, bias)
		if err != nil {
			t.Fatal(err)
		}
		checkScan(t, d, 2*s.H*s.W*s.C, 2*s.OH*s.OW*s.outputs())
	}
}

func TestDepthwiseRefuses(t *testing.T) {
	huge := square(4, 3, 1)
	huge.KH, huge.KW, huge.OH, huge.OW = 1<<10, 1<<10, 1<<10, 1<<10
	for name, s := range map[string]F32DepthwiseSpec{
		"no channels":   {Window: square(4, 3, 1), Multiplier: 1},
		"no multiplier": {Window: square(4, 3, 1), C: 8},
		"too many":      {Window: square(4, 3, 1), C: 1 << 20, Multiplier: 1 << 20},
		"huge table":    {Window: huge, C: 8, Multiplier: 1},
	} {
		if _, err := NewF32Depthwise(s, nil, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzDepthwise(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		l := depthwiseLayer("", 1, F32DepthwiseSpec{Window: draw(r, 20, 7), C: 1 + r.IntN(40), Multiplier: 1 + r.IntN(4)/3, Clamp: clamps[r.IntN(len(clamps))]})
		l.check(t)
	})
}

func BenchmarkDepthwise(b *testing.B) {
	var layers []layer
	for _, c := range []struct{ n, k, stride, c int }{
		{112, 3, 1, 32}, {112, 3, 2, 96}, {56, 3, 1, 144}, {56, 5, 2, 144}, {28, 3, 1, 192}, {28, 3, 2, 192}, {28, 5, 1, 240}, {14, 3, 1, 384}, {14, 3, 1, 576}, {14, 3, 2, 576},
		{14, 5, 1, 672}, {14, 5, 2, 672}, {7, 3, 1, 960}, {7, 5, 1, 1152}, {7, 7, 1, 256},
	} {
		layers = append(layers, depthwiseLayer(fmt.Sprintf("%d_k%d_s%d_%d", c.n, c.k, c.stride, c.c), 1, F32DepthwiseSpec{Window: square(c.n, c.k, c.stride), C: c.c, Multiplier: 1}))
	}
	benchmarkLayers(b, layers)
}
