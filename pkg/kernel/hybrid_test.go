package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawActivations draws n floats of one magnitude, zeros and halves among them.
func drawActivations(t *rapid.T, n int) []float32 {
	unit := rapid.SampledFrom([]float32{1e-20, 0.01, 1, 300}).Draw(t, "unit")
	number := rapid.OneOf(rapid.Float32Range(-2, 2), rapid.SampledFrom([]float32{0, 0, 0.5, 1, 2}))
	x := rapid.SliceOfN(number, n, n).Draw(t, "x")
	for i, v := range x {
		if x[i] = v * unit; max(v, -v) < 1e-6 {
			x[i] = 0 // a range this small has no inverse
		}
	}
	return x
}

func drawFloatScales(t *rapid.T, n int) []float32 {
	n = rapid.SampledFrom([]int{1, n}).Draw(t, "scales")
	return rapid.SliceOfN(rapid.Float32Range(0.001, 0.1), n, n).Draw(t, "scale")
}

// naiveSteps are the integers of activations less their zero point, and their scale.
func naiveSteps(x []float32, asymmetric bool) (steps []int32, scale float32) {
	a := newHybridAffine(x, asymmetric)
	for _, v := range x {
		q := int32(math.Round(float64(float32(v*a.inverse)))) + a.zero
		steps = append(steps, min(max(q, a.least), 127)-a.zero)
	}
	return steps, a.scale
}

// TestHybridAffine demands of every range that its ends and 0 are within half a step of what stands for them, 0 exactly.
func TestHybridAffine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawActivations(t, rapid.IntRange(1, 9).Draw(t, "n"))
		asymmetric := rapid.Bool().Draw(t, "asymmetric")
		steps, scale := naiveSteps(x, asymmetric)
		for i, v := range x {
			if back := float64(scale) * float64(steps[i]); math.Abs(back-float64(v)) > 0.51*float64(scale) {
				t.Errorf("%v becomes %v by a scale of %v", v, back, scale)
			}
		}
		a := newHybridAffine(x, asymmetric)
		if a.of(0) != a.zero || a.zero < -128 || a.zero > 127 || !asymmetric && a.zero != 0 {
			t.Errorf("0 becomes %d, the zero point is %d", a.of(0), a.zero)
		}
		q, f := make([]int8, len(x)), make([]float32, len(x))
		a.quantize(q, x)
		a.steps(f, x)
		for i, want := range steps {
			if int32(q[i])-a.zero != want || f[i] != float32(want) {
				t.Errorf("%v becomes %d and %v, want %d", x[i], int32(q[i])-a.zero, f[i], want)
			}
		}
	})
}

// TestHybridAffineOfNoNumbers quantizes what no range holds: the same everywhere.
func TestHybridAffineOfNoNumbers(t *testing.T) {
	nan, inf, tiny := float32(math.NaN()), float32(math.Inf(1)), float32(math.SmallestNonzeroFloat32)
	for _, c := range []struct {
		x                     []float32
		symmetric, asymmetric []int8
	}{
		{[]float32{nan, 1, -1}, []int8{0, 127, -127}, []int8{-1, 126, -128}},
		{[]float32{nan, nan}, []int8{0, 0}, []int8{0, 0}},
		{[]float32{inf, 1, -1}, []int8{0, 0, 0}, []int8{0, 0, 0}},
		{[]float32{0, 0}, []int8{0, 0}, []int8{0, 0}},
		{[]float32{tiny, 0}, []int8{127, 0}, []int8{-128, -128}},
	} {
		got := [2][]int8{make([]int8, len(c.x)), make([]int8, len(c.x))}
		for i, asymmetric := range []bool{false, true} {
			a := newHybridAffine(c.x, asymmetric)
			a.quantize(got[i], c.x)
		}
		if want := [2][]int8{c.symmetric, c.asymmetric}; !cmp.Equal(got, want) {
			t.Errorf("%v: %v, want %v", c.x, got, want)
		}
	}
}

