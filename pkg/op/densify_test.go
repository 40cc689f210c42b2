package op

import (
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

func TestDensify(t *testing.T) {
	// Rows of [[0 1 0] [2 0 3]] by compressed columns.
	v := &ir.Value{
		Type:  ir.Type{DType: tensor.Float32, Shape: tensor.Shape{2, 3}},
		Const: tensor.F32(tensor.Shape{3}, 1, 2, 3),
		Sparsity: &ir.Sparsity{Traversal: []int{0, 1}, Dims: []ir.SparseDim{
			{Dense: true, Size: 2}, {Segments: []int{0, 1, 3}, Indices: []int{1, 0, 2}},
		}},
	}
	in := []*tensor.Tensor{{DType: tensor.Float32, Shape: v.Type.Shape, Data: v.Const.Data}}
	n := &ir.Node{Op: "DENSIFY", Inputs: []*ir.Value{v}, Outputs: []*ir.Value{{Type: v.Type}}}
	o := Set.Lookup("DENSIFY")
	types, err := o.Infer(n, in)
	if err != nil || types[0].String() != "f32[2,3]" {
		t.Fatalf("%v, %v", types, err)
	}
	k, err := o.Kernel(n, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := tensor.New(tensor.Float32, tensor.Shape{2, 3})
	if err := k(&Call{Node: n, In: in, Out: []*tensor.Tensor{out}}); err != nil {
		t.Fatal(err)
	}
	if got := f32(out); !slices.Equal(got, []float32{0, 1, 0, 2, 0, 3}) {
		t.Errorf("have %v", got)
	}
	// Other operators don't read sparse constants.
	if _, err := Set.Lookup("RELU").Infer(&ir.Node{Op: "RELU", Inputs: n.Inputs, Outputs: n.Outputs}, in); err == nil || !strings.Contains(err.Error(), "sparse") {
		t.Errorf("RELU: %v", err)
	}
}
