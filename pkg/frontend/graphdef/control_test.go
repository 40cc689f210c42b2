package graphdef_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/tensor"
)

// controlCase is a graph of testdata/control.zip or arrays.zip, with TensorFlow's values.
type controlCase struct {
	Name            string
	Inputs, Outputs []string
	Shapes          []tensor.Shape
	Runs            []struct{ Inputs, Outputs []values }
	graph           []byte
}

// values is a tensor of any type.
type values struct {
	DType  string
	Shape  tensor.Shape
	Values []float64
}

func (a values) dtype() tensor.DType {
	return map[string]tensor.DType{"float32": tensor.Float32, "int32": tensor.Int32, "int64": tensor.Int64, "bool": tensor.Bool,
		"int16": tensor.Int16, "uint8": tensor.UInt8}[a.DType]
}

func (a values) tensor() *tensor.Tensor {
	t := tensor.New(a.dtype(), a.Shape)
	for i, x := range a.Values {
		switch t.DType {
		case tensor.Float32:
			tensor.View[float32](t)[i] = float32(x)
		case tensor.Int32:
			tensor.View[int32](t)[i] = int32(x)
		case tensor.Int64:
			tensor.View[int64](t)[i] = int64(x)
		default:
			t.Data[i] = byte(x)
		}
	}
	return t
}

// compare reports how a result differs from a.
func (a values) compare(got *tensor.Tensor) error {
	if got.DType != a.dtype() || !got.Shape.Equal(a.Shape) {
		return fmt.Errorf("is %v%v, want %v%v", got.DType, got.Shape, a.dtype(), a.Shape)
	}
	var list []float64
	switch got.DType {
	case tensor.Float32:
		for _, x := range tensor.View[float32](got) {
			list = append(list, float64(x))
		}
	case tensor.Bool:
		for _, x := range got.Data {
			list = append(list, float64(x))
		}
	default:
		ints, err := got.Ints()
		if err != nil {
			return err
		}
		for _, x := range ints {
			list = append(list, float64(x))
		}
	}
	for i, x := range list {
		if y := a.Values[i]; !(math.Abs(x-y) <= 2e-6*max(1, math.Abs(y))) {
			return fmt.Errorf("element %d is %v, want %v", i, x, y)
		}
	}
	return nil
}

func controlCases(t testing.TB) []controlCase { return casesIn(t, "testdata/control.zip") }

// casesIn returns the cases of an archive.
func casesIn(t testing.TB, path string) (cases []controlCase) {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
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
	for i := range cases {
		cases[i].graph = read(cases[i].Name + ".pb")
	}
	return cases
}

// options returns how the case is to be imported.
func (c *controlCase) options() graphdef.Options {
	opt := graphdef.Options{Signature: "serving_default"}
	for i, name := range c.Inputs {
		opt.Inputs = append(opt.Inputs, graphdef.Port{Name: name, Tensor: name, Type: ir.Type{DType: c.Runs[0].Inputs[i].dtype(), Shape: c.Shapes[i]}})
	}
	for _, name := range c.Outputs {
		opt.Outputs = append(opt.Outputs, graphdef.Port{Name: name, Tensor: name})
	}
	return opt
}

// convert imports the case's graph, and runs the passes if they are wanted.
func (c *controlCase) convert(settled bool) (*ir.Model, error) {
	g, err := tfpb.DecodeGraphDef(c.graph)
	if err != nil {
		return nil, err
	}
	res, err := graphdef.Import(g, c.options())
	if err != nil {
		return nil, err
	}
	if settled {
		if err := pass.Settle(res.Model, pass.Import); err != nil {
			return nil, err
		}
	}
	build.Bind(res.Model)
	return res.Model, ir.Verify(res.Model, op.Set)
}

