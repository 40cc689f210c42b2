package graphdef

import (
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestBFloat16IsComputedInFloat32 rounds weights as TensorFlow does, and nothing else.
func TestBFloat16IsComputedInFloat32(t *testing.T) {
	narrow, full := []any{"DstT", tfpb.Bfloat16}, []any{"DstT", tfpb.Float}
	x := tensor.F32(tensor.Shape{1, 1}, 1+1./1024)
	m, err := imported([]ir.Type{{DType: f32, Shape: tensor.Shape{-1, 1}}}, attrs(node("h = Cast(x0)"), narrow...),
		constant("w32", tensor.F32(tensor.Shape{1, 1}, 3+1./1024)), attrs(node("w = Cast(w32)"), narrow...), node("p = MatMul(h, w)"), attrs(node("y = Cast(p)"), full...))
	if err != nil {
		t.Fatal(err)
	}
	if got := operators(m); !slices.Equal(got, []string{"FULLY_CONNECTED"}) {
		t.Errorf("operators %v", got)
	}
	if got := tensor.View[float32](run(t, m, x))[0]; got != 3*(1+1./1024) {
		t.Errorf("%v, want %v", got, 3*(1+1./1024))
	}
}

// TestBFloat16Inputs: they are float32 too.
func TestBFloat16Inputs(t *testing.T) {
	m, err := imported([]ir.Type{{DType: tensor.BFloat16, Shape: tensor.Shape{2}}}, node("y = Relu(x0)"))
	if err != nil {
		t.Fatal(err)
	}
	if d := m.Graphs[0].Inputs[0].Type.DType; d != f32 {
		t.Errorf("the input is %v", d)
	}
}

func TestBFloat16Variables(t *testing.T) {
	if widened(nil) != nil {
		t.Error("what could not be read has a content")
	}
	got := widened(tensor.Of(tensor.BFloat16, tensor.Shape{2}, []uint16{0x3fc0, 0xc000}))
	near(t, tensor.F32(tensor.Shape{2}, 1.5, -2), got)
}
