package graphdef

import (
	"math"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

var curves = map[string]func(x float64) float64{
	"Relu":      func(x float64) float64 { return max(x, 0) },
	"Relu6":     func(x float64) float64 { return min(max(x, 0), 6) },
	"LeakyRelu": func(x float64) float64 { return max(x, .25*x) },
	"Elu":       func(x float64) float64 { return positive(x, x, math.Expm1(x)) },
	"Selu":      func(x float64) float64 { return 1.0507009873554805 * positive(x, x, 1.6732632423543772*math.Expm1(x)) },
	"Softplus":  func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) },
	"Softsign":  func(x float64) float64 { return x / (1 + math.Abs(x)) },
	"Erf":       math.Erf,
	"Erfc":      math.Erfc,
}

func positive(x, then, otherwise float64) float64 {
	if x > 0 {
		return then
	}
	return otherwise
}

// TestActivations compares with the formulas, far from zero too, in constants, and in float16.
func TestActivations(t *testing.T) {
	x := tensor.F32(tensor.Shape{14}, -200, -20, -6, -2, -1, -.25, 0, .25, 1, 3, 6, 20, 88, 100)
	for name, f := range curves {
		n := attrs(node("y = "+name+"(x0)"), "alpha", float32(.25))
		want := tensor.New(f32, x.Shape)
		for i, v := range tensor.View[float32](x) {
			tensor.View[float32](want)[i] = float32(f(float64(v)))
		}
		m, err := imported(nil, n, constant("x0", x))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		near(t, want, m.Graphs[0].Outputs[0].Const)
		if strings.HasPrefix(name, "Erf") {
			continue // TFLite has no operator
		}
		if m, err = imported([]ir.Type{{DType: f32, Shape: tensor.Shape{-1}}}, n); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		near(t, want, run(t, m, x))

		back := attrs(node("y = Cast(z)"), "SrcT", tfpb.Half, "DstT", tfpb.Float)
		half := attrs(node("h = Cast(x0)"), "SrcT", tfpb.Float, "DstT", tfpb.Half)
		n = attrs(node("z = "+name+"(h)"), "alpha", float32(.25))
		if m, err = imported([]ir.Type{{DType: f32, Shape: x.Shape}}, half, n, back); err != nil {
			t.Fatalf("%s of float16: %v", name, err)
		}
		got := run(t, m, x)
		for i, v := range tensor.View[float32](got) {
			if w := tensor.View[float32](want)[i]; math.Abs(float64(v-w)) > 1e-3*math.Max(1, math.Abs(float64(w))) {
				t.Errorf("%s of float16: element %d is %v, want %v", name, i, v, w)
			}
		}
	}
}

func TestActivationsOfIntegers(t *testing.T) {
	x := tensor.I32(tensor.Shape{4}, -3, 0, 5, 1<<30)
	for name, want := range map[string][]int32{"Relu": {0, 0, 5, 1 << 30}, "Relu6": {0, 0, 5, 6}} {
		m, err := imported([]ir.Type{{DType: i32, Shape: x.Shape}}, node("y = "+name+"(x0)"))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range tensor.View[int32](run(t, m, x)) {
			if v != want[i] {
				t.Errorf("%s: element %d is %d, want %d", name, i, v, want[i])
			}
		}
	}
}

func TestSoftmaxes(t *testing.T) {
	x := tensor.F32(tensor.Shape{2, 3}, 1, 2, 3, -100, 0, 100)
	want := map[string]*tensor.Tensor{"Softmax": tensor.New(f32, x.Shape), "LogSoftmax": tensor.New(f32, x.Shape)}
	for i, v := range tensor.View[float32](x) {
		sum := 0.
		for _, w := range tensor.View[float32](x)[i/3*3:][:3] {
			sum += math.Exp(float64(w))
		}
		tensor.View[float32](want["Softmax"])[i] = float32(math.Exp(float64(v)) / sum)
		tensor.View[float32](want["LogSoftmax"])[i] = float32(float64(v) - math.Log(sum))
	}
	for name, w := range want {
		testLayer(t, node("y = "+name+"(x0)"), false, x, nil, w)
	}
}

// TestLeakyReluOfOneVanishes: nothing remains of the identity.
func TestLeakyReluOfOneVanishes(t *testing.T) {
	m, err := imported([]ir.Type{{DType: f32, Shape: tensor.Shape{2}}}, attrs(node("y = LeakyRelu(x0)"), "alpha", float32(1)))
	if err != nil || len(m.Graphs[0].Nodes) != 0 {
		t.Errorf("error %v, graph\n%v", err, m)
	}
}

// TestErfIsMarked: a pass makes GELU of the mark.
func TestErfIsMarked(t *testing.T) {
	m, err := imported([]ir.Type{{DType: f32, Shape: tensor.Shape{-1, 2}}}, node("y = Erf(x0)"))
	if err != nil || len(m.Graphs[0].Nodes) != 1 || m.Graphs[0].Nodes[0].Op != "TF_ERF" || !m.Graphs[0].Outputs[0].Type.Shape.Equal(tensor.Shape{-1, 2}) {
		t.Errorf("error %v, graph\n%v", err, m)
	}
}
