package quantize_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// lstms quantizes the committed LSTMs by the default rules, after damage to the float model.
func lstms(t *testing.T, name string, damage func(g *ir.Graph)) (*ir.Graph, *quantize.Report) {
	t.Helper()
	content, err := os.ReadFile("testdata/oracle/" + name + "/calibrated.tflite")
	if err != nil {
		t.Fatal(err)
	}
	m, err := tflite.Decode(content)
	if err != nil {
		t.Fatal(err)
	}
	damage(m.Graphs[0])
	q, report, err := quantize.Run(m, carried(m), quantize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(q, op.Set); err != nil {
		t.Fatal(err)
	}
	return q.Graphs[0], report
}

// Without a projection the hidden value is the result, and LiteRT's kernel stores one by the parameters of the other: they must agree, as must the state's, also
// where the result took over those of a CONCATENATION. A cell that stays small gets the least scale that the kernel knows.
func TestLSTMParameters(t *testing.T) {
	g, report := lstms(t, "lstm", func(g *ir.Graph) {
		for _, n := range g.Nodes {
			if cell := n.Input(19); cell != nil {
				cell.Range = &quant.Range{Min: -0.1, Max: 0.05}
			}
		}
		n := g.Nodes[0]
		x := g.Add(&ir.Value{Name: "other", Type: n.Outputs[0].Type, Range: &quant.Range{Min: -1, Max: 3}})
		y := g.Add(&ir.Value{Name: "both", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, 10, 7}}, Range: &quant.Range{Min: -1, Max: 3}})
		g.Inputs = append(g.Inputs, x)
		g.Outputs = append(g.Outputs, y)
		g.Nodes = append(g.Nodes, &ir.Node{Op: "CONCATENATION", Attr: &op.Concat{Axis: 1}, Inputs: []*ir.Value{n.Outputs[0], x}, Outputs: []*ir.Value{y}})
	})
	if len(report.Float) > 0 {
		t.Errorf("operators stay float: %+v", report.Float)
	}
	seen := 0
	for _, n := range g.Nodes {
		if n.Op != "UNIDIRECTIONAL_SEQUENCE_LSTM" {
			continue
		}
		seen++
		result := n.Outputs[0].Quant
		for what, v := range map[string]*ir.Value{"state": n.Inputs[18], "hidden value": n.Intermediates[4]} {
			if !v.Quant.Equal(result) {
				t.Errorf("the %s has %v, the result %v", what, v.Quant, result)
			}
		}
		if cell := n.Inputs[19]; !cell.Variable || cell.Type.DType != tensor.Int16 || cell.Quant.Scale[0] != 1.0/(1<<15) {
			t.Errorf("the cell is %v with %v", cell.Type, cell.Quant)
		}
	}
	if joined := g.Outputs[1].Quant; seen != 2 || !g.Nodes[0].Outputs[0].Quant.Equal(joined) {
		t.Errorf("%d LSTMs; the first has %v, what it is joined to %v", seen, g.Nodes[0].Outputs[0].Quant, joined)
	}
}

// TestLSTMStaysFloat names each reason for which an LSTM stays float, with its float weights and without intermediates.
func TestLSTMStaysFloat(t *testing.T) {
	attr := func(change func(a *op.SequenceLSTM)) func(n *ir.Node) {
		return func(n *ir.Node) {
			a := *n.Attr.(*op.SequenceLSTM)
			change(&a)
			n.Attr = &a
		}
	}
	for reason, damage := range map[string]func(n *ir.Node){
		"no range is known of what is inside it":                       func(n *ir.Node) { n.Input(19).Range = nil },
		"takes any activation for the hyperbolic tangent":              attr(func(a *op.SequenceLSTM) { a.Activation = op.Relu }),
		"no int8 kernel for diagonal weights":                          attr(func(a *op.SequenceLSTM) { a.DiagonalRecurrent = true }),
		"reaches 65, which is more than the 64 of LiteRT's int8":       func(n *ir.Node) { n.Input(19).Range = &quant.Range{Min: -65, Max: 1} },
		"its weights \"arith.constant15\" are not constant, or not st": func(n *ir.Node) { n.Input(1).Const = nil; n.Input(1).Variable = true },
	} {
		g, report := lstms(t, "lstm", func(g *ir.Graph) { damage(g.Nodes[0]) })
		i := slices.IndexFunc(g.Nodes, func(n *ir.Node) bool { return n.Op == "UNIDIRECTIONAL_SEQUENCE_LSTM" })
		if n := g.Nodes[i]; n.Inputs[2].Type.DType != tensor.Float32 || len(n.Intermediates) > 0 || n.Inputs[18].Type.DType != tensor.Float32 {
			t.Errorf("%q: the operator is an integer one", reason)
		}
		if len(report.Float) != 1 || !strings.Contains(report.Float[0].Reason, reason) {
			t.Errorf("want one operator float for %q, have %+v", reason, report.Float)
		}
	}
	_, report := lstms(t, "lstm_forms", func(*ir.Graph) {})
	if len(report.Float) != 1 || !strings.Contains(report.Float[0].Reason, "peepholes of a layer with a projection") {
		t.Errorf("want one operator float for its peepholes, have %+v", report.Float)
	}
}

// An SVDF stays float with another activation than LiteRT's kernel takes, and where no range is known of what it remembers; TFLiteConverter does not mind the former. What it is by the same ranges as
// TFLiteConverter's TestOracles compares.
func TestSVDF(t *testing.T) {
	for reason, damage := range map[string]func(n *ir.Node){
		"":                                       func(*ir.Node) {},
		"no range is known of what is inside it": func(n *ir.Node) { n.Input(4).Range = nil },
		"kernel takes RELU alone":                func(n *ir.Node) { n.Attr = &op.SVDF{Rank: 2} },
		"are not constant":                       func(n *ir.Node) { n.Input(2).Const = nil; n.Input(2).Variable = true },
	} {
		g, report := lstms(t, "svdf", func(g *ir.Graph) { damage(g.Nodes[0]) })
		i := slices.IndexFunc(g.Nodes, func(n *ir.Node) bool { return n.Op == "SVDF" })
		n := g.Nodes[i]
		if reason == "" {
			if len(report.Float) > 0 || n.Input(4).Type.DType != tensor.Int16 || !n.Input(4).Variable || n.Input(2).Type.DType != tensor.Int16 || n.Outputs[0].Quant.Zero[0] != -128 {
				t.Errorf("the state is %v, the time weights %v, the result's zero point %d; float are %+v", n.Input(4).Type, n.Input(2).Type, n.Outputs[0].Quant.Zero[0], report.Float)
			}
			if b := g.Nodes[i+1].Input(3); b == nil || b.Type.DType != tensor.Int32 || !b.Type.Shape.Equal(tensor.Shape{6}) || !slices.Equal(tensor.View[int32](b.Const), make([]int32, 6)) {
				t.Errorf("an SVDF without a bias has %v, want zeros, which TFLite Micro reads", b)
			}
			continue
		}
		if n.Input(4).Type.DType != tensor.Float32 || n.Input(1).Type.DType != tensor.Float32 {
			t.Errorf("%q: the operator is an integer one", reason)
		}
		if len(report.Float) != 1 || !strings.Contains(report.Float[0].Reason, reason) {
			t.Errorf("want one operator float for %q, have %+v", reason, report.Float)
		}
	}
}
