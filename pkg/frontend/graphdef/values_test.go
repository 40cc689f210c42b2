package graphdef

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestConstantsOfTypesWithoutKernels computes on float64 and others: constants fold on any type.
func TestConstantsOfTypesWithoutKernels(t *testing.T) {
	for _, c := range []struct {
		d    tfpb.DataType
		op   string // of a = 7 and b = -2
		want float32
	}{
		{tfpb.Double, "AddV2(a, b)", 5}, {tfpb.Double, "RealDiv(a, b)", -3.5}, {tfpb.Double, "FloorDiv(a, b)", -4}, {tfpb.Double, "FloorMod(a, b)", -1},
		{tfpb.Double, "Pow(a, b)", 1.0 / 49}, {tfpb.Double, "Sqrt(a)", 2.6457513}, {tfpb.Double, "Exp(b)", 0.13533528}, {tfpb.Double, "Maximum(a, b)", 7},
		{tfpb.Double, "Atan2(a, b)", 1.8490959}, {tfpb.Double, "SquaredDifference(a, b)", 81}, {tfpb.Double, "Floor(b)", -2},
		{tfpb.Int64, "FloorDiv(a, b)", -4}, {tfpb.Int64, "TruncateDiv(a, b)", -3}, {tfpb.Int64, "TruncateMod(a, b)", 1}, {tfpb.Int64, "BitwiseAnd(a, b)", 6},
		{tfpb.Half, "Mul(a, b)", -14}, {tfpb.Half, "Tan(b)", 2.1850398}, {tfpb.Bfloat16, "Sub(a, b)", 9}, {tfpb.Uint64, "Mul(a, a)", 49}, {tfpb.Int8, "Mul(a, b)", -14},
	} {
		list := append(nodes("a = Cast(seven)", "b = Cast(two)", "r = "+c.op, "y = Cast(r)"),
			constant("seven", tensor.F32(nil, 7)), constant("two", tensor.F32(nil, -2)))
		list[0], list[1], list[3] = attrs(list[0], "DstT", c.d), attrs(list[1], "DstT", c.d), attrs(list[3], "DstT", tfpb.Float)
		m, err := imported(nil, list...)
		if err != nil {
			t.Errorf("%v %s: %v", c.d, c.op, err)
			continue
		}
		y := m.Graphs[0].Outputs[0]
		if y.Const == nil {
			t.Errorf("%v %s does not fold: %s", c.d, c.op, opsOf(m))
			continue
		}
		limit := 1e-6
		if c.d == tfpb.Half {
			limit = 1e-3
		}
		if got := tensor.View[float32](y.Const)[0]; math.Abs(float64(got-c.want)) > limit*math.Abs(float64(c.want)) {
			t.Errorf("%v %s is %v, want %v", c.d, c.op, got, c.want)
		}
	}
}

// TestDivisionOfNarrowNumbers divides 64-bit integers that are surely narrow.
func TestDivisionOfNarrowNumbers(t *testing.T) {
	n := nodes("i = ArgMax(x0, axis)", "w = Cast(three)", "y = FloorDiv(i, w)")
	n[1] = attrs(n[1], "DstT", tfpb.Int64)
	x := vector[float32](f32, 0, 1, 2, 3, 4, 9, 5, 6)
	y := compute(t, of(x), append(n, constant("axis", tensor.I32(nil, 0)), constant("three", tensor.I32(nil, 3)))...)
	if got := tensor.View[int64](y); len(got) != 1 || got[0] != 1 {
		t.Errorf("5 / 3 = %v", got)
	}
}

// TestStatelessNumbers takes what TensorFlow 2.21 draws.
func TestStatelessNumbers(t *testing.T) {
	for _, c := range []struct {
		op   string
		seed *tensor.Tensor
		want []float32
	}{
		{"StatelessRandomUniform", tensor.I32(tensor.Shape{2}, 1, 2), []float32{0.8440604, 0.19204533, 0.9962232, 0.1603874, 0.27199018}},
		{"StatelessRandomNormal", tensor.I32(tensor.Shape{2}, 7, -9), []float32{1.2534775, -0.8147352, -1.0627542, -0.9161647, 0.7720725}},
	} {
		m, err := imported(nil, append(nodes("y = "+c.op+"(shape, seed)"), constant("shape", tensor.I32(tensor.Shape{1}, 5)), constant("seed", c.seed))...)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range tensor.View[float32](m.Graphs[0].Outputs[0].Const) {
			if math.Abs(float64(x-c.want[i])) > 1e-6 {
				t.Errorf("%s: %v at %d, want %v", c.op, x, i, c.want[i])
			}
		}
	}
}

