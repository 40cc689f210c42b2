package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// maps pairs the functions of slices with those of a number.
var maps = []struct {
	name string
	run  func(dst, src []float32)
	f    func(float32) float32
}{
	{"Exp", F32MapExp, F32Exp},
	{"Logistic", F32MapLogistic, F32Logistic},
	{"Tanh", F32MapTanh, F32Tanh},
	{"Log", F32MapLog, F32Log},
	{"Elu", F32Elu, elu},
	{"Gelu", F32Gelu, gelu},
	{"GeluTanh", F32GeluTanh, geluTanh},
}

func TestMap(t *testing.T) {
	stride := uint64(509)
	if testing.Short() {
		stride = 10_007
	}
	for _, m := range maps {
		t.Run(m.name, func(t *testing.T) {
			src, dst, want := make([]float32, 0, 1000), make([]float32, 1000), make([]float32, 1000)
			compare := func() {
				m.run(dst[:len(src)], src)
				for i, x := range src {
					if !sameFloat(dst[i], want[i]) {
						t.Fatalf("%s(%g) = %g, want %g", m.name, x, dst[i], want[i])
					}
				}
			}
			check := func() {
				F32Map(want[:len(src)], src, m.f)
				compare()
				withLesserVariants(compare)
				src = src[:0]
			}
			for b := uint64(0); b < 1<<32; b += stride {
				if src = append(src, math.Float32frombits(uint32(b))); len(src) == cap(src) {
					check()
				}
			}
			check()
			// Around the limits, where results turn into constants.
			for _, x := range []float32{0x1p-126, 0.625, 1.4142135, 0x1.48dcfcp+2, 9.0109, 10, 10.8, 18, 20, 87.33655, 87.683, 88.722839, 89, 103.97208, 104, 110, math.MaxFloat32} {
				for _, x := range []float32{x, -x, x / 2, -x / 2} {
					for up, down := x, x; len(src) < cap(src); {
						src = append(src, up, down)
						up, down = math.Nextafter32(up, 1000), math.Nextafter32(down, -1000)
					}
					check()
				}
			}
			r := rand.New(rand.NewPCG(28, 29))
			for n := range 70 {
				x, want := ended(t, n), make([]float32, n)
				values(r, x, 10)
				withoutVariants(func() { m.run(want, x) })
				compare := func() {
					out, intact := guarded(t, n)
					m.run(out, x)
					intact()
					same(t, "variant", out, want)
					place := append([]float32(nil), x...)
					m.run(place, place)
					same(t, "in place", place, want)
				}
				compare()
				withLesserVariants(compare)
			}
		})
	}
}

func BenchmarkMap(b *testing.B) {
	x := make([]float32, 4096)
	values(rand.New(rand.NewPCG(30, 31)), x, 0)
	dst := make([]float32, len(x))
	for _, m := range maps {
		b.Run(m.name, func(b *testing.B) {
			for b.Loop() {
				m.run(dst, x)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(len(x)), "ns/element")
		})
	}
}
