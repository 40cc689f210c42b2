package graphdef_test

import (
	"testing"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestArraysAgreeWithTensorFlow converts the operators on arrays and images in many forms, most with open dimensions, and compares what they make of TensorFlow's
// inputs with what TensorFlow made: before the passes, and after.
func TestArraysAgreeWithTensorFlow(t *testing.T) {
	for _, c := range casesIn(t, "testdata/arrays.zip") {
		t.Run(c.Name, func(t *testing.T) {
			for _, settled := range []bool{false, true} {
				g, err := tfpb.DecodeGraphDef(c.graph)
				if err != nil {
					t.Fatal(err)
				}
				res, err := graphdef.Import(g, c.options())
				if err != nil {
					t.Fatal(err)
				}
				if settled {
					if err := pass.Settle(res.Model, pass.Import); err != nil {
						t.Fatal(err)
					}
				}
				build.Bind(res.Model)
				if err := ir.Verify(res.Model, op.Set); err != nil {
					t.Error(err)
				}
				for i, r := range c.Runs {
					var inputs []*tensor.Tensor
					var shapes []tensor.Shape
					for _, a := range r.Inputs {
						inputs, shapes = append(inputs, a.tensor()), append(shapes, a.Shape)
					}
					p, err := exec.Compile(res.Model, 0, exec.Options{InputShapes: shapes})
					if err != nil {
						t.Fatal(err)
					}
					outputs, err := p.NewSession().Run(inputs, nil)
					if err != nil {
						t.Fatal(err)
					}
					for k, want := range r.Outputs {
						if err := want.compare(outputs[k]); err != nil {
							t.Errorf("after the passes: %v: run %d: output %d, %s, %v", settled, i, k, c.Outputs[k], err)
						}
					}
				}
			}
		})
	}
}
