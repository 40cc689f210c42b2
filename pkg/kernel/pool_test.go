package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// pools pairs each pool with what it does to the values of a window, in the order of its rows.
var pools = []struct {
	name string
	make func(s F32PoolSpec) (*F32Pool, error)
	want func(window []float32) float32
	true func(window []float32) float64 // in float64
}{
	{"Avg", NewF32AvgPool, func(window []float32) float32 {
		sum := float32(0)
		for _, v := range window {
			sum += v
		}
		return sum / float32(len(window))
	}, func(window []float32) float64 {
		sum := 0.0
		for _, v := range window {
			sum += float64(v)
		}
		return sum / float64(len(window))
	}},
	{"L2", NewF32L2Pool, func(window []float32) float32 {
		sum := float32(0)
		for _, v := range window {
			sum = fma32(v, v, sum)
		}
		return float32(math.Sqrt(float64(sum / float32(len(window)))))
	}, func(window []float32) float64 {
		sum := 0.0
		for _, v := range window {
			sum += float64(v) * float64(v)
		}
		return math.Sqrt(sum / float64(len(window)))
	}},
	{"Max", NewF32MaxPool, func(window []float32) float32 {
		m := float32(math.Inf(-1))
		for _, v := range window {
			if v != v {
				return v
			}
			if v > m {
				m = v
			}
		}
		return m
	}, func(window []float32) float64 {
		m := math.Inf(-1)
		for _, v := range window {
			m = max(m, float64(v))
		}
		return m
	}},
}

func TestPool(t *testing.T) {
	for _, p := range pools {
		t.Run(p.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(23, 24))
			for i := range 200 {
				s := F32PoolSpec{Window: draw(r, 10, 4), C: 1 + r.IntN(30+i/2), Clamp: clamps[i%len(clamps)]}
				s.DilationH, s.DilationW = 1, 1
				s.Top, s.Left = min(s.Top, s.KH-1), min(s.Left, s.KW-1)
				s.OH, s.OW = min(s.OH, 1+(s.H-1+s.Top)/s.StrideH), min(s.OW, 1+(s.W-1+s.Left)/s.StrideW)
				n := 1 + r.IntN(2)
				in := ended(t, n*s.H*s.W*s.C)
				values(r, in, 15*(i%3))
				want := make([]float32, n*s.OH*s.OW*s.C)
				bounds := s.Clamp.bounds()
				for o := range want {
					c, x, y, image := o%s.C, o/s.C%s.OW, o/s.C/s.OW%s.OH, o/s.C/s.OW/s.OH
					var window []float32
					for ky := range s.KH {
						for kx := range s.KW {
							if iy, ix := y*s.StrideH-s.Top+ky, x*s.StrideW-s.Left+kx; iy >= 0 && iy < s.H && ix >= 0 && ix < s.W {
								window = append(window, in[((image*s.H+iy)*s.W+ix)*s.C+c])
							}
						}
					}
					v := p.want(window)
					if d := math.Abs(float64(v) - p.true(window)); i%3 == 0 && d > 1e-6*(1+math.Abs(float64(v))) {
						t.Fatalf("%+v: output %d is %g, in float64 %g", s, o, v, p.true(window))
					}
					want[o] = limit(v, &bounds)
				}
				out, intact := guarded(t, len(want))
				pool, err := p.make(s)
				if err != nil {
					t.Fatalf("%+v: %v", s, err)
				}
				check := func() {
					pool.Run(out, in)
					intact()
					same(t, fmt.Sprintf("%+v", s), out, want)
				}
				check()
				withoutVariants(check)
				if a := testing.AllocsPerRun(2, func() { pool.Run(out, in) }); a != 0 {
					t.Errorf("%v allocations in a run", a)
				}
				checkScan(t, pool, s.H*s.W*s.C, s.OH*s.OW*s.C)
			}
		})
	}
}

// TestPoolRefuses gives windows that lie outside the image: there is nothing to take the mean of.
func TestPoolRefuses(t *testing.T) {
	for name, change := range map[string]func(w *Window){
		"above": func(w *Window) { w.Top = 3 },
		"left":  func(w *Window) { w.Left = 3 },
		"below": func(w *Window) { w.OH = 6 },
		"right": func(w *Window) { w.OW = 7 },
	} {
		w := square(4, 3, 1)
		change(&w)
		if _, err := NewF32AvgPool(F32PoolSpec{Window: w, C: 1}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkPool(b *testing.B) {
	s := F32PoolSpec{Window: square(56, 3, 2), C: 64}
	in, out := make([]float32, s.H*s.W*s.C), make([]float32, s.OH*s.OW*s.C)
	for _, p := range pools {
		b.Run(p.name, func(b *testing.B) {
			b.SetBytes(int64(4 * len(in)))
			pool, err := p.make(s)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				pool.Run(out, in)
			}
		})
	}
}
