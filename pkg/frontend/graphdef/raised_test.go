package graphdef_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
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

// raisedCase is a graph of package raise's tests, with TensorFlow's values.
type raisedCase struct {
	Name            string
	Inputs, Outputs []string
	Runs            []struct{ Inputs, Outputs [][]any }
}

// tensorOf makes a tensor of numbers or truths.
func tensorOf(t ir.Type, values []any) *tensor.Tensor {
	out := tensor.New(t.DType, t.Shape)
	for i, v := range values {
		switch v := v.(type) {
		case bool:
			out.Data[i] = map[bool]byte{true: 1}[v]
		case float64:
			if t.DType == tensor.Int32 {
				tensor.View[int32](out)[i] = int32(v)
			} else {
				tensor.View[float32](out)[i] = float32(v)
			}
		}
	}
	return out
}

func numbers(t *tensor.Tensor) []float64 {
	out := make([]float64, t.Elements())
	for i := range out {
		if t.DType == tensor.Int32 {
			out[i] = float64(tensor.View[int32](t)[i])
		} else {
			out[i] = float64(tensor.View[float32](t)[i])
		}
	}
	return out
}

// TestRaisedControlFlowAgreesWithTensorFlow converts graphs with TensorFlow 1's control flow, and compares values with TensorFlow's.
func TestRaisedControlFlowAgreesWithTensorFlow(t *testing.T) {
	data, err := os.ReadFile("../raise/testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []raisedCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			m := c.convert(t)
			p, err := exec.Compile(m, 0, exec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range c.Runs {
				var inputs []*tensor.Tensor
				for i, v := range p.Inputs() {
					inputs = append(inputs, tensorOf(v.Type, r.Inputs[i]))
				}
				outputs, err := p.NewSession().Run(inputs, nil)
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range r.Outputs {
					got := numbers(outputs[i])
					for k, v := range want {
						if y := v.(float64); !(math.Abs(got[k]-y) <= 1e-5*max(1, math.Abs(y))) {
							t.Errorf("output %d, element %d is %v, want %v", i, k, got[k], y)
						}
					}
				}
			}
		})
	}
}

func (c *raisedCase) convert(t *testing.T) *ir.Model {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../raise/testdata", c.Name+".pb"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := tfpb.DecodeGraphDef(content)
	if err != nil {
		t.Fatal(err)
	}
	if g, err = raise.Graph(g, c.Outputs); err != nil {
		t.Fatal(err)
	}
	opt := graphdef.Options{Signature: "serving_default"}
	for _, name := range c.Inputs {
		opt.Inputs = append(opt.Inputs, graphdef.Port{Name: name, Tensor: name})
	}
	for _, name := range c.Outputs {
		opt.Outputs = append(opt.Outputs, graphdef.Port{Name: name, Tensor: name})
	}
	res, err := graphdef.Import(g, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := pass.Settle(res.Model, pass.Import); err != nil {
		t.Fatal(err)
	}
	build.Bind(res.Model)
	if err := ir.Verify(res.Model, op.Set); err != nil {
		t.Fatal(err)
	}
	t.Log(histogram(res.Model))
	return res.Model
}
