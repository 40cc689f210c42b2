package quantize_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tflite"
)

const withFloatOperator = `graph "main" {
  %0 = input "x" f32[1,4] range(-1 1)
  %1 "a" f32[1,4] range(-1 1) = NEG(%0)
  %2 "b" f32[1,4] range(0 1) = ABS(%1)
  return %2
}`

func TestStrict(t *testing.T) {
	m, err := ir.Parse(withFloatOperator, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = quantize.Run(m, carried(m), quantize.Options{Strict: true})
	var strict *quantize.StrictError
	if !errors.As(err, &strict) || len(strict.Ops) != 1 || strict.Ops[0].Op != "NEG" {
		t.Errorf("error %v, want a StrictError about NEG", err)
	}
	if strict != nil && !strings.Contains(err.Error(), `NEG "a"`) {
		t.Errorf("the message %q does not name the operator", err)
	}
	m, err = ir.Parse(strings.ReplaceAll(withFloatOperator, "NEG", "SQRT"), op.Set)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := quantize.Run(m, carried(m), quantize.Options{Strict: true}); err != nil {
		t.Errorf("a model of integer operators is refused: %v", err)
	}
}

func TestStrictErrorCounts(t *testing.T) {
	err := &quantize.StrictError{Ops: []quantize.FloatOp{
		{Op: "NEG", Output: "a", Reason: "r"}, {Op: "SIN", Output: "b", Reason: "s"}, {Op: "NEG", Output: "c", Reason: "r"},
	}}
	if got, want := err.Error(), `3 operators would stay float: 2 NEG (r); SIN "b" (s)`; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

// Without ranges there is nothing to quantize by, and no float model comes out in disguise.
func TestNoRanges(t *testing.T) {
	m, err := ir.Parse(withFloatOperator, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*calib.Stats{nil, {Kind: calib.True}} {
		if _, _, err := quantize.Run(m, s, quantize.Options{}); err == nil {
			t.Error("statistics without ranges are accepted")
		}
	}
}

// The same model and ranges give the same bytes, and each value of the result has a name of its own; inputs and outputs keep theirs.
func TestResultIsReproducible(t *testing.T) {
	folders, err := filepath.Glob("testdata/oracle/*")
	if err != nil || len(folders) == 0 {
		t.Fatal("no oracles", err)
	}
	for _, folder := range folders {
		content, err := os.ReadFile(filepath.Join(folder, "calibrated.tflite"))
		if err != nil {
			t.Fatal(err)
		}
		var first string
		for range 3 {
			m, err := tflite.Decode(content)
			if err != nil {
				t.Fatal(err)
			}
			q, _, err := quantize.Run(m, carried(m), quantize.Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkNames(t, m, q)
			encoded, err := tflite.Encode(q)
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = string(encoded)
			}
			if first != string(encoded) {
				t.Errorf("%s: two runs give different bytes", folder)
			}
		}
	}
}

func checkNames(t *testing.T, source, result *ir.Model) {
	t.Helper()
	for i, g := range result.Graphs {
		names := map[string]bool{}
		for _, v := range g.Values {
			if names[v.Name] {
				t.Errorf("graph %d: two values are called %q", i, v.Name)
			}
			names[v.Name] = true
		}
		for j, v := range g.Inputs {
			if want := source.Graphs[i].Inputs[j].Name; v.Name != want {
				t.Errorf("graph %d: input %d is called %q, was %q", i, j, v.Name, want)
			}
		}
		for j, v := range g.Outputs {
			if want := source.Graphs[i].Outputs[j].Name; v.Name != want && v.Const == nil {
				t.Errorf("graph %d: output %d is called %q, was %q", i, j, v.Name, want)
			}
		}
	}
	for i, s := range result.Signatures {
		was := source.Signatures[i]
		if s.Key != was.Key || len(s.Inputs) != len(was.Inputs) || len(s.Outputs) != len(was.Outputs) {
			t.Errorf("signature %d is %+v, was %+v", i, s, was)
		}
	}
}
