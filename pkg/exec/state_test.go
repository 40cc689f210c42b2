package exec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// runText runs a model in text form with the inputs, so often, and returns the first output of each run.
func runText(t *testing.T, text string, inputs ...[]float32) (results [][]float32, err error) {
	t.Helper()
	m, err := ir.Parse(text, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(m, op.Set); err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		return nil, err
	}
	s := p.NewSession()
	for _, in := range inputs {
		out, err := s.Run([]*tensor.Tensor{tensor.F32(tensor.Shape{len(in)}, in...)}, nil)
		if err != nil {
			return results, err
		}
		results = append(results, append([]float32{}, tensor.View[float32](out[0])...))
	}
	return results, nil
}

const counting = `graph "main" {
  %0 = input "x" f32[2]
  CALL_ONCE() {init=1}
  CALL_ONCE() {init=1}
  %1 "handle" resource[] = VAR_HANDLE() {shared_name="v"}
  %2 "old" f32[2] = READ_VARIABLE(%1)
  %3 "new" f32[2] = ADD(%2, %0)
  ASSIGN_VARIABLE(%1, %3)
  CALL_ONCE() {init=1}
  %4 "out" f32[2] = READ_VARIABLE(%1)
  return %4
}
graph "initialise" {
  %0 = const "first" f32[2] = [1 2]
  %1 "handle" resource[] = VAR_HANDLE() {shared_name="v"}
  ASSIGN_VARIABLE(%1, %0)
  return
}
`

// Each run begins with what CALL_ONCE assigns, which it does once in a run, however often it stands there.
func TestVariablesBeginAnew(t *testing.T) {
	got, err := runText(t, counting, []float32{1, 1}, []float32{10, 20}, []float32{1, 1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]float32{{2, 3}, {11, 22}, {2, 3}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A session that carries begins once, and each run goes on with what the one before left: variables and the states of operators.
func TestVariablesAreCarried(t *testing.T) {
	for _, c := range []struct {
		name, text string
		in         *tensor.Tensor
		want       []float32
	}{
		{"resource variables", counting, tensor.F32(tensor.Shape{2}, 10, 20), []float32{11, 21, 31}},
		{"an operator's state", svdf, tensor.Of(tensor.Int8, tensor.Shape{1, 2}, []int8{6, -3}), []float32{14, 20, 23}}, // 12 in the state counts 1, then a half, then a quarter; 2 more are the bias
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := ir.Parse(c.text, op.Set)
			if err != nil {
				t.Fatal(err)
			}
			p, err := exec.Compile(m, 0, exec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s, border := p.NewSession(), p.Border()
			var got []float32
			for i := range 4 {
				if i == 1 { // what was before is forgotten
					s.Carry()
				}
				out, err := s.Run([]*tensor.Tensor{c.in}, nil)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, tensor.View[float32](border.Out(out)[0])[0])
			}
			if diff := cmp.Diff(append(c.want[:1:1], c.want...), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Variables are told apart by container and name, and a value that was read stays what it was.
func TestVariablesAreToldApart(t *testing.T) {
	got, err := runText(t, `graph "main" {
  %0 = input "x" f32[2]
  %1 "a" resource[] = VAR_HANDLE() {container="one", shared_name="v"}
  %2 "b" resource[] = VAR_HANDLE() {container="two", shared_name="v"}
  ASSIGN_VARIABLE(%1, %0)
  %3 "read" f32[2] = READ_VARIABLE(%1)
  %4 "negative" f32[2] = NEG(%0)
  ASSIGN_VARIABLE(%2, %4)
  %5 "other" f32[2] = READ_VARIABLE(%2)
  ASSIGN_VARIABLE(%1, %5)
  %6 "out" f32[2] = SUB(%3, %5)
  return %6
}
`, []float32{1, 3})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]float32{{2, 6}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVariablesThatAreWrong(t *testing.T) {
	for _, c := range []struct{ name, old, to, want string }{
		{"not assigned", `shared_name="v"}` + "\n  %2", `shared_name="w"}` + "\n  %2", `the variable "w" is read before anything was assigned to it`},
		{"another type", `"first" f32[2] = [1 2]`, `"first" i32[2] = [1 2]`, `the variable "v" holds i32, want f32`},
		{"another shape", `"first" f32[2] = [1 2]`, `"first" f32[3] = [1 2 3]`, `ADD`},
		{"no such graph", "init=1", "init=7", "graph 7"},
		{"no handle", "READ_VARIABLE(%1)", "READ_VARIABLE(%0)", "is no handle of a variable"},
		{"itself", "  ASSIGN_VARIABLE(%1, %0)", "  ASSIGN_VARIABLE(%1, %0)\n  CALL_ONCE() {init=1}", "calls itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(counting, c.old) {
				t.Fatalf("the model has no %q", c.old)
			}
			m, err := ir.Parse(strings.Replace(counting, c.old, c.to, 1), op.Set)
			if err == nil {
				err = ir.Verify(m, op.Set)
			}
			if err == nil {
				_, err = runText(t, strings.Replace(counting, c.old, c.to, 1), []float32{1, 1}, []float32{1, 1})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
