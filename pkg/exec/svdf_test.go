package exec_test

import (
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

const svdf = `graph "main" {
  %0 = input "x" i8[1,2] q(0.5; 0; 0)
  %1 = const "feature" i8[1,2] q(0.5; 0; 0) = [4 -8]
  %2 = const "time" i16[1,3] q(0.25; 0; 0) = [1 2 4]
  %3 = const "bias" i32[1] q(0.0625; 0; 0) = [32]
  %4 = variable "state" i16[1,3] q(0.25; 0; 0)
  %5 "y" i8[1,1] q(0.5; -128; 0) = SVDF(%0, %1, %2, %3, %4) {activation=RELU, rank=1}
  return %5
}
`

// An int8 SVDF adds up what stands in its definition; LiteRT's numbers are in testdata/golden_lstm.zip.
func TestInt8SVDF(t *testing.T) {
	m, err := ir.Parse(svdf, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := p.NewSession()
	for range 2 { // the state begins with zeros
		out, err := s.Run([]*tensor.Tensor{tensor.Of(tensor.Int8, tensor.Shape{1, 2}, []int8{6, -3})}, nil)
		if err != nil {
			t.Fatal(err)
		}
		// 3 · 2 - 1.5 · -4 = 12 is remembered last, and by its weight of 1 it is the result, beside a bias of 2: 14 in steps of 0.5.
		if got := tensor.View[int8](out[0])[0]; got != 28-128 {
			t.Errorf("%d, want %d", got, 28-128)
		}
	}
}

func TestInt8SVDFRefused(t *testing.T) {
	for _, c := range []struct{ name, old, to, want string }{
		{"activation", "activation=RELU", "activation=NONE", "activation NONE of an int8 SVDF"},
		{"rank", "rank=1", "rank=2", "do not fit"},
		{"float weights", `i8[1,2] q(0.5; 0; 0) = [4 -8]`, `f32[1,2] = [4 -8]`, "input 1 is f32"},
		{"int8 time weights", `i16[1,3] q(0.25; 0; 0) = [1 2 4]`, `i8[1,3] q(0.25; 0; 0) = [1 2 4]`, "input 2 is i8"},
		{"weights off zero", `i8[1,2] q(0.5; 0; 0) = [4 -8]`, `i8[1,2] q(0.5; 3; 0) = [4 -8]`, "zero point 3, want 0"},
		{"state off zero", `"state" i16[1,3] q(0.25; 0; 0)`, `"state" i16[1,3] q(0.25; 1; 0)`, "zero point 1, want 0"},
		{"short state", `"state" i16[1,3]`, `"state" i16[1,2]`, "want 3 elements"},
		{"no variable", `variable "state" i16[1,3] q(0.25; 0; 0)`, `const "state" i16[1,3] q(0.25; 0; 0) = [0 0 0]`, "not a variable"},
		{"a wide bias", `i32[1] q(0.0625; 0; 0) = [32]`, `i32[2] q(0.0625; 0; 0) = [32 1]`, "want 1 elements"},
		{"no scale", `"time" i16[1,3] q(0.25; 0; 0)`, `"time" i16[1,3]`, "no quantization parameters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(svdf, c.old) {
				t.Fatalf("the model has no %q", c.old)
			}
			m, err := ir.Parse(strings.Replace(svdf, c.old, c.to, 1), op.Set)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = exec.Compile(m, 0, exec.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
