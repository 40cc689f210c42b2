package kernel

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawInt8 draws n int8, the extremes often.
func drawInt8(t *rapid.T, label string, n int) []int8 {
	any8 := rapid.OneOf(rapid.Int8(), rapid.SampledFrom([]int8{-128, 127, 0}))
	return rapid.SliceOfN(any8, n, n).Draw(t, label)
}

// drawResult draws how sums of n channels become int8.
func drawResult(t *rapid.T, n int) S8Result {
	r := S8Result{Zero: rapid.Int32Range(-128, 127).Draw(t, "zero"), Lo: -128, Hi: 127}
	if rapid.Bool().Draw(t, "limited") {
		r.Lo, r.Hi = -100, 90
	}
	for range rapid.SampledFrom([]int{1, n}).Draw(t, "scales") {
		r.Scale = append(r.Scale, NewMultiplier(rapid.Int32Range(1<<30, math.MaxInt32).Draw(t, "m"), rapid.IntRange(-14, -5).Draw(t, "shift")))
	}
	return r
}

// naive is what a sum of channel c becomes.
func (r S8Result) naive(sum int32, c int) int8 {
	s := r.Scale[min(c, len(r.Scale)-1)]
	return int8(min(max(s.Rescale(sum)+r.Zero, r.Lo), r.Hi))
}

// drawWindow draws a small window over an image of any size, from which outputs may lie outside.
func drawWindow(t *rapid.T, dilation int) Window {
	dim := func(label string, hi int) int { return rapid.IntRange(1, hi).Draw(t, label) }
	return Window{
		H: dim("H", 6), W: dim("W", 6), OH: dim("OH", 5), OW: dim("OW", 5), KH: dim("KH", 3), KW: dim("KW", 3), StrideH: dim("StrideH", 3), StrideW: dim("StrideW", 3),
		DilationH: dim("DilationH", dilation), DilationW: dim("DilationW", dilation), Top: dim("Top", 3) - 1, Left: dim("Left", 3) - 1,
	}
}

func drawBias(t *rapid.T, n int) []int32 {
	if rapid.Bool().Draw(t, "no bias") {
		return nil
	}
	return rapid.SliceOfN(rapid.Int32(), n, n).Draw(t, "bias")
}

func at(bias []int32, c int) int32 {
	if bias == nil {
		return 0
	}
	return bias[c]
}

