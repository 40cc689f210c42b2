package exec_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestTables compares operators of x and a function of x with the same operators of two operands that have nothing to do with each other, for every int8.
func TestTables(t *testing.T) {
	const q, probability = "q(0.05; -7; 0)", "q(0.00390625; -128; 0)"
	for _, c := range []struct{ inner, outer, quant string }{
		{"LOGISTIC(%0)", "MUL(%0, %1)", probability},
		{"LOGISTIC(%0)", "MUL(%1, %0)", probability},
		{"ABS(%0)", "ADD(%0, %1)", q},
		{"LOGISTIC(%0)", "SUB(%1, %0)", probability},
		{"RELU(%0)", "MAXIMUM(%0, %1)", q},
	} {
		for _, outputs := range []string{"%2", "%2, %1"} {
			t.Run(c.outer+" of "+c.inner+" to "+outputs, func(t *testing.T) {
				together := fmt.Sprintf("graph \"main\" {\n%%0 = input \"x\" i8[256] %s\n%%1 \"y\" i8[256] %s = %s\n%%2 \"z\" i8[256] %s = %s\nreturn %s\n}", q, c.quant, c.inner, q, c.outer, outputs)
				apart := strings.Replace(strings.Replace(together, "%1 \"y\"", "%1 = input \"y\"", 1), " = "+c.inner, "", 1)
				x := tensor.New(tensor.Int8, tensor.Shape{256})
				for i, data := 0, tensor.View[int8](x); i < len(data); i++ {
					data[i] = int8(i)
				}
				inner := strings.Replace(strings.Replace(together, "%2 \"z\" i8[256] "+q+" = "+c.outer+"\n", "", 1), "return "+outputs, "return %1", 1)
				y := runParsed(t, inner, false, x)[0]
				want := runParsed(t, apart, false, x, y)
				for _, watched := range []bool{false, true} {
					for i, got := range runParsed(t, together, watched, x) {
						if !bytes.Equal(got.Data, want[i].Data) {
							t.Errorf("output %d, watched: %v: have % x, want % x", i, watched, got.Data, want[i].Data)
						}
					}
				}
			})
		}
	}
}

// TestSpare checks that a value which a table makes spare is computed if somebody watches, and that runs give the same in either case.
func TestSpare(t *testing.T) {
	const text = `graph "main" {
		%0 = input "x" i8[256] q(0.05; -7; 0)
		%1 "y" i8[256] q(0.00390625; -128; 0) = LOGISTIC(%0)
		%2 "z" i8[256] q(0.05; -7; 0) = MUL(%0, %1)
		return %2
	}`
	m, err := ir.Parse(text, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := tensor.New(tensor.Int8, tensor.Shape{256})
	for i, data := 0, tensor.View[int8](x); i < len(data); i++ {
		data[i] = int8(i)
	}
	s := p.NewSession()
	for range 2 {
		seen := map[string][]byte{}
		out, err := s.Watch([]*tensor.Tensor{x}, func(v *ir.Value, t *tensor.Tensor) { seen[v.Name] = bytes.Clone(t.Data) })
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Clone(out[0].Data)
		// The logistic function of 0, whose integer is the zero point, is a half: that is 0 in steps of 1/256 from -128 on.
		if y := seen["y"]; len(y) != 256 || y[256-7] != 0 {
			t.Errorf("watched, y is % x", y)
		}
		if out, err = s.Run([]*tensor.Tensor{x}, nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out[0].Data, want) {
			t.Errorf("z is % x, watched % x", out[0].Data, want)
		}
	}
}

// runText runs a graph in text form, and returns copies of its outputs.
func runParsed(t *testing.T, text string, watched bool, inputs ...*tensor.Tensor) []*tensor.Tensor {
	t.Helper()
	m, err := ir.Parse(text, op.Set)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := p.NewSession()
	out, err := s.Run(inputs, nil)
	if watched {
		out, err = s.Watch(inputs, func(*ir.Value, *tensor.Tensor) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	copies := make([]*tensor.Tensor, len(out))
	for i, o := range out {
		copies[i] = &tensor.Tensor{DType: o.DType, Shape: o.Shape, Data: bytes.Clone(o.Data)}
	}
	return copies
}
