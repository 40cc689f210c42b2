package graphdef

import (
	"fmt"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Placeholders that are set fold away; what their type or shape does not hold is refused.
func TestSetPlaceholders(t *testing.T) {
	for _, c := range []struct {
		name string
		kind tfpb.DataType
		dims []int64 // no rank if nil
		x    float64
		want string // of the constant with its bytes, or a part of the error
	}{
		{"scalar", tfpb.Float, nil, 0.5, "f32[] 0000003f"},
		{"shape", tfpb.Float, []int64{2}, 0.5, "f32[2] 0000003f0000003f"},
		{"truth", tfpb.Bool, []int64{}, 1, "bool[] 01"},
		{"integer", tfpb.Int32, []int64{1}, -3, "i32[1] fdffffff"},
		{"long", tfpb.Int64, nil, 1 << 40, "i64[] 0000000000010000"},
		{"no truth", tfpb.Bool, nil, 2, `placeholder "p" is bool, which does not hold 2`},
		{"no integer", tfpb.Int32, nil, 0.5, "does not hold 0.5"},
		{"open", tfpb.Float, []int64{-1}, 1, "which no number fills"},
		{"large", tfpb.Float, []int64{1 << 20, 2}, 1, "too large to be set"},
		{"text", tfpb.String, nil, 1, "only those of numbers and truth values can be set"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := graph("x = Placeholder", "p = Placeholder", "y = Identity(p)", "z = Identity(x)")
			shape := &tfpb.TensorShapeProto{Dim: c.dims, UnknownRank: c.dims == nil}
			g.Node[1].Attr.Entries = []tfpb.Entry[tfpb.AttrValue]{{Key: "dtype", Value: tfpb.AttrValue{Kind: tfpb.AttrType, Type: c.kind}}, {Key: "shape", Value: tfpb.AttrValue{Kind: tfpb.AttrShape, Shape: shape}}}
			res, err := Import(g, Options{
				Inputs:  []Port{{Name: "x", Tensor: "x", Type: ir.Type{DType: f32, Shape: tensor.Shape{2}}}},
				Outputs: []Port{{Name: "y", Tensor: "y"}, {Name: "z", Tensor: "z"}}, Signature: "s", Set: map[string]float64{"p": c.x},
			})
			got := ""
			if err != nil {
				got = err.Error()
			} else if v := res.Model.Graphs[0].Outputs[0]; v.Const != nil {
				got = fmt.Sprintf("%v%v %x", v.Type.DType, v.Type.Shape, v.Const.Data)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	g := graph("x = Placeholder", "y = Neg(x)")
	_, err := Import(g, Options{Inputs: []Port{{Name: "x", Tensor: "x", Type: ir.Type{DType: f32, Shape: tensor.Shape{2}}}}, Outputs: []Port{{Name: "y", Tensor: "y"}}, Set: map[string]float64{"y": 1}})
	if want := `node "y", Neg, is no placeholder to set`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}
