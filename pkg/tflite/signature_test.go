package tflite

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

func TestMissingSignatureIsMade(t *testing.T) {
	g := &ir.Graph{}
	for _, name := range []string{"x", "", "x", "x_1"} {
		g.Inputs = append(g.Inputs, g.Add(&ir.Value{Name: name, Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1}}}))
	}
	g.Outputs = []*ir.Value{g.Inputs[0], g.Inputs[1]}
	m := &ir.Model{Graphs: []*ir.Graph{g}}
	got := roundTrip(t, m)
	if m.Signatures != nil {
		t.Error("Encode changed the model")
	}
	names := func(ports []ir.Port) (list []string) {
		for _, p := range ports {
			list = append(list, p.Name)
		}
		return list
	}
	s := got.Signatures[0]
	if diff := cmp.Diff([][]string{{"serving_default"}, {"x", "input_1", "x_1", "x_1_1"}, {"x", "output_1"}},
		[][]string{{s.Key}, names(s.Inputs), names(s.Outputs)}); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if s.Inputs[2].Value != got.Graphs[0].Inputs[2] {
		t.Error("a port leads to another value")
	}
}