// run compares what a model makes of the case's inputs with TensorFlow's outputs.
func (c *controlCase) run(m *ir.Model) error {
	for i, r := range c.Runs {
		var inputs []*tensor.Tensor
		var shapes []tensor.Shape
		for _, a := range r.Inputs {
			inputs, shapes = append(inputs, a.tensor()), append(shapes, a.Shape)
		}
		p, err := exec.Compile(m, 0, exec.Options{InputShapes: shapes})
		if err != nil {
			return fmt.Errorf("run %d: %w", i, err)
		}
		outputs, err := p.NewSession().Run(inputs, nil)
		if err != nil {
			return fmt.Errorf("run %d: %w", i, err)
		}
		for k, want := range r.Outputs {
			if err := want.compare(outputs[k]); err != nil {
				return fmt.Errorf("run %d: output %d %w", i, k, err)
			}
		}
	}
	return nil
}

// straight lists the cases that need neither WHILE nor IF: they fold, or their loops have few rounds.
var straight = strings.Fields("grown popped cut cut_open scattered joined gathered never asserted")

// TestCasesAgreeWithTensorFlow converts graphs of loops, conditionals and lists, and of operators on arrays and images in many forms, most with open dimensions, and compares
// what they make of TensorFlow's inputs with what TensorFlow made: before the passes, and after.
func TestCasesAgreeWithTensorFlow(t *testing.T) {
	control := controlCases(t)
	for i, c := range append(control, casesIn(t, "testdata/arrays.zip")...) {
		t.Run(c.Name, func(t *testing.T) {
			for _, settled := range []bool{false, true} {
				m, err := c.convert(settled)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.run(m); err != nil {
					t.Errorf("after the passes: %v: %v\n%v", settled, err, m)
				}
				if got, want := len(m.Graphs) == 1, slices.Contains(straight, c.Name); i < len(control) && got != want {
					t.Errorf("%d graphs", len(m.Graphs))
				}
			}
		})
	}
}

// TestOperatorsOfControlFlow holds what some of the cases become after the passes: the numbers of inputs and outputs of each graph, and its operators.
func TestOperatorsOfControlFlow(t *testing.T) {
	want := map[string][]string{
		"recurrent": {
			"1>2 SHAPE STRIDED_SLICE PACK FILL TRANSPOSE PACK FILL WHILE TRANSPOSE",
			"4>4 ADD GATHER FULLY_CONNECTED FULLY_CONNECTED ADD TANH RESHAPE PACK DYNAMIC_UPDATE_SLICE",
			"4>1 LESS",
		},
		"from_nothing": {"1>2 WHILE", "4>4 ADD RESHAPE CAST MUL CONCATENATION CONCATENATION SUB PACK SLICE RESHAPE SLICE", "4>1 LESS"},
		"sequences": {
			"1>1 STRIDED_SLICE ZEROS_LIKE TRANSPOSE SHAPE STRIDED_SLICE PACK FILL WHILE TRANSPOSE",
			"4>4 ADD MUL GATHER ADD LESS SELECT_V2 RESHAPE PACK DYNAMIC_UPDATE_SLICE",
			"4>1 LESS",
		},
		"shifted":        {"1>3 ADD MUL WHILE", "4>4 ADD MUL ADD RESHAPE", "4>1 LESS"},
		"unread":         {"1>1 WHILE", "2>2 ADD ADD", "2>1 LESS LESS LOGICAL_AND"},
		"switched":       {"2>1 EQUAL IF", "2>1 ADD", "2>1 EQUAL IF", "2>1 MUL", "2>1 EQUAL IF", "1>1 SUB", "1>1 NEG"},
		"open_condition": {"1>1 SHAPE STRIDED_SLICE GREATER IF", "1>1 MUL", "1>1 ADD"},
	}
	for _, c := range controlCases(t) {
		if want[c.Name] == nil {
			continue
		}
		m, err := c.convert(true)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range m.Graphs {
			line := fmt.Sprintf("%d>%d", len(g.Inputs), len(g.Outputs))
			for _, n := range g.Nodes {
				line += " " + n.Op
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(want[c.Name], got); diff != "" {
			t.Errorf("%s: graphs (-want +got):\n%s", c.Name, diff)
		}
	}
}
