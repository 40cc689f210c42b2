package graphdef

import (
	"math"
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/tensor"
)

var (
	toHalf = []any{"SrcT", tfpb.Float, "DstT", tfpb.Half}
	toFull = []any{"SrcT", tfpb.Half, "DstT", tfpb.Float}
)

// TestMixedPrecisionStaysFused converts layers that compute in float16: nothing is rounded between them, so that passes can fuse them.
func TestMixedPrecisionStaysFused(t *testing.T) {
	m, err := imported([]ir.Type{{DType: f32, Shape: tensor.Shape{-1, 4, 4, 2}}},
		attrs(node("h = Cast(x0)"), toHalf...), constant("w32", tensor.New(f32, tensor.Shape{3, 3, 2, 4})), attrs(node("w = Cast(w32)"), toHalf...),
		attrs(node("p = Conv2D(h, w)"), "padding", "SAME"), constant("b32", tensor.New(f32, tensor.Shape{4})), attrs(node("b = Cast(b32)"), toHalf...),
		node("q = BiasAdd(p, b)"), node("r = Relu(q)"), attrs(node("y = Cast(r)"), toFull...))
	if err != nil {
		t.Fatal(err)
	}
	if err := pass.Settle(m, pass.Import); err != nil {
		t.Fatal(err)
	}
	if got := operators(m); !slices.Equal(got, []string{"CONV_2D"}) {
		t.Errorf("operators %v, want one CONV_2D", got)
	}
}

// TestCastsToHalfRound keeps what a model rounds by itself.
func TestCastsToHalfRound(t *testing.T) {
	x := tensor.F32(tensor.Shape{1}, 1+1./4096)
	m, err := imported([]ir.Type{{DType: f32, Shape: x.Shape}}, attrs(node("h = Cast(x0)"), toHalf...), attrs(node("y = Cast(h)"), toFull...))
	if err != nil {
		t.Fatal(err)
	}
	if got := tensor.View[float32](run(t, m, x))[0]; got != 1 {
		t.Errorf("%v becomes %v, want 1", 1+1./4096, got)
	}
	if m, err = imported(nil, constant("x", x), attrs(node("h = Cast(x)"), toHalf...), node("r = Relu(h)"), attrs(node("y = Cast(r)"), toFull...)); err != nil {
		t.Fatal(err)
	}
	if got := tensor.View[float32](m.Graphs[0].Outputs[0].Const)[0]; math.Abs(float64(got-1)) > 0 {
		t.Errorf("the constant becomes %v, want 1", got)
	}
}