func TestS8Conv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(1, 3).Draw(t, "groups")
		c, n, batch := rapid.IntRange(1, 5).Draw(t, "c"), rapid.IntRange(1, 6).Draw(t, "n"), rapid.IntRange(1, 2).Draw(t, "batch")
		s := S8ConvSpec{Window: drawWindow(t, 2), C: c * groups, OC: n * groups, Groups: groups, InZero: rapid.Int32Range(-128, 127).Draw(t, "in zero")}
		s.Result = drawResult(t, s.OC)
		in, w, bias := drawInt8(t, "in", batch*s.H*s.W*s.C), drawInt8(t, "w", s.OC*s.taps()*c), drawBias(t, s.OC)
		conv, err := NewS8Conv(s, w, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int8, batch*s.OH*s.OW*s.OC), []int8(nil)
		conv.Run(got, in, make([]int64, conv.Scratch()))
		for b := range batch {
			for pixel := range s.OH * s.OW {
				for o := range s.OC {
					sum := at(bias, o)
					for tap := range s.taps() {
						off := s.offset(pixel/s.OW, pixel%s.OW, tap, s.C)
						if off < 0 {
							continue
						}
						for i := range c {
							x := int32(in[b*s.H*s.W*s.C+off+o/n*c+i]) - s.InZero
							sum += x * int32(w[(o*s.taps()+tap)*c+i])
						}
					}
					want = append(want, s.Result.naive(sum, o))
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestS8Depthwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := S8DepthwiseSpec{Window: drawWindow(t, 2), C: rapid.SampledFrom([]int{1, 2, 5, 70}).Draw(t, "c"), Multiplier: rapid.IntRange(1, 3).Draw(t, "multiplier")}
		s.InZero = rapid.Int32Range(-128, 127).Draw(t, "in zero")
		oc, batch := s.C*s.Multiplier, rapid.IntRange(1, 2).Draw(t, "batch")
		s.Result = drawResult(t, oc)
		in, w, bias := drawInt8(t, "in", batch*s.H*s.W*s.C), drawInt8(t, "w", s.taps()*oc), drawBias(t, oc)
		d, err := NewS8Depthwise(s, w, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int8, batch*s.OH*s.OW*oc), []int8(nil)
		d.Run(got, in, make([]int32, d.Scratch()))
		for b := range batch {
			for pixel := range s.OH * s.OW {
				for o := range oc {
					sum := at(bias, o)
					for tap := range s.taps() {
						if off := s.offset(pixel/s.OW, pixel%s.OW, tap, s.C); off >= 0 {
							sum += (int32(in[b*s.H*s.W*s.C+off+o/s.Multiplier]) - s.InZero) * int32(w[tap*oc+o])
						}
					}
					want = append(want, s.Result.naive(sum, o))
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestS8TransposeConv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := S8ConvSpec{Window: drawWindow(t, 1), C: rapid.IntRange(1, 5).Draw(t, "c"), OC: rapid.IntRange(1, 6).Draw(t, "oc")}
		s.InZero = rapid.Int32Range(-128, 127).Draw(t, "in zero")
		s.Result = drawResult(t, s.OC)
		in, w, bias := drawInt8(t, "in", s.H*s.W*s.C), drawInt8(t, "w", s.OC*s.taps()*s.C), drawBias(t, s.OC)
		conv, err := NewS8TransposeConv(s, w, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int8, s.OH*s.OW*s.OC), []int8(nil)
		conv.Run(got, in, make([]int64, conv.Scratch()))
		for pixel := range s.OH * s.OW {
			for o := range s.OC {
				sum := at(bias, o)
				for from := range s.H * s.W {
					for tap := range s.taps() {
						if from/s.W*s.StrideH-s.Top+tap/s.KW != pixel/s.OW || from%s.W*s.StrideW-s.Left+tap%s.KW != pixel%s.OW {
							continue
						}
						for c := range s.C {
							sum += (int32(in[from*s.C+c]) - s.InZero) * int32(w[(o*s.taps()+tap)*s.C+c])
						}
					}
				}
				want = append(want, s.Result.naive(sum, o))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestS8FullyConnected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := S8FullyConnectedSpec{K: rapid.IntRange(1, 40).Draw(t, "k"), N: rapid.IntRange(1, 9).Draw(t, "n")}
		s.InZero, s.WeightZero = rapid.Int32Range(-128, 127).Draw(t, "in zero"), rapid.Int32Range(-128, 127).Draw(t, "weight zero")
		s.Result = drawResult(t, s.N)
		m := rapid.IntRange(1, 20).Draw(t, "m")
		in, w, bias := drawInt8(t, "in", m*s.K), drawInt8(t, "w", s.N*s.K), drawBias(t, s.N)
		f, err := NewS8FullyConnected(s, w, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int8, m*s.N), []int8(nil)
		f.Run(got, in, make([]int64, f.Scratch(len(in)/s.K)))
		for i := range m {
			for j := range s.N {
				sum := at(bias, j)
				for k := range s.K {
					sum += (int32(in[i*s.K+k]) - s.InZero) * (int32(w[j*s.K+k]) - s.WeightZero)
				}
				want = append(want, s.Result.naive(sum, j))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestS8BatchMatMul(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := func(label string) int { return rapid.IntRange(1, 9).Draw(t, label) }
		s := F32BatchMatMulSpec{M: dim("m"), K: dim("k"), N: dim("n"), AdjX: rapid.Bool().Draw(t, "adjoint x"), AdjY: rapid.Bool().Draw(t, "adjoint y"), X: []int{3}, Y: []int{1}}
		xZero, yZero := rapid.Int32Range(-128, 127).Draw(t, "x zero"), rapid.Int32Range(-128, 127).Draw(t, "y zero")
		r := drawResult(t, 1)
		x, y := drawInt8(t, "x", 3*s.M*s.K), drawInt8(t, "y", s.K*s.N)
		b, err := NewS8BatchMatMul(s, xZero, yZero, r)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int8, 3*s.M*s.N), []int8(nil)
		b.Run(got, x, y, make([]int64, b.Scratch()))
		for i := range 3 {
			for m := range s.M {
				for n := range s.N {
					sum := int32(0)
					for k := range s.K {
						xi, yi := m*s.K+k, k*s.N+n
						if s.AdjX {
							xi = k*s.M + m
						}
						if s.AdjY {
							yi = n*s.K + k
						}
						sum += (int32(x[i*s.M*s.K+xi]) - xZero) * (int32(y[yi]) - yZero)
					}
					want = append(want, r.naive(sum, 0))
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestS8DeepSums adds up products of the greatest magnitude, more than fit into half a word.
func TestS8DeepSums(t *testing.T) {
	const k = 2*s8Chunk + 17
	in, w := make([]int8, 2*k), make([]int8, 3*k)
	for i := range k {
		in[i], in[k+i] = -128, 127
		w[i], w[k+i], w[2*k+i] = -128, 127, 1
	}
	f, err := NewS8FullyConnected(S8FullyConnectedSpec{K: k, N: 3, WeightZero: 127, Result: S8Result{Lo: -128, Hi: 127, Factor: []float64{1e-7}}}, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, want := make([]int8, 6), []int8(nil)
	f.Run(got, in, make([]int64, f.Scratch(len(in)/k)))
	for _, x := range []int{-128, 127} {
		for _, w := range []int{-128, 127, 1} {
			sum := int32(k * x * (w - 127)) // wraps
			want = append(want, int8(min(max(math.Round(float64(sum)*1e-7), -128), 127)))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestS8LayersRefuse(t *testing.T) {
	window := Window{H: 2, W: 2, OH: 2, OW: 2, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	one := S8Result{Lo: -128, Hi: 127, Scale: make([]Multiplier, 1)}
	good := S8ConvSpec{Window: window, C: 2, OC: 2, Result: one}
	bad := func(change func(*S8ConvSpec)) S8ConvSpec {
		s := good
		change(&s)
		return s
	}
	for name, err := range map[string]error{
		"groups":      second(NewS8Conv(bad(func(s *S8ConvSpec) { s.Groups = 3 }), make([]int8, 4), nil)),
		"weights":     second(NewS8Conv(good, make([]int8, 5), nil)),
		"bias":        second(NewS8Conv(good, make([]int8, 4), make([]int32, 1))),
		"multipliers": second(NewS8Conv(bad(func(s *S8ConvSpec) { s.Result.Scale = make([]Multiplier, 3) }), make([]int8, 4), nil)),
		"limits":      second(NewS8Conv(bad(func(s *S8ConvSpec) { s.Result.Lo = -129 }), make([]int8, 4), nil)),
		"window":      second(NewS8Conv(bad(func(s *S8ConvSpec) { s.StrideH = 0 }), make([]int8, 4), nil)),
		"dilated":     second(NewS8TransposeConv(bad(func(s *S8ConvSpec) { s.DilationW = 2 }), make([]int8, 4), nil)),
		"depthwise":   second(NewS8Depthwise(S8DepthwiseSpec{Window: window, C: 2, Result: one}, make([]int8, 2), nil)),
		"connected":   second(NewS8FullyConnected(S8FullyConnectedSpec{K: 0, N: 1, Result: one}, nil, nil)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := NewS8Conv(good, make([]int8, 4), nil); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func BenchmarkS8Conv(b *testing.B) {
	for _, c := range []struct {
		n, k, stride, c, oc int
	}{{224, 3, 2, 3, 32}, {56, 1, 1, 24, 144}, {28, 1, 1, 192, 32}, {14, 1, 1, 96, 576}, {7, 1, 1, 960, 320}, {28, 3, 1, 64, 64}, {14, 3, 1, 256, 256}, {7, 1, 1, 2048, 512}} {
		s := S8ConvSpec{Window: square(c.n, c.k, c.stride), C: c.c, OC: c.oc, Result: S8Result{Lo: -128, Hi: 127, Scale: []Multiplier{NewMultiplier(1<<30, -8)}}}
		b.Run(fmt.Sprintf("%v_c%d_oc%d", s.Window, c.c, c.oc), func(b *testing.B) {
			conv, err := NewS8Conv(s, make([]int8, s.taps()*s.C*s.OC), nil)
			if err != nil {
				b.Fatal(err)
			}
			in, out, scratch := make([]int8, s.H*s.W*s.C), make([]int8, s.OH*s.OW*s.OC), make([]int64, conv.Scratch())
			benchmarkIntegers(b, s.OH*s.OW*s.OC*s.taps()*s.C, func() { conv.Run(out, in, scratch) })
		})
	}
}
