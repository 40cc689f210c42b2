package graphdef

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestFusedLayers compares what optimizers made of a few operators with these.
func TestFusedLayers(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	image := ir.Type{DType: f32, Shape: tensor.Shape{-1, 5, 5, 3}}
	consts := []tfpb.NodeDef{
		constant("w", noise(r, 2, 2, 3, 4)), constant("d", noise(r, 2, 2, 3, 1)), constant("m", noise(r, 3, 4)), constant("b", noise(r, 4)), constant("b3", noise(r, 3)),
		constant("v", tensor.F32(tensor.Shape{4}, 1, 2, 3, 4)), constant("a", noise(r, 4)), constant("v3", tensor.F32(tensor.Shape{3}, 1, 2, 3)),
	}
	conv := []any{"padding", "SAME", "strides", []int{1, 2, 2, 1}, "epsilon", float32(.01), "leakyrelu_alpha", float32(.3)}
	for name, c := range map[string]struct {
		x     ir.Type
		fused tfpb.NodeDef
		parts []tfpb.NodeDef
	}{
		"bias": {image, attrs(attrs(node("y = _FusedConv2D(x0, w, b)"), conv...), "fused_ops", []string{"BiasAdd", "Relu6"}), []tfpb.NodeDef{
			attrs(node("p = Conv2D(x0, w)"), conv...), node("q = BiasAdd(p, b)"), node("y = Relu6(q)"),
		}},
		"leaky": {image, attrs(attrs(node("y = _FusedConv2D(x0, w, b)"), conv...), "fused_ops", []string{"BiasAdd", "LeakyRelu"}), []tfpb.NodeDef{
			attrs(node("p = Conv2D(x0, w)"), conv...), node("q = BiasAdd(p, b)"), attrs(node("y = LeakyRelu(q)"), "alpha", float32(.3)),
		}},
		"batch norm": {image, attrs(attrs(node("y = _FusedConv2D(x0, w, b, a, b, v)"), conv...), "fused_ops", []string{"FusedBatchNorm", "Relu"}), []tfpb.NodeDef{
			attrs(node("p = Conv2D(x0, w)"), conv...), attrs(node("q = FusedBatchNorm(p, b, a, b, v)"), "is_training", false, "epsilon", float32(.01)), node("y = Relu(q)"),
		}},
		"depthwise": {image, attrs(attrs(node("y = FusedDepthwiseConv2dNative(x0, d, b3)"), conv...), "fused_ops", []string{"BiasAdd", "Elu"}), []tfpb.NodeDef{
			attrs(node("p = DepthwiseConv2dNative(x0, d)"), conv...), node("q = BiasAdd(p, b3)"), node("y = Elu(q)"),
		}},
		"matrices": {ir.Type{DType: f32, Shape: tensor.Shape{-1, 3}}, attrs(node("y = _FusedMatMul(x0, m, b)"), "fused_ops", []string{"BiasAdd"}), []tfpb.NodeDef{
			node("p = MatMul(x0, m)"), node("y = BiasAdd(p, b)"),
		}},
		"side input": {image, attrs(node("y = _FusedBatchNormEx(x0, b3, b3, b3, v3, x0)"), "is_training", false, "activation_mode", "Relu"), []tfpb.NodeDef{
			attrs(node("p = FusedBatchNormV3(x0, b3, b3, b3, v3)"), "is_training", false), node("q = Add(p, x0)"), node("y = Relu(q)"),
		}},
	} {
		m, err := imported([]ir.Type{c.x}, append(consts, c.fused)...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n, err := imported([]ir.Type{c.x}, append(consts, c.parts...)...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(operators(n), operators(m)); diff != "" {
			t.Errorf("%s (-parts +fused):\n%s", name, diff)
		}
		c.x.Shape = append([]int{2}, c.x.Shape[1:]...)
		x := noise(r, c.x.Shape...)
		near(t, run(t, n, x), run(t, m, x))
	}
}

// operators lists the operators of a model's first graph.
func operators(m *ir.Model) (list []string) {
	for _, n := range m.Graphs[0].Nodes {
		list = append(list, n.Op)
	}
	return list
}

func TestFusedRefusals(t *testing.T) {
	x := []ir.Type{{DType: f32, Shape: tensor.Shape{1, 3}}}
	m := constant("m", tensor.New(f32, tensor.Shape{3, 4}))
	for ops, want := range map[string]string{"BiasAdd": "fewer inputs than fused_ops wants", "Fold": "a fused Fold"} {
		_, err := imported(x, attrs(node("y = _FusedMatMul(x0, m)"), "fused_ops", []string{ops}), m)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", ops, err, want)
		}
	}
}
