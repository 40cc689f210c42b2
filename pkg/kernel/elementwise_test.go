package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestBinaryBroadcasts checks which elements meet, for one row that can't be commuted.
func TestBinaryBroadcasts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := drawShape(t, "shape", 0, 5, 3)
		var shapes [2][]int
		for k := range shapes {
			shapes[k] = slices.Clone(out[rapid.IntRange(0, len(out)).Draw(t, "drop"):])
			for i := range shapes[k] {
				if rapid.Bool().Draw(t, "repeat") {
					shapes[k][i] = 1
				}
			}
		}
		for i := range out {
			out[i] = 1
		}
		for _, s := range shapes {
			for i, d := range s {
				if d != 1 {
					out[len(out)-len(s)+i] = d
				}
			}
		}
		a, b := make([]int32, elements(shapes[0])), make([]int32, elements(shapes[1]))
		for i := range a {
			a[i] = int32(100 + i)
		}
		for i := range b {
			b[i] = int32(1000 * i)
		}
		got, clamped := make([]int32, elements(out)), make([]int32, elements(out))
		Binary(got, a, shapes[0], b, shapes[1], Sub)
		BinaryClamp(clamped, a, shapes[0], b, shapes[1], Sub, -900, 105)
		at := func(shape, c []int) int {
			in := make([]int, len(shape))
			for i := range in {
				in[i] = min(c[len(c)-len(shape)+i], shape[i]-1)
			}
			return flat(shape, in)
		}
		for i, c := range coords(out) {
			want := a[at(shapes[0], c)] - b[at(shapes[1], c)]
			if got[i] != want {
				t.Fatalf("%v and %v at %v: %d, want %d", shapes[0], shapes[1], c, got[i], want)
			}
			if want = max(-900, min(105, want)); clamped[i] != want {
				t.Fatalf("%v and %v at %v, clamped: %d, want %d", shapes[0], shapes[1], c, clamped[i], want)
			}
		}
	})
}

// TestBinaryClampLong goes through several runs of BinaryClamp, in place.
func TestBinaryClampLong(t *testing.T) {
	const n = 2*clampRun + 5
	x, want := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = float32(i)
		want[i] = min(float32(i)+1, 4000)
	}
	BinaryClamp(x, x, []int{n}, []float32{1}, nil, Add, 0, 4000)
	if diff := cmp.Diff(want, x); diff != "" {
		t.Error(diff)
	}
	BinaryClamp(x, []float32{1}, nil, x, []int{n}, Sub, -10, 10)
	for i, got := range x {
		if got != max(-10, 1-want[i]) {
			t.Fatalf("1 - %v = %v", want[i], got)
		}
	}
}

// rowCase is a row on pairs, and with either operand repeated.
type rowCase[T, R any] struct {
	name string
	row  Row[T, R]
	f    func(x, y T) R
}

func checkRows[T, R any](t *testing.T, xs []T, cases []rowCase[T, R], equal cmp.Option) {
	t.Helper()
	for _, c := range cases {
		for _, y := range xs {
			want, got := make([]R, len(xs)), make([]R, len(xs))
			for i, x := range xs {
				want[i] = c.f(x, y)
			}
			c.row(got, xs, []T{y})
			if diff := cmp.Diff(want, got, equal); diff != "" {
				t.Errorf("%s of %v and %v: %s", c.name, xs, y, diff)
			}
			c.row(got, xs, slices.Repeat([]T{y}, len(xs)))
			if diff := cmp.Diff(want, got, equal); diff != "" {
				t.Errorf("%s of %v and %v, pair by pair: %s", c.name, xs, y, diff)
			}
			for i, x := range xs {
				want[i] = c.f(y, x)
			}
			c.row(got, []T{y}, xs)
			if diff := cmp.Diff(want, got, equal); diff != "" {
				t.Errorf("%s of %v and %v: %s", c.name, y, xs, diff)
			}
		}
	}
}

