package graphdef

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// vector returns a vector of some type.
func vector[T tensor.Element](d tensor.DType, x ...T) *tensor.Tensor {
	return tensor.Of(d, tensor.Shape{len(x)}, x)
}

// compute converts one node on the given inputs, and runs it.
func compute(t *testing.T, n tfpb.NodeDef, inputs ...*tensor.Tensor) *tensor.Tensor {
	t.Helper()
	types := make([]ir.Type, len(inputs))
	for i, x := range inputs {
		types[i] = ir.Type{DType: x.DType, Shape: x.Shape}
	}
	m, err := imported(types, n)
	if err != nil {
		t.Fatalf("%s: %v", n.Op, err)
	}
	return run(t, m, inputs...)
}

// steps returns numbers from lo to hi, both included.
func steps(lo, hi float64) []float32 {
	const n = 200
	x := make([]float32, n+1)
	for i := range x {
		x[i] = float32(lo + (hi-lo)*float64(i)/n)
	}
	return x
}

func TestFunctionsOfOneNumber(t *testing.T) {
	lgamma := func(x float64) float64 {
		v, _ := math.Lgamma(x)
		return v
	}
	digamma := func(x float64) float64 { return (lgamma(x+1e-5) - lgamma(x-1e-5)) / 2e-5 }
	ndtri := func(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
	// The integral of e^(x·cos t) over half a turn, by the rule of rectangles, which is exact to all digits.
	bessel := func(x float64, order int, scaled bool) float64 {
		sum := 0.0
		for i := range 400 {
			a := (float64(i) + 0.5) * math.Pi / 400
			sum += math.Exp(x*math.Cos(a)) * math.Cos(float64(order)*a) / 400
		}
		if scaled {
			sum *= math.Exp(-math.Abs(x))
		}
		return sum
	}
	besselOf := func(order int, scaled bool) func(float64) float64 {
		return func(x float64) float64 { return bessel(x, order, scaled) }
	}
	for _, c := range []struct {
		op     string
		f      func(float64) float64
		lo, hi float64
		limit  float64 // of the relative error; of the absolute one where the value is below 1 and near is set
		near   bool
	}{
		{"Abs", math.Abs, -3, 3, 0, false},
		{"Neg", func(x float64) float64 { return -x }, -3, 3, 0, false},
		{"Square", func(x float64) float64 { return x * x }, -3, 3, 1e-7, false},
		{"Rint", math.RoundToEven, -3, 3, 0, false},
		{"Reciprocal", func(x float64) float64 { return 1 / x }, 0.1, 3, 1e-7, false},
		{"Expm1", math.Expm1, -20, 20, 1e-6, false},
		{"Expm1", math.Expm1, -1e-6, 1e-6, 1e-6, false},
		{"Log1p", math.Log1p, -0.999, 20, 1e-6, false},
		{"Log1p", math.Log1p, -1e-6, 1e-6, 1e-6, false},
		{"Tan", math.Tan, -1.5, 1.5, 1e-6, false},
		{"Sinh", math.Sinh, -20, 20, 1e-6, false},
		{"Sinh", math.Sinh, -1e-5, 1e-5, 1e-6, false},
		{"Cosh", math.Cosh, -20, 20, 1e-6, false},
		{"Asin", math.Asin, -1, 1, 1e-6, false},
		{"Acos", math.Acos, -1, 0.999, 1e-6, false},
		{"Atan", math.Atan, -20, 20, 1e-6, false},
		{"Asinh", math.Asinh, -1e4, 1e4, 1e-6, false},
		{"Asinh", math.Asinh, -1e-4, 1e-4, 1e-6, false},
		{"Acosh", math.Acosh, 1.001, 1e4, 1e-6, false},
		{"Atanh", math.Atanh, -0.999, 0.999, 1e-6, false},
		{"Atanh", math.Atanh, -1e-4, 1e-4, 1e-6, false},
		{"Lgamma", lgamma, 0.1, 30, 2e-6, true},
		{"Lgamma", lgamma, -4.9, -4.1, 2e-6, true},
		{"Digamma", digamma, 0.1, 30, 1e-5, true},
		{"Digamma", digamma, -2.9, -2.1, 1e-5, true},
		{"Erfinv", math.Erfinv, -0.9999, 0.9999, 2e-6, false},
		{"Ndtri", ndtri, 0.001, 0.999, 3e-6, true},
		{"BesselI0", besselOf(0, false), -8, 8, 2e-6, false},
		{"BesselI0e", besselOf(0, true), -20, 20, 2e-6, false},
		{"BesselI1", besselOf(1, false), -8, 8, 2e-6, true},
		{"BesselI1e", besselOf(1, true), -20, 20, 2e-6, true},
	} {
		x := steps(c.lo, c.hi)
		y := tensor.View[float32](compute(t, node("y = "+c.op+"(x0)"), vector(f32, x...)))
		for i := range x {
			want := c.f(float64(x[i]))
			scale := math.Abs(want)
			if c.near {
				scale = max(scale, 1)
			}
			if d := math.Abs(float64(y[i]) - want); !(d <= c.limit*scale+1e-30) {
				t.Errorf("%s(%v) = %v, want %v", c.op, x[i], y[i], want)
				break
			}
		}
	}
}

func TestFunctionsAtTheirEnds(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		op   string
		x, y []float32
	}{
		{"Expm1", []float32{inf, -inf, nan, 0, -200}, []float32{inf, -1, nan, 0, -1}},
		{"Log1p", []float32{inf, -1, -2, nan, 0, 3e38}, []float32{inf, -inf, nan, nan, 0, 88.596848}},
		{"Sinh", []float32{inf, -inf, 0}, []float32{inf, -inf, 0}},
		{"Cosh", []float32{inf, -inf, 0}, []float32{inf, inf, 1}},
		{"Atan", []float32{inf, -inf}, []float32{math.Pi / 2, -math.Pi / 2}},
		{"Asin", []float32{1, -1, 2}, []float32{math.Pi / 2, -math.Pi / 2, nan}},
		{"Acosh", []float32{1, 0.5}, []float32{0, nan}},
		{"Atanh", []float32{1, -1, 2}, []float32{inf, -inf, nan}},
		{"Lgamma", []float32{0, -1, inf, 1, 2}, []float32{inf, inf, inf, 0, 0}},
		{"Erfinv", []float32{1, -1, 0}, []float32{inf, -inf, 0}},
		{"Digamma", []float32{0, -3}, []float32{nan, nan}},
	} {
		y := tensor.View[float32](compute(t, node("y = "+c.op+"(x0)"), vector(f32, c.x...)))
		for i, want := range c.y {
			same := y[i] == want || y[i] != y[i] && want != want || math.Abs(float64(y[i]-want)) < 1e-6*max(1, math.Abs(float64(want)))
			if !same {
				t.Errorf("%s(%v) = %v, want %v", c.op, c.x[i], y[i], want)
			}
		}
	}
	x := vector(f32, inf, -inf, nan, math.MaxFloat32, 0)
	for op, want := range map[string][]bool{
		"IsInf": {true, true, false, false, false}, "IsNan": {false, false, true, false, false}, "IsFinite": {false, false, false, true, true},
	} {
		if got := fmt.Sprint(tensor.View[bool](compute(t, node("y = "+op+"(x0)"), x))); got != fmt.Sprint(want) {
			t.Errorf("%s gives %v, want %v", op, got, want)
		}
	}
}

