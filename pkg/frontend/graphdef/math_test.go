package graphdef

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/tensor"
)

// vector returns a vector of some type.
func vector[T tensor.Element](d tensor.DType, x ...T) *tensor.Tensor {
	return tensor.Of(d, tensor.Shape{len(x)}, x)
}

// compute converts a graph with the given inputs, and runs it, before the passes and after them.
func compute(t *testing.T, inputs []*tensor.Tensor, nodes ...tfpb.NodeDef) *tensor.Tensor {
	t.Helper()
	types := make([]ir.Type, len(inputs))
	for i, x := range inputs {
		types[i] = ir.Type{DType: x.DType, Shape: x.Shape}
	}
	var out [2]*tensor.Tensor
	for i := range out {
		m, err := imported(types, nodes...)
		if err == nil && i > 0 {
			err = pass.Settle(m, pass.Import)
		}
		if err != nil {
			t.Fatal(err)
		}
		out[i] = run(t, m, inputs...)
	}
	if out[0].DType == f32 {
		x, y := tensor.View[float32](out[0]), tensor.View[float32](out[1])
		for i := range x {
			same := x[i] == y[i] || x[i] != x[i] && y[i] != y[i] || math.Abs(float64(x[i]-y[i])) <= 1e-6*math.Abs(float64(x[i]))
			if !same {
				t.Fatalf("the passes change %v to %v", x[i], y[i])
			}
		}
	} else if !bytes.Equal(out[0].Data, out[1].Data) {
		t.Fatalf("the passes change %v to %v", out[0], out[1])
	}
	return out[1]
}

// of is the list of its arguments.
func of(x ...*tensor.Tensor) []*tensor.Tensor { return x }

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
		y := tensor.View[float32](compute(t, of(vector(f32, x...)), node("y = "+c.op+"(x0)")))
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
		y := tensor.View[float32](compute(t, of(vector(f32, c.x...)), node("y = "+c.op+"(x0)")))
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
		if got := fmt.Sprint(tensor.View[bool](compute(t, of(x), node("y = "+op+"(x0)")))); got != fmt.Sprint(want) {
			t.Errorf("%s gives %v, want %v", op, got, want)
		}
	}
}
