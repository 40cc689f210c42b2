package kernel

import (
	"math"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawInt16 draws n int16, the extremes often.
func drawInt16(t *rapid.T, label string, n int) []int16 {
	any16 := rapid.OneOf(rapid.Int16(), rapid.SampledFrom([]int16{math.MinInt16, math.MaxInt16, 0}))
	return rapid.SliceOfN(any16, n, n).Draw(t, label)
}

// drawResult16 draws how sums of n channels become int16.
func drawResult16(t *rapid.T, n int) S16Result {
	r := S16Result{Lo: math.MinInt16, Hi: math.MaxInt16, Int32: rapid.Bool().Draw(t, "int32")}
	if rapid.Bool().Draw(t, "limited") {
		r.Lo, r.Hi = 0, 20000
	}
	float := rapid.Bool().Draw(t, "float")
	for range rapid.SampledFrom([]int{1, n}).Draw(t, "scales") {
		m, shift := rapid.Int32Range(1<<30, math.MaxInt32).Draw(t, "m"), rapid.IntRange(-14, -5).Draw(t, "shift")
		switch {
		case float:
			r.Factor = append(r.Factor, math.Ldexp(float64(m), shift-31))
		case r.Int32:
			r.Narrow = append(r.Narrow, NewMultiplier(m, shift))
		default:
			r.Scale = append(r.Scale, NewS16Scale(m, shift))
		}
	}
	return r
}

// naive is what a sum of channel c becomes.
func (r S16Result) naive(sum int64, c int) int16 {
	var v float64
	switch k := func(n int) int { return min(c, n-1) }; {
	case r.Factor != nil && r.Int32:
		v = math.Round(float64(int32(sum)) * r.Factor[k(len(r.Factor))])
	case r.Factor != nil:
		v = math.Round(float64(sum) * r.Factor[k(len(r.Factor))])
	case r.Int32:
		v = float64(r.Narrow[k(len(r.Narrow))].Rescale(int32(sum)))
	default:
		s := r.Scale[k(len(r.Scale))]
		v = float64(int32((sum*s.m + int64(1)<<s.right/2) >> s.right))
	}
	return int16(min(max(v, float64(r.Lo)), float64(r.Hi)))
}

func drawBias16(t *rapid.T, n int) []int64 {
	if rapid.Bool().Draw(t, "no bias") {
		return nil
	}
	return rapid.SliceOfN(rapid.Int64Range(-1<<40, 1<<40), n, n).Draw(t, "bias")
}

func at16(bias []int64, c int) int64 {
	if bias == nil {
		return 0
	}
	return bias[c]
}

func TestS16Conv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(1, 3).Draw(t, "groups")
		c, n, batch := rapid.IntRange(1, 5).Draw(t, "c"), rapid.IntRange(1, 6).Draw(t, "n"), rapid.IntRange(1, 2).Draw(t, "batch")
		s := S16ConvSpec{Window: drawWindow(t, 2), C: c * groups, OC: n * groups, Groups: groups}
		s.Result = drawResult16(t, s.OC)
		in, w, bias := drawInt16(t, "in", batch*s.H*s.W*s.C), drawInt8(t, "w", s.OC*s.taps()*c), drawBias16(t, s.OC)
		conv, err := NewS16Conv(s, w, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int16, batch*s.OH*s.OW*s.OC), []int16(nil)
		conv.Run(got, in, make([]int16, conv.Scratch()))
		for i := range got {
			o, pixel, b := i%s.OC, i/s.OC%(s.OH*s.OW), i/s.OC/(s.OH*s.OW)
			sum := at16(bias, o)
			for tap := range s.taps() {
				off := s.offset(pixel/s.OW, pixel%s.OW, tap, s.C)
				for j := 0; off >= 0 && j < c; j++ {
					sum += int64(in[b*s.H*s.W*s.C+off+o/n*c+j]) * int64(w[(o*s.taps()+tap)*c+j])
				}
			}
			want = append(want, s.Result.naive(sum, o))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestS16Depthwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := S16DepthwiseSpec{Window: drawWindow(t, 2), C: rapid.SampledFrom([]int{1, 2, 5, 70}).Draw(t, "c"), Multiplier: rapid.IntRange(1, 3).Draw(t, "multiplier")}
		oc := s.C * s.Multiplier
		s.Result = drawResult16(t, oc)
		in, w, bias := drawInt16(t, "in", s.H*s.W*s.C), drawInt8(t, "w", s.taps()*oc), drawBias16(t, oc)
		d, err := NewS16Depthwise(s, w, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int16, s.OH*s.OW*oc), []int16(nil)
		d.Run(got, in)
		for i := range got {
			o, pixel := i%oc, i/oc
			sum := at16(bias, o)
			for tap := range s.taps() {
				if off := s.offset(pixel/s.OW, pixel%s.OW, tap, s.C); off >= 0 {
					sum += int64(in[off+o/s.Multiplier]) * int64(w[tap*oc+o])
				}
			}
			want = append(want, s.Result.naive(sum, o))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestS16TransposeConv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := S16ConvSpec{Window: drawWindow(t, 1), C: rapid.IntRange(1, 5).Draw(t, "c"), OC: rapid.IntRange(1, 6).Draw(t, "oc")}
		s.Result = drawResult16(t, s.OC)
		in, w, bias := drawInt16(t, "in", s.H*s.W*s.C), drawInt8(t, "w", s.OC*s.taps()*s.C), drawBias16(t, s.OC)
		conv, err := NewS16TransposeConv(s, w, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int16, s.OH*s.OW*s.OC), []int16(nil)
		conv.Run(got, in, make([]int64, conv.Scratch()))
		for i := range got {
			o, pixel := i%s.OC, i/s.OC
			sum := at16(bias, o)
			for from := range s.H * s.W {
				for tap := range s.taps() {
					if from/s.W*s.StrideH-s.Top+tap/s.KW != pixel/s.OW || from%s.W*s.StrideW-s.Left+tap%s.KW != pixel%s.OW {
						continue
					}
					for c := range s.C {
						sum += int64(in[from*s.C+c]) * int64(w[(o*s.taps()+tap)*s.C+c])
					}
				}
			}
			want = append(want, s.Result.naive(sum, o))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestS16FullyConnected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := S16FullyConnectedSpec{K: rapid.IntRange(1, 300).Draw(t, "k"), N: rapid.IntRange(1, 9).Draw(t, "n")}
		s.WeightZero = rapid.SampledFrom([]int32{0, 0, -128, 127}).Draw(t, "weight zero")
		s.Result = drawResult16(t, s.N)
		m := rapid.IntRange(1, 20).Draw(t, "m")
		in, w, bias := drawInt16(t, "in", m*s.K), drawInt8(t, "w", s.N*s.K), drawBias16(t, s.N)
		f, err := NewS16FullyConnected(s, w, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int16, m*s.N), []int16(nil)
		f.Run(got, in)
		for i := range m {
			for j := range s.N {
				sum := at16(bias, j)
				for k := range s.K {
					sum += int64(in[i*s.K+k]) * (int64(w[j*s.K+k]) - int64(s.WeightZero))
				}
				want = append(want, s.Result.naive(sum, j))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestS16DeepSums adds up products of the greatest magnitude, more than fit into 32 bits, of operands that end where memory does.
func TestS16DeepSums(t *testing.T) {
	for _, k := range []int{1, 15, 16, 17, 2048, 2049, 5003} {
		in := endedOf[int16](t, k)
		for _, x := range []int16{math.MinInt16, math.MaxInt16} {
			for _, w := range []int8{-128, 127} {
				for i := range in {
					in[i] = x
				}
				memory := endedOf[int8](t, 3*k)
				for i := range memory {
					memory[i] = w
				}
				right := s16Right[int8]{k: k, n: 3, w: memory, narrow: memory, bias: []int64{5, -7, 0}}
				var got [s16Block]int64
				right.sums(&got, in, 0)
				for j, b := range right.bias {
					if want := int64(k)*int64(x)*int64(w) + b; got[j] != want {
						t.Errorf("%d products of %d and %d, and %d, are %d, want %d", k, x, w, b, got[j], want)
					}
				}
			}
		}
	}
}

// endedOf is ended for smaller elements.
func endedOf[T int8 | int16](t *testing.T, n int) []T {
	size := int(unsafe.Sizeof(T(0)))
	memory := ended(t, (n*size+3)/4)
	start := unsafe.Add(unsafe.Pointer(unsafe.SliceData(memory)), 4*len(memory)-n*size)
	return unsafe.Slice((*T)(start), n)
}

func TestS16BatchMatMul(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := func(label string) int { return rapid.IntRange(1, 9).Draw(t, label) }
		s := F32BatchMatMulSpec{M: dim("m"), K: dim("k"), N: dim("n"), AdjX: rapid.Bool().Draw(t, "adjoint x"), AdjY: rapid.Bool().Draw(t, "adjoint y"), X: []int{3}, Y: []int{1}}
		r := drawResult16(t, 1)
		x, y := drawInt16(t, "x", 3*s.M*s.K), drawInt16(t, "y", s.K*s.N)
		b, err := NewS16BatchMatMul(s, r)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]int16, 3*s.M*s.N), []int16(nil)
		b.Run(got, x, y, make([]int16, b.Scratch()))
		for i := range got {
			n, m, first := i%s.N, i/s.N%s.M, i/s.N/s.M*s.M*s.K
			sum := int64(0)
			for k := range s.K {
				xi, yi := m*s.K+k, k*s.N+n
				if s.AdjX {
					xi = k*s.M + m
				}
				if s.AdjY {
					yi = n*s.K + k
				}
				sum += int64(x[first+xi]) * int64(y[yi])
			}
			want = append(want, r.naive(sum, 0))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestS16Curves compares tables with the functions, in units of the result: a straight line is off by little, and the result rounded. Of the hyperbolic tangent and
// the logistic function the table is TFLite's, a little off the functions.
func TestS16Curves(t *testing.T) {
	all := make([]int16, 1<<16)
	for i := range all {
		all[i] = int16(i)
	}
	got := make([]int16, len(all))
	scale := 5.0 / math.MaxInt16
	sigmoid := &S16Sigmoid{Multiplier: int32(scale * 12288 * (1 << 13)), Shift: 13}
	for _, c := range []struct {
		name string
		run  func(dst, src []int16)
		out  float64
		f    func(x float64) float64
		far  float64
	}{
		{"exp", NewS16Table(CurveExp, float32(scale), 150.0/math.MaxInt16).Apply, 150.0 / math.MaxInt16, math.Exp, 8},
		{"gelu", NewS16Table(CurveGelu, float32(scale), float32(scale)).Apply, scale, func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }, 2},
		{"gelu by tanh", NewS16Table(CurveGeluTanh, float32(scale), float32(scale)).Apply, scale, func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }, 6},
		{"logistic", sigmoid.Logistic, 1.0 / 32768, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 2},
		{"tanh", sigmoid.Tanh, 1.0 / 32768, math.Tanh, 3},
	} {
		c.run(got, all)
		for i, q := range all {
			want := min(max(c.f(float64(q)*scale)/c.out, math.MinInt16), math.MaxInt16)
			if math.Abs(float64(got[i])-want) > c.far {
				t.Errorf("%s of %d is %d, want %.2f", c.name, q, got[i], want)
				break
			}
		}
	}
}

func TestS16Softmax(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 50).Draw(t, "n")
		row, got := drawInt16(t, "row", n), make([]int16, n)
		scale := rapid.Float64Range(1e-5, 1e-3).Draw(t, "scale")
		m, shift := math.Frexp(scale * 6553.5)
		S16Softmax(got, row, n, NewMultiplier(int32(m*(1<<31-1)), shift))
		sum := 0.0
		for _, q := range row {
			sum += math.Exp(scale * float64(q))
		}
		for i, q := range row {
			if want := math.Exp(scale*float64(q)) / sum * 32768; math.Abs(float64(got[i])-want) > 16+2*float64(n) {
				t.Fatalf("element %d of the softmax of %v at %g is %d, want %g", i, row, scale, got[i], want)
			}
		}
	})
}

func TestS16LayersRefuse(t *testing.T) {
	window := Window{H: 2, W: 2, OH: 2, OW: 2, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	one := S16Result{Lo: math.MinInt16, Hi: math.MaxInt16, Scale: make([]S16Scale, 1)}
	good := S16ConvSpec{Window: window, C: 2, OC: 2, Result: one}
	bad := func(change func(*S16ConvSpec)) S16ConvSpec {
		s := good
		change(&s)
		return s
	}
	for name, err := range map[string]error{
		"groups":    second(NewS16Conv(bad(func(s *S16ConvSpec) { s.Groups = 3 }), make([]int8, 4), nil)),
		"weights":   second(NewS16Conv(good, make([]int8, 5), nil)),
		"bias":      second(NewS16Conv(good, make([]int8, 4), make([]int64, 1))),
		"factors":   second(NewS16Conv(bad(func(s *S16ConvSpec) { s.Result.Scale = make([]S16Scale, 3) }), make([]int8, 4), nil)),
		"narrow":    second(NewS16Conv(bad(func(s *S16ConvSpec) { s.Result.Int32 = true }), make([]int8, 4), nil)),
		"limits":    second(NewS16Conv(bad(func(s *S16ConvSpec) { s.Result.Hi = 1 << 15 }), make([]int8, 4), nil)),
		"window":    second(NewS16Conv(bad(func(s *S16ConvSpec) { s.StrideH = 0 }), make([]int8, 4), nil)),
		"dilated":   second(NewS16TransposeConv(bad(func(s *S16ConvSpec) { s.DilationW = 2 }), make([]int8, 4), nil)),
		"depthwise": second(NewS16Depthwise(S16DepthwiseSpec{Window: window, C: 2, Result: one}, make([]int8, 2), nil)),
		"connected": second(NewS16FullyConnected(S16FullyConnectedSpec{K: 0, N: 1, Result: one}, []int8(nil), nil)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := NewS16Conv(good, make([]int8, 4), nil); err != nil {
		t.Error(err)
	}
}

func TestS16NoAllocation(t *testing.T) {
	window := Window{H: 4, W: 4, OH: 4, OW: 4, KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Top: 1, Left: 1}
	result := S16Result{Lo: math.MinInt16, Hi: math.MaxInt16, Scale: make([]S16Scale, 1)}
	conv, err := NewS16Conv(S16ConvSpec{Window: window, C: 2, OC: 2, Result: result}, make([]int8, 36), nil)
	if err != nil {
		t.Fatal(err)
	}
	product, err := NewS16BatchMatMul(F32BatchMatMulSpec{M: 4, K: 2, N: 4, X: []int{4}, Y: []int{1}}, result)
	if err != nil {
		t.Fatal(err)
	}
	q, out, scratch, sums := make([]int16, 32), make([]int16, 64), make([]int16, conv.Scratch()), make([]int64, 4)
	reduce := S16Reduce{Shape: []int{2, 2, 2, 4}, Kept: []int{2, 1, 1, 2}}
	for name, f := range map[string]func(){
		"S16Conv":        func() { conv.Run(out[:32], q, scratch) },
		"S16BatchMatMul": func() { product.Run(out, q, q[:8], scratch) },
		"Mean":           func() { reduce.Mean(out[:4], q, Multiplier{}, make([]int32, 4)) },
		"Prod":           func() { reduce.Prod(out[:4], q, S16Scale{}, sums) },
		"S16Softmax":     func() { S16Softmax(out[:32], q, 8, Multiplier{}) },
	} {
		if n := testing.AllocsPerRun(5, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func BenchmarkS16Conv(b *testing.B) {
	s := S16ConvSpec{
		Window: Window{H: 28, W: 28, OH: 28, OW: 28, KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Top: 1, Left: 1},
		C:      64, OC: 64, Result: S16Result{Lo: math.MinInt16, Hi: math.MaxInt16, Scale: []S16Scale{NewS16Scale(1<<30, -8)}},
	}
	conv, err := NewS16Conv(s, make([]int8, 64*9*64), nil)
	if err != nil {
		b.Fatal(err)
	}
	in, out, scratch := make([]int16, 28*28*64), make([]int16, 28*28*64), make([]int16, conv.Scratch())
	for b.Loop() {
		conv.Run(out, in, scratch)
	}
	b.ReportMetric(float64(b.N)*28*28*64*64*9*2/1e9/b.Elapsed().Seconds(), "GOPS")
}
