package convert

import (
	"math"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// A model whose variables change is calibrated, each sample from the first values on, and quantized around them: variables hold float numbers.
func TestModelsWithVariables(t *testing.T) {
	m, err := ir.Parse(`graph "main" {
  %0 = input "x" f32[4]
  CALL_ONCE() {init=1}
  %1 "handle" resource[] = VAR_HANDLE() {shared_name="v"}
  %2 "old" f32[4] = READ_VARIABLE(%1)
  %3 "new" f32[4] = ADD(%2, %0)
  ASSIGN_VARIABLE(%1, %3)
  %4 "read" f32[4] = READ_VARIABLE(%1)
  %5 "out" f32[4] = MUL(%4, %0)
  return %5
}
graph "initialise" {
  %0 = const "first" f32[4] = [10 10 10 10]
  %1 "handle" resource[] = VAR_HANDLE() {shared_name="v"}
  ASSIGN_VARIABLE(%1, %0)
  return
}
`, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	c := newChoosing(t, m, "random:uniform?samples=40&low=0&high=1")
	var results []*ir.Model
	for _, workers := range []int{1, 3} {
		stats, err := Calibrate(t.Context(), c.float, Options{Scheme: Int8}, c.manifest, &Pool{Workers: workers, Samples: c}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range stats.Tensors {
			if x.Name == "read" && (x.Range.Min < 10 || x.Range.Max > 11) { // more if a sample began where another ended
				t.Errorf("the variable is between %v and %v", x.Range.Min, x.Range.Max)
			}
		}
		res, err := Finish(c.float, Options{Scheme: Int8}, stats)
		if err != nil {
			t.Fatal(err)
		}
		q, err := tflite.Decode(res.Model.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, q)
	}
	if results[0].String() != results[1].String() {
		t.Error("the results of 1 and 3 workers differ")
	}
	g := results[0].Graphs[0]
	for _, n := range g.Nodes {
		if n.Op == "ADD" || n.Op == "MUL" {
			if n.Outputs[0].Type.DType != tensor.Int8 {
				t.Errorf("%s gives %v", n.Op, n.Outputs[0].Type)
			}
		}
	}
	p, err := exec.Compile(results[0], 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in, out := g.Inputs[0].Quant, g.Outputs[0].Quant
	x := []int8{-100, 0, 50, 100}
	got, err := p.NewSession().Run([]*tensor.Tensor{tensor.Of(tensor.Int8, tensor.Shape{4}, x)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range tensor.View[int8](got[0]) {
		real := float64(in.Scale[0]) * float64(int64(x[i])-in.Zero[0])
		y := float64(out.Scale[0]) * float64(int64(q)-out.Zero[0])
		if want := (10 + real) * real; math.Abs(y-want) > 0.1 {
			t.Errorf("%v gives %v, want %v", real, y, want)
		}
	}
}