// TestTransforms undoes transforms by their inverses, and compares one with its definition.
func TestTransforms(t *testing.T) {
	x := tensor.F32(tensor.Shape{2, 6}, 1, -2, 3, 0.5, 4, -1, 0, 1, 0, -1, 2, 2)
	for _, n := range []int32{6, 8, 5} {
		length := constant("n", tensor.I32(tensor.Shape{1}, n))
		y := tensor.View[float32](compute(t, of(x), append(nodes("f = RFFT(x0, n)", "y = IRFFT(f, n)"), length)...))
		for i := range y {
			row, at := i/int(n), i%int(n)
			want := float32(0)
			if at < 6 {
				want = tensor.View[float32](x)[6*row+at]
			}
			if math.Abs(float64(y[i]-want)) > 1e-5 {
				t.Errorf("length %d: %v at %d, want %v", n, y[i], i, want)
			}
		}
		f := tensor.View[complex64](compute(t, of(x), append(nodes("y = RFFT(x0, n)"), length)...))
		for k := range int(n)/2 + 1 {
			var want complex128
			for i := range min(6, int(n)) {
				a := -2 * math.Pi * float64(k*i) / float64(n)
				want += complex(float64(tensor.View[float32](x)[i]), 0) * complex(math.Cos(a), math.Sin(a))
			}
			if d := complex128(f[k]) - want; math.Hypot(real(d), imag(d)) > 1e-5 {
				t.Errorf("length %d: %v at frequency %d, want %v", n, f[k], k, want)
			}
		}
	}
	image := tensor.F32(tensor.Shape{2, 3, 4}, tensor.View[float32](noise(rand.New(rand.NewPCG(1, 2)), 24))...)
	near(t, image, compute(t, of(image), nodes("c = Complex(x0, x0)", "f = FFT2D(c)", "i = IFFT2D(f)", "y = Imag(i)")...))
	sizes := constant("n", tensor.I32(tensor.Shape{2}, 3, 4))
	near(t, image, compute(t, of(image), append(nodes("f = RFFT2D(x0, n)", "y = IRFFT2D(f, n)"), sizes)...))
	both := nodes("z = ZerosLike(x0)", "c = Complex(x0, z)", "f = FFT2D(c)", "r = RFFT2D(x0, n)", "s = Slice(f, begin, size)", "d = Sub(s, r)", "y = ComplexAbs(d)")
	both = append(both, sizes, constant("begin", tensor.I32(tensor.Shape{3}, 0, 0, 0)), constant("size", tensor.I32(tensor.Shape{3}, -1, -1, 3)))
	near(t, tensor.New(f32, tensor.Shape{2, 3, 3}), compute(t, of(image), both...))
	back := compute(t, of(x), nodes("c = Complex(x0, x0)", "f = FFT(c)", "i = IFFT(f)", "y = Imag(i)")...)
	near(t, x, back)
}

// TestComplexArithmetic compares with Go's.
func TestComplexArithmetic(t *testing.T) {
	a, b := vector[complex64](tensor.Complex64, 1+2i, -3, 0.5i), vector[complex64](tensor.Complex64, 2-1i, 1i, 3+4i)
	for op, f := range map[string]func(x, y complex64) complex64{
		"AddV2": func(x, y complex64) complex64 { return x + y }, "Sub": func(x, y complex64) complex64 { return x - y },
		"Mul": func(x, y complex64) complex64 { return x * y }, "RealDiv": func(x, y complex64) complex64 { return x / y },
	} {
		got := tensor.View[complex64](compute(t, of(a, b), node("y = "+op+"(x0, x1)")))
		for i, x := range tensor.View[complex64](a) {
			d := complex128(got[i] - f(x, tensor.View[complex64](b)[i]))
			if math.Hypot(real(d), imag(d)) > 1e-6 {
				t.Errorf("%s gives %v at %d, want %v", op, got[i], i, f(x, tensor.View[complex64](b)[i]))
			}
		}
	}
	turned := tensor.View[complex64](compute(t, of(a), nodes("e = Exp(x0)", "y = Neg(e)")...))
	for i, x := range tensor.View[complex64](a) {
		if d := complex128(turned[i]) + cmplx.Exp(complex128(x)); cmplx.Abs(d) > 1e-6 {
			t.Errorf("-e^%v is %v", x, turned[i])
		}
	}
	// A scalar and a vector, of which one is a constant, and both.
	wide := vector[float32](f32, 1, 2)
	three, two := constant("three", tensor.F32(nil, 3)), constant("two", wide)
	for _, n := range []string{"c = Complex(three, x0)", "c = Complex(three, two)"} {
		got := tensor.View[complex64](compute(t, of(wide), append(nodes(n, "z = Conj(c)", "y = AddV2(c, z)"), three, two)...))
		if len(got) != 2 || got[0] != 6 || got[1] != 6 {
			t.Errorf("%s: twice the real parts are %v", n, got)
		}
	}
	angle := tensor.View[float32](compute(t, of(a), node("y = Angle(x0)")))
	if want := []float32{1.1071488, math.Pi, math.Pi / 2}; math.Abs(float64(angle[0]-want[0])) > 1e-6 || angle[1] != want[1] || angle[2] != want[2] {
		t.Errorf("angles %v, want %v", angle, want)
	}
	same := tensor.View[bool](compute(t, of(a, a), node("y = Equal(x0, x1)")))
	if fmt.Sprint(same) != "[true true true]" {
		t.Errorf("equal: %v", same)
	}
}
