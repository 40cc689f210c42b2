package pass

import (
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Weights are scaled where they are if they are the model's own and nothing else has them, and elsewhere if not.
func TestScaledWeightsAreOverwrittenWhereNobodySeesIt(t *testing.T) {
	const channels = 64 // 16 KB of weights
	for _, tt := range []struct {
		name    string
		bend    func(m *ir.Model, w *ir.Value)
		inPlace bool
	}{
		{"own", func(_ *ir.Model, w *ir.Value) { w.Const.Own = true }, true},
		{"foreign", func(*ir.Model, *ir.Value) {}, false},
		{"read twice", func(m *ir.Model, w *ir.Value) {
			w.Const.Own = true
			m.Graphs[0].Nodes[0].Inputs[2] = m.Graphs[0].AddConst("bias", tensor.New(tensor.Float32, tensor.Shape{channels}))
			y := m.Graphs[0].Add(&ir.Value{Name: "sum", Type: w.Type})
			m.Graphs[0].Nodes = append(m.Graphs[0].Nodes, &ir.Node{Op: "ADD", Attr: &op.Arith{}, Inputs: []*ir.Value{w, w}, Outputs: []*ir.Value{y}})
			m.Graphs[0].Outputs = append(m.Graphs[0].Outputs, y)
		}, false},
		{"shared with another graph", func(m *ir.Model, w *ir.Value) {
			w.Const.Own = true
			g := &ir.Graph{Name: "body"}
			g.Outputs = []*ir.Value{g.AddConst("v", &tensor.Tensor{DType: tensor.Float32, Shape: tensor.Shape{channels * channels}, Data: w.Const.Data})}
			m.Graphs = append(m.Graphs, g)
		}, false},
		{"given out", func(m *ir.Model, w *ir.Value) {
			w.Const.Own = true
			m.Signatures = []*ir.Signature{{Key: "weights", Outputs: []ir.Port{{Name: "w", Value: w}}}}
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := &ir.Graph{Name: "main"}
			typ := ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, 2, 2, channels}}
			x, y, z := g.Add(&ir.Value{Name: "x", Type: typ}), g.Add(&ir.Value{Name: "y", Type: typ}), g.Add(&ir.Value{Name: "z", Type: typ})
			w := g.AddConst("w", tensor.New(tensor.Float32, tensor.Shape{channels, 1, 1, channels}))
			for i, list := 0, tensor.View[float32](w.Const); i < len(list); i++ {
				list[i] = float32(i % 7)
			}
			before := w.Const.Clone()
			g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{z}
			scale := g.AddConst("scale", tensor.F32(tensor.Shape{}, 3))
			g.Nodes = []*ir.Node{
				{Op: "CONV_2D", Attr: &op.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, Inputs: []*ir.Value{x, w, nil}, Outputs: []*ir.Value{y}},
				{Op: "MUL", Attr: &op.Fused{}, Inputs: []*ir.Value{y, scale}, Outputs: []*ir.Value{z}},
			}
			m := &ir.Model{Graphs: []*ir.Graph{g}}
			tt.bend(m, w)
			memory := w.Const.Data
			if changed, err := foldScale.run(m); err != nil || !changed {
				t.Fatalf("changed %v, error %v", changed, err)
			}
			got := g.Nodes[0].Inputs[1].Const
			for i, v := range tensor.View[float32](got) {
				if want := 3 * float32(i%7); v != want {
					t.Fatalf("weight %d is %v, want %v", i, v, want)
				}
			}
			if inPlace := &got.Data[0] == &memory[0]; inPlace != tt.inPlace {
				t.Errorf("in place: %v, want %v", inPlace, tt.inPlace)
			}
			if !tt.inPlace && string(memory) != string(before.Data) {
				t.Error("memory that others have is overwritten")
			}
		})
	}
}
