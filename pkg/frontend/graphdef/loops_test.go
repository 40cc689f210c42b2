package graphdef_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/raise"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/tensor"
)

// loopCase is a graph of testdata/loops.zip, with TensorFlow's values.
type loopCase struct {
	Name            string
	Inputs, Outputs []string
	Shapes          []tensor.Shape
	Runs            []struct{ Inputs, Outputs []array }
}

type array struct {
	Shape  tensor.Shape
	Values []float32
}

func (a array) tensor() *tensor.Tensor { return tensor.F32(a.Shape, a.Values...) }

// loopCases returns the cases of testdata/loops.zip, and a function that returns the graph of one.
func loopCases(t *testing.T) (cases []loopCase, graph func(name string) *tfpb.GraphDef) {
	t.Helper()
	archive, err := zip.OpenReader("testdata/loops.zip")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = archive.Close() })
	read := func(name string) []byte {
		f, err := archive.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if err := json.Unmarshal(read("cases.json"), &cases); err != nil {
		t.Fatal(err)
	}
	return cases, func(name string) *tfpb.GraphDef {
		g, err := tfpb.DecodeGraphDef(read(name + ".pb"))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
}

// convert imports the case's graph for inputs of the given shapes, runs the passes, and checks the result.
func (c *loopCase) convert(g *tfpb.GraphDef, shapes []tensor.Shape) (*ir.Model, error) {
	g, err := raise.Graph(g, c.Outputs)
	if err != nil {
		return nil, err
	}
	opt := graphdef.Options{Signature: "serving_default"}
	for i, name := range c.Inputs {
		opt.Inputs = append(opt.Inputs, graphdef.Port{Name: name, Tensor: name, Type: ir.Type{DType: tensor.Float32, Shape: shapes[i]}})
	}
	for _, name := range c.Outputs {
		opt.Outputs = append(opt.Outputs, graphdef.Port{Name: name, Tensor: name})
	}
	res, err := graphdef.Import(g, opt)
	if err != nil {
		return nil, err
	}
	if err := pass.Settle(res.Model, pass.Import); err != nil {
		return nil, err
	}
	build.Bind(res.Model)
	return res.Model, ir.Verify(res.Model, op.Set)
}

// run compares what the model makes of a run's inputs with TensorFlow's outputs.
func (c *loopCase) run(m *ir.Model, run int) error {
	var inputs []*tensor.Tensor
	var shapes []tensor.Shape
	for _, a := range c.Runs[run].Inputs {
		inputs, shapes = append(inputs, a.tensor()), append(shapes, a.Shape)
	}
	p, err := exec.Compile(m, 0, exec.Options{InputShapes: shapes})
	if err != nil {
		return err
	}
	outputs, err := p.NewSession().Run(inputs, nil)
	if err != nil {
		return err
	}
	for i, want := range c.Runs[run].Outputs {
		got := outputs[i]
		if !got.Shape.Equal(want.Shape) {
			return fmt.Errorf("output %d has shape %v, want %v", i, got.Shape, want.Shape)
		}
		for k, x := range tensor.View[float32](got) {
			if y := want.Values[k]; !(math.Abs(float64(x-y)) <= 2e-6*max(1, math.Abs(float64(y)))) {
				return fmt.Errorf("output %d, element %d is %v, want %v", i, k, x, y)
			}
		}
	}
	return nil
}

// layers are the numbers of UNIDIRECTIONAL_SEQUENCE_LSTM and WHILE in what the cases become where dimensions are known. Others become straight lines.
var layers = map[string][2]int{
	"lstm": {1, 0}, "lstm_sequences": {2, 0}, "lstm_backwards": {1, 0}, "lstm_no_bias": {1, 0}, "lstm_fixed": {1, 0}, "lstm_both": {2, 0},
	"squares": {0, 1}, "running": {0, 1}, "growing": {0, 1}, "array_loop": {0, 1},
	"distributed": {1, 0}, "lstm2": {2, 0}, "lstm2_backwards": {1, 0}, "dynamic_rnn": {0, 1}, "static_cell": {1, 0},
}

// TestLoopsAgreeWithTensorFlow converts loops with unknown dimensions and without, and compares values with TensorFlow's.
func TestLoopsAgreeWithTensorFlow(t *testing.T) {
	cases, graph := loopCases(t)
	for _, c := range cases {
		open := slices.ContainsFunc(c.Shapes, func(s tensor.Shape) bool { return !s.Static() })
		t.Run(c.Name, func(t *testing.T) {
			g := graph(c.Name)
			m, err := c.convert(g, c.Shapes)
			if err != nil {
				t.Fatal(err)
			}
			for i := range c.Runs {
				if err := c.run(m, i); err != nil {
					t.Errorf("run %d: %v", i, err)
				}
			}
			for i, r := range c.Runs {
				if !open && i > 0 {
					break
				}
				shapes := make([]tensor.Shape, len(r.Inputs))
				for k, a := range r.Inputs {
					shapes[k] = a.Shape
				}
				m, err := c.convert(g, shapes)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.run(m, i); err != nil {
					t.Errorf("run %d with known dimensions: %v", i, err)
				}
				ops := histogram(m)
				if got := [2]int{ops["UNIDIRECTIONAL_SEQUENCE_LSTM"], ops["WHILE"]}; got != layers[c.Name] && c.Name != "squares_open" { // whose numbers of rounds differ

					t.Errorf("%d LSTM layers and %d loops, want %v; all: %v", got[0], got[1], layers[c.Name], ops)
				}
			}
		})
	}
}

func histogram(m *ir.Model) map[string]int {
	found := map[string]int{}
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			found[n.Op]++
		}
	}
	return found
}