// integers returns the numbers around which bits change.
func integers[T interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32
}]() (list []T) {
	for shift := range 63 {
		for _, d := range []int64{-1, 0, 1} {
			x := int64(1)<<shift + d
			if y := T(x); int64(y) == x {
				list = append(list, y, -y, y^0x55)
			}
		}
	}
	return append(list, ^T(0), T(1)<<(bits.Len64(uint64(^T(0)))-1))
}

// bitwise compares the operators on bits with Go's, on pairs of numbers, and with constant masks.
func bitwise[T interface {
	tensor.Element
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32
}](t *testing.T, d tensor.DType) {
	list := integers[T]()
	var x, y []T
	for _, a := range list {
		for _, b := range list {
			x, y = append(x, a), append(y, b)
		}
	}
	for op, f := range map[string]func(a, b T) T{
		"BitwiseAnd": func(a, b T) T { return a & b },
		"BitwiseOr":  func(a, b T) T { return a | b },
		"BitwiseXor": func(a, b T) T { return a ^ b },
	} {
		got := tensor.View[T](compute(t, node("y = "+op+"(x0, x1)"), vector(d, x...), vector(d, y...)))
		for i := range x {
			if want := f(x[i], y[i]); got[i] != want {
				t.Fatalf("%s of %v: %d, %d gives %d, want %d", op, d, x[i], y[i], got[i], want)
			}
		}
	}
	got := tensor.View[T](compute(t, node("y = Invert(x0)"), vector(d, list...)))
	for i, a := range list {
		if got[i] != ^a {
			t.Errorf("Invert of %v: %d gives %d, want %d", d, a, got[i], ^a)
		}
	}
}