func TestFloatRows(t *testing.T) {
	xs := []float32{0, 1, -1, 2.5, -7.25, 3, 1e30, -1e30, inf, -inf, nan}
	floorMod := func(x, y float32) float32 {
		m := math.Mod(float64(x), float64(y))
		if m != 0 && (m < 0) != (y < 0) {
			return float32(m) + y
		}
		return float32(m)
	}
	checkRows(t, xs, []rowCase[float32, float32]{
		{"Add", Add[float32], func(x, y float32) float32 { return x + y }},
		{"Sub", Sub[float32], func(x, y float32) float32 { return x - y }},
		{"Mul", Mul[float32], func(x, y float32) float32 { return x * y }},
		{"Div", Div[float32], func(x, y float32) float32 { return x / y }},
		{"SquaredDifference", SquaredDifference[float32], func(x, y float32) float32 { d := x - y; return d * d }},
		{"Maximum", Maximum[float32], func(x, y float32) float32 { return max(x, y) }},
		{"Minimum", Minimum[float32], func(x, y float32) float32 { return min(x, y) }},
		{"F32FloorDiv", F32FloorDiv, func(x, y float32) float32 { return float32(math.Floor(float64(x) / float64(y))) }},
		{"F32FloorMod", F32FloorMod, floorMod},
		{"F32PowRow", F32PowRow, F32Pow},
		{"F32Atan2Row", F32Atan2Row, F32Atan2},
		{"F32Prelu", F32Prelu, func(x, alpha float32) float32 {
			if x >= 0 {
				return x
			}
			return x * alpha
		}},
	}, nanEqual)
	checkRows(t, xs, []rowCase[float32, bool]{
		{"Equal", Equal[float32], func(x, y float32) bool { return x == y }},
		{"NotEqual", NotEqual[float32], func(x, y float32) bool { return x != y }},
		{"Less", Less[float32], func(x, y float32) bool { return x < y }},
		{"LessEqual", LessEqual[float32], func(x, y float32) bool { return x <= y }},
		{"Greater", Greater[float32], func(x, y float32) bool { return x > y }},
		{"GreaterEqual", GreaterEqual[float32], func(x, y float32) bool { return x >= y }},
	}, nil)
}

func TestIntegerRows(t *testing.T) {
	floorDiv := func(x, y int8) int8 {
		if y == 0 {
			return 0
		}
		return int8(math.Floor(float64(x) / float64(y)))
	}
	checkRows(t, []int8{0, 1, 2, 3, 7, 127, -1, -2, -3, -7, -128}, []rowCase[int8, int8]{
		{"FloorDiv", FloorDiv[int8], func(x, y int8) int8 {
			if x == -128 && y == -1 {
				return -128
			}
			return floorDiv(x, y)
		}},
		{"FloorMod", FloorMod[int8], func(x, y int8) int8 {
			if y == 0 {
				return 0
			}
			return int8(int(x) - int(y)*int(math.Floor(float64(x)/float64(y))))
		}},
		{"TruncDiv", TruncDiv[int8], func(x, y int8) int8 {
			if y == 0 {
				return 0
			}
			return int8(int(x) / int(y))
		}},
		{"Pow", Pow[int8], func(x, y int8) int8 {
			p := int8(1)
			for range y {
				p *= x
			}
			if y < 0 {
				switch {
				case x == 1 || x == -1 && y%2 == 0:
					return 1
				case x == -1:
					return -1
				}
				return 0
			}
			return p
		}},
		{"RightShift", RightShift[int8], func(x, y int8) int8 { return int8(int(x) >> max(0, min(7, int(y)))) }},
		{"BitwiseXor", BitwiseXor[int8], func(x, y int8) int8 { return x ^ y }},
		{"Maximum", Maximum[int8], func(x, y int8) int8 { return max(x, y) }},
	}, nil)
	checkRows(t, []uint8{0, 1, 7, 8, 200, 255}, []rowCase[uint8, uint8]{
		{"RightShift", RightShift[uint8], func(x, y uint8) uint8 { return x >> min(7, y) }},
		{"Pow", Pow[uint8], func(x, y uint8) uint8 {
			p := uint8(1)
			for range y {
				p *= x
			}
			return p
		}},
	}, nil)
}

