package quantize_test

import (
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
)

// tied looks rows of a table up and multiplies by the table twice, as language models do with what words stand for.
func tied() *ir.Model {
	const words, width = 64, 32
	g := &ir.Graph{Name: "main"}
	add := func(name string, d tensor.DType, shape ...int) *ir.Value {
		return g.Add(&ir.Value{Name: name, Type: ir.Type{DType: d, Shape: shape}, Range: &quant.Range{Min: -8, Max: 8}})
	}
	x, row := add("x", tensor.Int32, 1), add("row", tensor.Float32, 1, width)
	x.Range = nil
	y, z := add("y", tensor.Float32, 1, words), add("z", tensor.Float32, 1, words)
	table := g.AddConst("table", tensor.New(tensor.Float32, tensor.Shape{words, width}))
	for i, list := 0, tensor.View[float32](table.Const); i < len(list); i++ {
		list[i] = float32(i%37)/37 - 0.5
	}
	g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{y, z}
	g.Nodes = []*ir.Node{
		{Op: "GATHER", Attr: &op.Gather{}, Inputs: []*ir.Value{table, x}, Outputs: []*ir.Value{row}},
		{Op: "FULLY_CONNECTED", Attr: &op.FullyConnected{}, Inputs: []*ir.Value{row, table, nil}, Outputs: []*ir.Value{y}},
		{Op: "FULLY_CONNECTED", Attr: &op.FullyConnected{Activation: op.Relu}, Inputs: []*ir.Value{row, table, nil}, Outputs: []*ir.Value{z}},
	}
	return &ir.Model{Graphs: []*ir.Graph{g}}
}

// Constants that several operators read are stored once for each form in which they read them.
func TestSharedConstantsAreStoredOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		opt   quantize.Options
		forms int // of the table
	}{
		{"float16", quantize.Options{Scheme: quantize.Float16}, 1},
		{"dynamic", quantize.Options{Scheme: quantize.Dynamic}, 2}, // one scale for GATHER, and one for each row of a product's weights
		{"dynamic per tensor", quantize.Options{Scheme: quantize.Dynamic, PerTensor: true}, 1},
		{"dynamic of TensorFlow", quantize.Options{Scheme: quantize.Dynamic, Compat: quantize.TFLite}, 2},
		{"weight-only", quantize.Options{Scheme: quantize.WeightOnly}, 2}, // float for GATHER, which is no product
		{"int8", quantize.Options{Scheme: quantize.Int8}, 2},
		{"int8 per tensor", quantize.Options{Scheme: quantize.Int8, PerTensor: true}, 2}, // GATHER's range need not be symmetric
		{"int8 of TensorFlow", quantize.Options{Scheme: quantize.Int8, Compat: quantize.TFLite}, 2},
		{"int16x8", quantize.Options{Scheme: quantize.Int16x8}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := tied()
			q, _, err := quantize.Run(m, carried(m), c.opt)
			if err != nil {
				t.Fatal(err)
			}
			memory, contents := map[*byte]bool{}, map[string]int{}
			for _, v := range q.Graphs[0].Values {
				if v.Const != nil && len(v.Const.Data) >= 64*32/2 && !memory[&v.Const.Data[0]] {
					memory[&v.Const.Data[0]] = true
					contents[v.Const.DType.String()+string(v.Const.Data)]++
				}
			}
			if len(memory) != c.forms || len(contents) != len(memory) {
				t.Errorf("the table is stored %d times, in %d forms, want %d:\n%s", len(memory), len(contents), c.forms, q)
			}
		})
	}
}
