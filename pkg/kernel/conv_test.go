package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// convLayer is a convolution of n images.
func convLayer(name string, n int, s F32ConvSpec) layer {
	groups := max(s.Groups, 1)
	cg, og := s.C/groups, s.OC/groups
	k := s.KH * s.KW * cg
	return layer{
		name: name, in: n * s.H * s.W * s.C, weights: s.OC * k, bias: s.OC, out: n * s.OH * s.OW * s.OC, clamp: s.Clamp,
		macs: n * s.OH * s.OW * s.OC * k,
		prepare: func(weights, bias []float32) (func(out, in []float32), error) {
			c, err := NewF32Conv(s, weights, bias)
			if err != nil {
				return nil, err
			}
			return c.Run, nil
		},
		with: func(out, in, weights, bias []float32) error {
			c, err := NewF32Conv(s, nil, nil)
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
					iy, ix := y*s.StrideH-s.Top+ky*s.DilationH, x*s.StrideW-s.Left+kx*s.DilationW
					for c := range cg {
						i := ((image*s.H+iy)*s.W+ix)*s.C + oc/og*cg + c
						if iy < 0 || iy >= s.H || ix < 0 || ix >= s.W {
							i = -1
						}
						add(i, ((oc*s.KH+ky)*s.KW+kx)*cg+c)
					}
				}
			}
		},
	}
}