func TestHybridFullyConnected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := HybridFullyConnectedSpec{K: rapid.IntRange(1, 9).Draw(t, "K"), N: rapid.IntRange(1, 9).Draw(t, "N"), Asymmetric: rapid.Bool().Draw(t, "asymmetric")}
		s.Scale, s.Clamp = drawFloatScales(t, s.N), F32Clamp{On: rapid.Bool().Draw(t, "limited"), Lo: -1, Hi: 6}
		m := rapid.SampledFrom([]int{0, 1, 2, s8Strip + 3}).Draw(t, "M")
		weights, bias, x := drawInt8(t, "weights", s.N*s.K), drawActivations(t, s.N), drawActivations(t, m*s.K)
		f, err := NewHybridFullyConnected(s, weights, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]float32, m*s.N), make([]float32, m*s.N)
		f.Run(got, x, make([]float32, f.Scratch()))
		for i := range m {
			steps, scale := naiveSteps(x[i*s.K:][:s.K], s.Asymmetric)
			for n := range s.N {
				var sum int32
				for k, step := range steps {
					sum += step * int32(weights[n*s.K+k])
				}
				want[i*s.N+n] = bias[n] + float32(float32(sum)*float32(scale*s.Scale[n%len(s.Scale)]))
			}
		}
		if s.Clamp.On {
			Clamp(want, want, s.Clamp.Lo, s.Clamp.Hi)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestHybridConv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(1, 3).Draw(t, "groups")
		each, n := rapid.IntRange(1, 4).Draw(t, "C"), rapid.IntRange(1, 5).Draw(t, "OC")
		s := HybridConvSpec{Window: drawWindow(t, 2), C: groups * each, OC: groups * n, Groups: groups, Asymmetric: rapid.Bool().Draw(t, "asymmetric")}
		if rapid.Bool().Draw(t, "pointwise") {
			s.Window = Window{H: s.H, W: s.W, OH: s.H, OW: s.W, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
		}
		s.Scale = drawFloatScales(t, s.OC)
		k := s.taps() * each
		weights, bias, x := drawInt8(t, "weights", s.OC*k), drawActivations(t, s.OC), drawActivations(t, 2*s.H*s.W*s.C)
		c, err := NewHybridConv(s, weights, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]float32, 2*s.OH*s.OW*s.OC), []float32(nil)
		c.Run(got, x, make([]float32, c.Scratch()))
		for image := range 2 {
			steps, scale := naiveSteps(x[image*s.H*s.W*s.C:][:s.H*s.W*s.C], s.Asymmetric)
			for i := range s.OH * s.OW * s.OC {
				o, pixel := i%s.OC, i/s.OC
				var sum int32
				for tap := range s.taps() {
					if off := s.offset(pixel/s.OW, pixel%s.OW, tap, s.C); off >= 0 {
						for j := range each {
							sum += steps[off+o/n*each+j] * int32(weights[o*k+tap*each+j])
						}
					}
				}
				scales := [2]float32{s.Scale[o%len(s.Scale)], scale}
				y := float32(float32(sum) * float32(scales[0]*scales[1]))
				if s.Asymmetric {
					y = float32(float32(float32(sum)*scales[0]) * scales[1])
				}
				want = append(want, y+bias[o])
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestHybridMatMul compares a product of stacks with those of its matrices.
func TestHybridMatMul(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := func(label string) int { return rapid.IntRange(1, 5).Draw(t, label) }
		s := F32BatchMatMulSpec{M: dim("M"), K: dim("K"), N: dim("N"), AdjX: rapid.Bool().Draw(t, "adj x"), AdjY: rapid.Bool().Draw(t, "adj y"), X: []int{2}, Y: []int{rapid.IntRange(1, 2).Draw(t, "stacks")}}
		asymmetric, scale := rapid.Bool().Draw(t, "asymmetric"), drawFloatScales(t, s.N)
		x, y := drawActivations(t, 2*s.M*s.K), drawInt8(t, "y", s.Y[0]*s.K*s.N)
		b, err := NewHybridBatchMatMul(s, y, scale, asymmetric)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]float32, 2*s.M*s.N), make([]float32, 2*s.M*s.N)
		b.Run(got, x, make([]float32, b.Scratch()))
		for i := range 2 {
			left, right := make([]float32, s.M*s.K), make([]int8, s.N*s.K)
			for k := range s.K {
				for m := range s.M {
					from := m*s.K + k
					if s.AdjX {
						from = k*s.M + m
					}
					left[m*s.K+k] = x[i*s.M*s.K+from]
				}
				for n := range s.N {
					from := k*s.N + n
					if s.AdjY {
						from = n*s.K + k
					}
					right[n*s.K+k] = y[i%s.Y[0]*s.K*s.N+from]
				}
			}
			f, err := NewHybridFullyConnected(HybridFullyConnectedSpec{K: s.K, N: s.N, Asymmetric: asymmetric, Scale: scale}, right, nil)
			if err != nil {
				t.Fatal(err)
			}
			f.Run(want[i*s.M*s.N:][:s.M*s.N], left, make([]float32, f.Scratch()))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestHybridMisfits gives constructors what does not fit.
func TestHybridMisfits(t *testing.T) {
	window := Window{H: 2, W: 2, OH: 2, OW: 2, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	one := []float32{1}
	for name, err := range map[string]error{
		"weights": second(NewHybridFullyConnected(HybridFullyConnectedSpec{K: 2, N: 2, Scale: one}, make([]int8, 3), nil)),
		"bias":    second(NewHybridFullyConnected(HybridFullyConnectedSpec{K: 2, N: 2, Scale: one}, make([]int8, 4), one)),
		"scales":  second(NewHybridFullyConnected(HybridFullyConnectedSpec{K: 2, N: 2, Scale: make([]float32, 3)}, make([]int8, 4), nil)),
		"groups":  second(NewHybridConv(HybridConvSpec{Window: window, C: 3, OC: 2, Groups: 2, Scale: one}, make([]int8, 6), nil)),
		"channel": second(NewHybridDepthwise(F32DepthwiseSpec{Window: window, C: 2, Multiplier: 1}, make([]int8, 2), make([]float32, 3), nil)),
		"turned":  second(NewHybridTransposeConv(F32ConvSpec{Window: window, C: 2, OC: 2}, make([]int8, 3), one, nil)),
		"product": second(NewHybridBatchMatMul(F32BatchMatMulSpec{M: 1, K: 2, N: 2}, make([]int8, 5), one, false)),
		"blocks":  second(NewHybridBlocks(HybridBlocksSpec{K: 6, N: 2, Size: 4, Scale: make([]float32, 2)}, make([]int8, 12), nil)),
		"block's": second(NewHybridBlocks(HybridBlocksSpec{K: 8, N: 2, Size: 4, Scale: make([]float32, 3)}, make([]int8, 16), nil)),
		"cells":   second(NewHybridRNN(F32RNNSpec{Inputs: 2, Units: 2}, S8Matrix{make([]int8, 4), 1}, S8Matrix{}, S8Matrix{make([]int8, 3), 1}, nil, false)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestHybridBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 3).Draw(t, "blocks")
		s := HybridBlocksSpec{Size: rapid.IntRange(1, 5).Draw(t, "size"), N: rapid.IntRange(1, 5).Draw(t, "N"), Clamp: F32Clamp{On: rapid.Bool().Draw(t, "limited"), Hi: 6}}
		s.K = s.Size * count
		s.Scale = rapid.SliceOfN(rapid.Float32Range(0.001, 0.1), s.N*count, s.N*count).Draw(t, "scale")
		m := rapid.SampledFrom([]int{1, s8Strip + 2}).Draw(t, "M")
		weights, bias, x := drawInt8(t, "weights", s.N*s.K), drawActivations(t, s.N), drawActivations(t, m*s.K)
		h, err := NewHybridBlocks(s, weights, bias)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]float32, m*s.N), make([]float32, m*s.N)
		h.Run(got, x, make([]float32, h.Scratch()))
		for i := range m {
			a := newHybridAffine(x[i*s.K:][:s.K], true)
			for n := range s.N {
				var products, sums float32
				for b := range count {
					var product, sum int32
					for k := b * s.Size; k < (b+1)*s.Size; k++ {
						product += a.of(x[i*s.K+k]) * int32(weights[n*s.K+k])
						sum += int32(weights[n*s.K+k])
					}
					products += float32(float32(product) * s.Scale[n*count+b])
					sums += float32(s.Scale[n*count+b] * float32(sum))
				}
				want[i*s.N+n] = float32((products-float32(float32(a.zero)*sums))*a.scale) + bias[n]
			}
		}
		if s.Clamp.On {
			Clamp(want, want, s.Clamp.Lo, s.Clamp.Hi)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
