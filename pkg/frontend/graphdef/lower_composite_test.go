package graphdef

import (
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestMarkedFunctions calls a function that is marked as one for which there is an operator; its body is another one, by which the two can be told apart.
func TestMarkedFunctions(t *testing.T) {
	number := func(n *tfpb.NodeDef, message ...byte) {
		p, err := tfpb.DecodeTensorProto(message)
		if err != nil {
			t.Fatal(err)
		}
		n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: "value", Value: tfpb.AttrValue{Kind: tfpb.AttrTensor, Tensor: p}})
	}
	args := []string{"boxes", "scores", "most", "overlap", "least"}
	for most, want := range map[string]string{"most": "NON_MAX_SUPPRESSION_V4", "open": "RELU"} {
		g := graph("x = Placeholder", "s = Placeholder", "open = Placeholder", "most = Const", "half = Const", "n = PartitionedCall(x, s, "+most+", half, half)", "y = Identity(n)")
		number(&g.Node[3], 0x08, 3, 0x12, 0, 0x38, 5)                      // int32 5
		number(&g.Node[4], 0x08, 1, 0x12, 0, 0x2d, 0x00, 0x00, 0x00, 0x3f) // float 0.5
		g.Node[5] = call(g.Node[5], "marked")
		f := function("marked", args, []string{"indices", "count"}, map[string]string{"indices": "r:activations:0", "count": "most"}, "r = Relu(scores)")
		f.Attr.Entries = []tfpb.Entry[tfpb.AttrValue]{{Key: "_implements", Value: tfpb.AttrValue{Kind: tfpb.AttrS, S: []byte("non_max_suppression_padded_v2")}}}
		g.Library.Function = []tfpb.FunctionDef{f}
		res, err := Import(g, Options{Outputs: []Port{{Name: "y", Tensor: "y"}}, Inputs: []Port{
			{Name: "x", Tensor: "x", Type: typed(f32, 8, 4)}, {Name: "s", Tensor: "s", Type: typed(f32, 8)}, {Name: "open", Tensor: "open", Type: typed(tensor.Int32)},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(res.Model.Graphs[0].Nodes, func(n *ir.Node) bool { return n.Op == want }) {
			t.Errorf("%s: %v, want %s", most, res.Model, want)
		}
	}
}