func TestLogicalRows(t *testing.T) {
	checkRows(t, []bool{false, true}, []rowCase[bool, bool]{
		{"And", And, func(x, y bool) bool { return x && y }},
		{"Or", Or, func(x, y bool) bool { return x || y }},
		{"Equal", Equal[bool], func(x, y bool) bool { return x == y }},
	}, nil)
	got := make([]bool, 2)
	Not(got, []bool{true, false})
	if diff := cmp.Diff([]bool{false, true}, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnary(t *testing.T) {
	third := float32(1) / 3
	for _, c := range []struct {
		name      string
		f         func(dst, src []float32)
		src, want []float32
	}{
		{"Abs", Abs[float32], []float32{-1.5, 2, -inf, nan}, []float32{1.5, 2, inf, nan}},
		{"Neg", Neg[float32], []float32{-1.5, 2, inf, nan}, []float32{1.5, -2, -inf, nan}},
		{"Square", Square[float32], []float32{-3, 0.5, -inf}, []float32{9, 0.25, inf}},
		{"Sign", Sign[float32], []float32{-3, 0, 5, inf, nan}, []float32{-1, 0, 1, 1, nan}},
		{"Floor", F32Floor, []float32{-1.5, 1.5, 3, -inf, nan}, []float32{-2, 1, 3, -inf, nan}},
		{"Ceil", F32Ceil, []float32{-1.5, 1.5, 3, inf, nan}, []float32{-1, 2, 3, inf, nan}},
		{"Round", F32Round, []float32{-2.5, -1.5, 0.5, 1.5, 2.4, nan}, []float32{-2, -2, 0, 2, 2, nan}},
		{"Elu", F32Elu, []float32{2, float32(-math.Ln2), -inf, nan}, []float32{2, -0.5, -1, nan}},
		{"LeakyRelu", func(dst, src []float32) { F32LeakyRelu(dst, src, 0.25) }, []float32{4, -4, inf, nan}, []float32{4, -1, inf, nan}},
		{"HardSwish", F32HardSwish, []float32{-4, -3, -1, 0, 1, 3, 5, inf, nan}, []float32{0, 0, -third, 0, 2 * third, 3, 5, inf, nan}},
		{"Gelu", F32Gelu, []float32{0, 1, -1, 10, -10, nan}, []float32{0, 0.8413447, -0.15865525, 10, float32(math.Copysign(0, -1)), nan}},
		{"GeluTanh", F32GeluTanh, []float32{0, 1, -1, 10, nan}, []float32{0, 0.841192, -0.158808, 10, nan}},
		{"Relu", func(dst, src []float32) { Clamp(dst, src, 0, inf) }, []float32{-1, 2, inf, -inf, nan}, []float32{0, 2, inf, 0, nan}},
		{"Relu6", func(dst, src []float32) { Clamp(dst, src, 0, 6) }, []float32{-1, 2, inf, nan}, []float32{0, 2, 6, nan}},
		{"ReluN1To1", func(dst, src []float32) { Clamp(dst, src, -1, 1) }, []float32{-2, 0.5, 2, nan}, []float32{-1, 0.5, 1, nan}},
		{"SignBit", func(dst, src []float32) { F32Map(dst, src, F32SignBit) }, []float32{-2, 2, 0}, []float32{1, 0, 0}},
	} {
		got := make([]float32, len(c.src))
		c.f(got, c.src)
		if diff := cmp.Diff(c.want, got, nanEqualNear); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		in := slices.Clone(c.src)
		c.f(in, in)
		if diff := cmp.Diff(got, in, nanEqual); diff != "" {
			t.Errorf("%s in place: %s", c.name, diff)
		}
	}
	ints := make([]int8, 3)
	Abs(ints, []int8{-128, -1, 5})
	if diff := cmp.Diff([]int8{-128, 1, 5}, ints); diff != "" {
		t.Error(diff)
	}
	Sign(ints, []int8{-128, 0, 5})
	if diff := cmp.Diff([]int8{-1, 0, 1}, ints); diff != "" {
		t.Error(diff)
	}
	zero := []float32{float32(math.Copysign(0, -1))}
	if Clamp(zero, zero, 0, inf); !math.Signbit(float64(zero[0])) {
		t.Error("RELU changes the sign of a zero")
	}
}

// nanEqualNear allows a relative error of 1e-6, and takes NaNs and infinities as they are.
var nanEqualNear = cmp.Comparer(func(a, b float32) bool {
	return a == b || a != a && b != b || math.Abs(float64(a-b)) <= 1e-6*math.Abs(float64(a))
})

func BenchmarkRow(b *testing.B) {
	const n = 4096
	x, y, z := make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], y[i] = float32(i%7)-3, float32(i%5)-2
	}
	for _, c := range []struct {
		name string
		row  Row[float32, float32]
	}{{"Add", Add[float32]}, {"Maximum", Maximum[float32]}, {"FloorMod", F32FloorMod}, {"Pow", F32PowRow}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(12 * n)
			for b.Loop() {
				Binary(z, x, []int{n}, y, []int{n}, c.row)
			}
		})
		b.Run(c.name+"/PerChannel", func(b *testing.B) {
			for b.Loop() {
				Binary(z, x, []int{n / 64, 64}, y[:64], []int{64}, c.row)
			}
		})
	}
}

func BenchmarkTranspose(b *testing.B) {
	const rows, cols = 512, 768
	src, dst := make([]byte, 4*rows*cols), make([]byte, 4*rows*cols)
	for b.Loop() {
		Transpose(dst, src, 4, []int{rows, cols}, []int{1, 0})
	}
	b.SetBytes(8 * rows * cols)
}

func BenchmarkSoftmax(b *testing.B) {
	x, y := make([]float32, 64*1000), make([]float32, 64*1000)
	for i := range x {
		x[i] = float32(i%17) / 3
	}
	for b.Loop() {
		F32Softmax(y, x, 1000, 1)
	}
	b.SetBytes(8 * int64(len(x)))
}

func BenchmarkMeanHW(b *testing.B) {
	x, y := make([]float32, 49*1280), make([]float32, 1280)
	for b.Loop() {
		F32Reduce(y, x, []int{1, 7, 7, 1280}, []int{1, 2}, MeanOf)
	}
	b.SetBytes(4 * int64(len(x)))
}
