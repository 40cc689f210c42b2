package quantize_test

import (
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
)

// rows is a model that looks up rows of a table by float numbers, and multiplies the numbers by themselves, too, if also is set.
func rows(also bool) *ir.Model {
	g := &ir.Graph{}
	value := func(name string, d tensor.DType, r *quant.Range, shape ...int) *ir.Value {
		return g.Add(&ir.Value{Name: name, Type: ir.Type{DType: d, Shape: shape}, Range: r})
	}
	x := value("x", tensor.Float32, &quant.Range{Max: 177}, 2)
	i := value("i", tensor.Int32, nil, 2)
	table := g.AddConst("table", tensor.F32(tensor.Shape{3, 2}, 1, 2, 3, 4, 5, 6))
	y := value("y", tensor.Float32, &quant.Range{Min: 1, Max: 6}, 2, 2)
	g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{y}
	g.Nodes = []*ir.Node{
		{Op: "CAST", Attr: &op.Cast{In: tensor.Float32, Out: tensor.Int32}, Inputs: []*ir.Value{x}, Outputs: []*ir.Value{i}},
		{Op: "GATHER", Attr: &op.Gather{}, Inputs: []*ir.Value{table, i}, Outputs: []*ir.Value{y}},
	}
	if also {
		z := value("z", tensor.Float32, &quant.Range{Max: 177 * 177}, 2)
		g.Nodes = append(g.Nodes, &ir.Node{Op: "MUL", Attr: &op.Arith{}, Inputs: []*ir.Value{x, x}, Outputs: []*ir.Value{z}})
		g.Outputs = append(g.Outputs, z)
	}
	return &ir.Model{Graphs: []*ir.Graph{g}}
}

// An input of which whole numbers are made stays float by the default rules, with a note, unless others read it, too.
func TestIndicesStayFloat(t *testing.T) {
	for _, test := range []struct {
		name string
		also bool
		opt  quantize.Options
		want tensor.DType
	}{
		{"int8", false, quantize.Options{}, tensor.Float32},
		{"uint8", false, quantize.Options{IO: quantize.UInt8IO}, tensor.Float32},
		{"TFLiteConverter's rules", false, quantize.Options{Compat: quantize.TFLite}, tensor.Int8},
		{"another reader", true, quantize.Options{}, tensor.Int8},
	} {
		m := rows(test.also)
		test.opt.Scheme = quantize.Int8
		q, report, err := quantize.Run(m, carried(m), test.opt)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if got := q.Graphs[0].Inputs[0].Type.DType; got != test.want {
			t.Errorf("%s: the input is %v, want %v", test.name, got, test.want)
		}
		if noted := strings.Contains(strings.Join(report.Notes, "\n"), `input "x" stays float32`); noted != (test.want == tensor.Float32) {
			t.Errorf("%s: notes %q", test.name, report.Notes)
		}
	}
}