func TestBits(t *testing.T) {
	bitwise[int8](t, tensor.Int8)
	bitwise[uint8](t, tensor.UInt8)
	bitwise[int16](t, tensor.Int16)
	bitwise[uint16](t, tensor.UInt16)
	bitwise[int32](t, tensor.Int32)
	bitwise[uint32](t, tensor.UInt32)
	bitwise[int64](t, tensor.Int64)
}

func TestMasksAndShiftsByConstants(t *testing.T) {
	list := integers[int32]()
	x := vector(i32, list...)
	for _, m := range []int32{0, 1, 7, 255, 1<<30 - 1, math.MaxInt32, math.MinInt32, -1, -8, -1 << 20, 5, -6} {
		mask := constant("m", tensor.I32(nil, m))
		for _, n := range []string{"y = BitwiseAnd(x0, m)", "y = BitwiseAnd(m, x0)"} {
			model, err := imported([]ir.Type{{DType: i32, Shape: x.Shape}}, mask, node(n))
			if err != nil {
				t.Fatal(err)
			}
			got := tensor.View[int32](run(t, model, x))
			for i, a := range list {
				if got[i] != a&m {
					t.Fatalf("%d & %d = %d, want %d", a, m, got[i], a&m)
				}
			}
		}
	}
	for _, by := range []int32{0, 1, 5, 30, 31} {
		shift := constant("m", tensor.I32(nil, by))
		for op, f := range map[string]func(a int32) int32{"LeftShift": func(a int32) int32 { return a << by }, "RightShift": func(a int32) int32 { return a >> by }} {
			model, err := imported([]ir.Type{{DType: i32, Shape: x.Shape}}, shift, node("y = "+op+"(x0, m)"))
			if err != nil {
				t.Fatal(err)
			}
			got := tensor.View[int32](run(t, model, x))
			for i, a := range list {
				if got[i] != f(a) {
					t.Fatalf("%s: %d by %d = %d, want %d", op, a, by, got[i], f(a))
				}
			}
		}
	}
	got := tensor.View[int32](compute(t, node("y = LeftShift(x0, x1)"), tensor.I32(tensor.Shape{4}, 1, -3, 5, 7), tensor.I32(tensor.Shape{4}, 31, 2, -1, 40)))
	if want := []int32{math.MinInt32, -12, 5, math.MinInt32}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("shifts to the left: %v, want %v", got, want)
	}
}

// opsOf lists a graph's operators, with the types of the results.
func opsOf(m *ir.Model) string {
	var list []string
	for _, n := range m.Graphs[0].Nodes {
		list = append(list, n.Op)
	}
	out := m.Graphs[0].Outputs[0].Type
	return fmt.Sprintf("%s: %v%v", strings.Join(list, " "), out.DType, out.Shape)
}