func TestConv(t *testing.T) {
	var layers []layer
	add := func(n int, s F32ConvSpec) {
		s.Clamp = clamps[len(layers)%len(clamps)]
		layers = append(layers, convLayer(fmt.Sprintf("%d_%v_c%d_oc%d_g%d", len(layers), s.Window, s.C, s.OC, s.Groups), n, s))
	}
	for _, oc := range []int{1, 7, 8, 9, 15, 16, 17, 24, 25, 33} {
		add(1, F32ConvSpec{Window: square(5, 1, 1), C: oc + 2, OC: oc})
	}
	for _, oc := range []int{63, 64, 80, 150} { // one pixel
		add(2, F32ConvSpec{Window: square(1, 1, 1), C: 21, OC: oc})
		add(1, F32ConvSpec{Window: square(1, 1, 1), C: 14, OC: 2 * oc, Groups: 2})
		add(1, F32ConvSpec{Window: square(1, 3, 1), C: 5, OC: oc})
		add(1, F32ConvSpec{Window: Window{H: 3, W: 3, OH: 1, OW: 1, KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, C: 5, OC: oc})
	}
	for c := range 9 {
		add(2, F32ConvSpec{Window: square(7, 3, 1+c%2), C: c + 1, OC: 16})
	}
	add(1, F32ConvSpec{Window: square(1, 1, 1), C: 70, OC: 129})  // a single row
	add(1, F32ConvSpec{Window: square(30, 1, 1), C: 300, OC: 17}) // several blocks
	add(1, F32ConvSpec{Window: square(40, 3, 1), C: 40, OC: 20})
	add(1, F32ConvSpec{Window: Window{H: 6, W: 3, OH: 4, OW: 1, KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, C: 5, OC: 9}) // all taps in one run
	for _, oc := range []int{3, 17, 24, 40, 70} {                                                                                                // long sums
		add(1, F32ConvSpec{Window: square(5, 1, 1), C: 1100 + oc, OC: oc})
		add(1, F32ConvSpec{Window: square(4, 3, 1), C: 100 + oc, OC: oc})
		add(1, F32ConvSpec{Window: Window{H: 6, W: 2, OH: 4, OW: 2, KH: 2, KW: 2, StrideH: 1, StrideW: 1, DilationH: 2, DilationW: 1, Left: 1}, C: 600, OC: oc})
		add(1, F32ConvSpec{Window: Window{H: 12, W: 3, OH: 10, OW: 1, KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, C: 150, OC: oc}) // all taps in one run
		add(1, F32ConvSpec{Window: square(4, 5, 1), C: 60, OC: 2 * oc, Groups: 2})
	}
	r := rand.New(rand.NewPCG(11, 12))
	count := 120
	if testing.Short() {
		count = 20
	}
	for range count {
		groups := 1 + r.IntN(3)*r.IntN(2)
		add(1+r.IntN(2), F32ConvSpec{Window: draw(r, 12, 5), C: groups * (1 + r.IntN(9)), OC: groups * (1 + r.IntN(20)), Groups: groups})
	}
	checkAll(t, layers)
}

func TestConvRefuses(t *testing.T) {
	ok := F32ConvSpec{Window: square(4, 3, 1), C: 4, OC: 6}
	for name, change := range map[string]func(s *F32ConvSpec){
		"no input":      func(s *F32ConvSpec) { s.H = 0 },
		"no channels":   func(s *F32ConvSpec) { s.C = 0 },
		"no stride":     func(s *F32ConvSpec) { s.StrideW = 0 },
		"negative pad":  func(s *F32ConvSpec) { s.Top = -1 },
		"groups":        func(s *F32ConvSpec) { s.Groups = 4 },
		"huge image":    func(s *F32ConvSpec) { s.H, s.W = 1<<20, 1<<20 },
		"huge table":    func(s *F32ConvSpec) { s.OH, s.OW = 1<<13, 1<<13; s.OC = 1 },
		"huge kernel":   func(s *F32ConvSpec) { s.KH, s.KW = 1<<30, 1<<30 },
		"huge output":   func(s *F32ConvSpec) { s.OH = 1 << 31; s.OW = 1 << 31 },
		"other weights": func(s *F32ConvSpec) { s.C = 5 },
	} {
		s := ok
		change(&s)
		if _, err := NewF32Conv(s, make([]float32, 6*9*4), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := NewF32Conv(ok, make([]float32, 6*9*4), make([]float32, 5)); err == nil {
		t.Error("a bias that is too short: no error")
	}
	c, err := NewF32Conv(ok, make([]float32, 6*9*4), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("an input that is too short: no panic")
		}
	}()
	c.Run(make([]float32, 16*6), make([]float32, 16*4-1))
}

func FuzzConv(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		groups := 1 + r.IntN(2)*r.IntN(4)
		s := F32ConvSpec{Window: draw(r, 10, 4), C: groups * (1 + r.IntN(20)), OC: groups * (1 + r.IntN(40)), Groups: groups, Clamp: clamps[r.IntN(len(clamps))]}
		l := convLayer("", 1+r.IntN(2), s)
		l.check(t)
	})
}

func BenchmarkConv(b *testing.B) {
	var layers []layer
	for _, s := range []F32ConvSpec{
		// MobileNetV2 and EfficientNetB0
		{Window: square(224, 3, 2), C: 3, OC: 32},
		{Window: square(112, 1, 1), C: 32, OC: 16},
		{Window: square(112, 1, 1), C: 16, OC: 96},
		{Window: square(56, 1, 1), C: 96, OC: 24},
		{Window: square(56, 1, 1), C: 24, OC: 144},
		{Window: square(56, 1, 1), C: 144, OC: 24},
		{Window: square(28, 1, 1), C: 144, OC: 32},
		{Window: square(28, 1, 1), C: 144, OC: 40},
		{Window: square(28, 1, 1), C: 40, OC: 240},
		{Window: square(28, 1, 1), C: 32, OC: 192},
		{Window: square(14, 1, 1), C: 80, OC: 480},
		{Window: square(14, 1, 1), C: 480, OC: 112},
		{Window: square(14, 1, 1), C: 96, OC: 576},
		{Window: square(14, 1, 1), C: 576, OC: 96},
		{Window: square(7, 1, 1), C: 960, OC: 160},
		{Window: square(7, 1, 1), C: 160, OC: 960},
		{Window: square(7, 1, 1), C: 320, OC: 1280},
		{Window: square(1, 1, 1), C: 960, OC: 40},
		// ResNet50
		{Window: square(224, 7, 2), C: 3, OC: 64},
		{Window: square(56, 1, 1), C: 64, OC: 256},
		{Window: square(56, 1, 1), C: 256, OC: 64},
		{Window: square(56, 3, 1), C: 64, OC: 64},
		{Window: square(56, 1, 2), C: 256, OC: 512},
		{Window: square(28, 3, 1), C: 128, OC: 128},
		{Window: square(14, 3, 1), C: 256, OC: 256},
		{Window: square(14, 1, 1), C: 1024, OC: 256},
		{Window: square(7, 3, 1), C: 512, OC: 512},
		{Window: square(7, 1, 1), C: 2048, OC: 512},
		// few channels
		{Window: square(64, 3, 1), C: 16, OC: 1},
		{Window: square(64, 3, 1), C: 16, OC: 3},
		{Window: square(56, 1, 1), C: 48, OC: 17},
		{Window: square(28, 3, 1), C: 64, OC: 64, Groups: 8},
	} {
		layers = append(layers, convLayer(fmt.Sprintf("%d_k%d_s%d_%d_%d_g%d", s.H, s.KH, s.StrideH, s.C, s.OC, max(s.Groups, 1)), 1, s))
	}
	benchmarkLayers(b, layers)
}

// BenchmarkConvCold runs layers in turn whose weights do not fit the second-level cache together, as in a network.
func BenchmarkConvCold(b *testing.B) {
	const bytes = 12 << 20
	for _, s := range []F32ConvSpec{
		{Window: square(28, 1, 1), C: 32, OC: 192},
		{Window: square(10, 1, 1), C: 672, OC: 112},
		{Window: square(5, 1, 1), C: 1152, OC: 320},
		{Window: square(14, 1, 1), C: 96, OC: 576},
		{Window: square(7, 1, 1), C: 160, OC: 960},
		{Window: square(7, 1, 1), C: 960, OC: 160},
		{Window: square(7, 1, 1), C: 320, OC: 1280},
		{Window: square(5, 3, 1), C: 512, OC: 512},
		{Window: square(5, 1, 1), C: 512, OC: 2048},
		{Window: square(5, 1, 1), C: 2048, OC: 512},
	} {
		b.Run(fmt.Sprintf("%d_k%d_s%d_%d_%d", s.H, s.KH, s.StrideH, s.C, s.OC), func(b *testing.B) {
			l := convLayer("", 1, s)
			weights, in, out := make([]float32, l.weights), make([]float32, l.in), make([]float32, l.out)
			values(rand.New(rand.NewPCG(15, 16)), weights, 0)
			runs := make([]func(out, in []float32), max(2, bytes/(4*l.weights)))
			for i := range runs {
				var err error
				if runs[i], err = l.prepare(weights, nil); err != nil {
					b.Fatal(err)
				}
			}
			i := 0
			benchmarkProducts(b, l.macs, func() {
				runs[i](out, in)
				i = (i + 1) % len(runs)
			})
		})
	}
}
