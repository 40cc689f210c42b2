package recipe_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/recipe"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestCases applies the recipes of testdata to the models beside them, and quantizes by the ranges in these.
func TestCases(t *testing.T) {
	golden.Cases(t, "testdata/*.txtar", func(t *testing.T, c *golden.Case) {
		m, err := ir.Parse(c.Section("model"), op.Set)
		if err != nil {
			t.Fatal(err)
		}
		r, err := recipe.Parse([]byte(c.Section("recipe")))
		if err != nil {
			t.Fatal(err)
		}
		plan, err := r.Plan(m)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, row := range plan.Rows {
			name := strings.TrimSpace(row.Op + " " + row.Output)
			if row.Tensor != "" {
				name = strings.TrimSpace(name + " tensor " + row.Tensor)
			}
			fmt.Fprintf(&b, "%s: %s, rule %d, line %d\n", name, row.Gets, row.Rule, row.Line)
		}
		for _, note := range plan.Notes {
			fmt.Fprintln(&b, note)
		}
		c.Want("plan", b.String())
		q, report, err := quantize.Run(m, ranges(m), options(r, plan))
		if err != nil {
			t.Fatal(err)
		}
		if r.Scheme().Calibrated() {
			var b strings.Builder
			for _, f := range report.Float {
				unasked := map[bool]string{false: " (not asked for)"}[f.Asked]
				fmt.Fprintf(&b, "%s %s: %s%s\n", f.Op, f.Output, f.Reason, unasked)
			}
			c.Want("float", b.String())
		}
		if err := ir.Verify(q, op.Set); err != nil {
			t.Error(err)
		}
		c.Want("quantized", strings.TrimSuffix(q.String(), "\n")+"\n")
	})
}

// options are those of a plan.
func options(r *recipe.Recipe, p *recipe.Plan) quantize.Options {
	o := quantize.Options{Scheme: r.Scheme()}
	p.Apply(&o)
	return o
}

// ranges returns the ranges that the values of a model carry.
func ranges(m *ir.Model) *calib.Stats {
	stats := &calib.Stats{Kind: calib.True}
	for i, g := range m.Graphs {
		for k, v := range g.Values {
			if v.Range != nil {
				stats.Tensors = append(stats.Tensors, calib.Tensor{Key: calib.Key{Subgraph: i, Index: k}, Name: v.Name, Range: *v.Range})
			}
		}
	}
	return stats
}

// TestOneScheme holds that a recipe of one scheme means the same as that scheme alone.
func TestOneScheme(t *testing.T) {
	files, err := filepath.Glob("../quantize/testdata/weights/*/float.tflite")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d models, %v; want at least 6", len(files), err)
	}
	for text, opt := range map[string]quantize.Options{
		"scheme: float16":                              {Scheme: quantize.Float16},
		"scheme: dynamic":                              {Scheme: quantize.Dynamic},
		"scheme: weight-only\nper-tensor: true":        {Scheme: quantize.WeightOnly, PerTensor: true},
		`{"scheme": "weight-only", "bits": 4}`:         {Scheme: quantize.WeightOnly, Bits: 4},
		"{scheme: weight-only, bits: 4, block: 32}":    {Scheme: quantize.WeightOnly, Bits: 4, Block: 32},
		"rules: [{op: '*', scheme: float16}]":          {Scheme: quantize.Float16},
		"rules:\n- op: '*'\n  scheme: weight-only\n\n": {Scheme: quantize.WeightOnly},
	} {
		r, err := recipe.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, err := tflite.Decode(content)
			if err != nil {
				t.Fatal(err)
			}
			want, _, err := quantize.Run(m, nil, opt)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := r.Plan(m)
			if err != nil {
				if strings.HasPrefix(text, "rules") && strings.Contains(err.Error(), "names no operator") {
					continue
				}
				t.Fatal(err)
			}
			got, _, err := quantize.Run(m, nil, options(r, plan))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), got.String()); diff != "" {
				t.Errorf("%s, %s (-scheme +recipe):\n%s", file, text, diff)
			}
		}
	}
}

// TestErrors holds what is refused, with its line.
func TestErrors(t *testing.T) {
	golden.Cases(t, "testdata/errors/*.txtar", func(t *testing.T, c *golden.Case) {
		_, err := recipe.Parse([]byte(c.Section("recipe")))
		if err == nil {
			t.Fatal("it is taken")
		}
		c.Want("error", err.Error()+"\n")
	})
}

// TestUnused refuses a rule that does nothing.
func TestUnused(t *testing.T) {
	m, err := ir.Parse("graph \"main\" {\n  %0 = input \"x\" f32[1]\n  %1 \"y\" f32[1] = NEG(%0)\n  return %1\n}\n", op.Set)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"rules: [{name: z, scheme: float16}]":                                "line 1: rule 1 names no operator that float16 is for: no result has a name that fits",
		"rules: [{op: NEGATE, scheme: float16}]":                             "line 1: rule 1 names no operator that float16 is for: of kind NEGATE there is none, but NEG",
		"scheme: int8\nrules:\n- {op: ADD, scheme: none}":                    "line 3: rule 1 names no operator: of kind ADD there is none, but NEG",
		"scheme: float16\nrules:\n- {name: y, scheme: weight-only, bits: 4}": "line 3: rule 1 names no operator that weight-only, 4 bits is for: it stores no weights of NEG",
		"scheme: int8\nrules:\n- {tensor: x, scheme: float16}":               `line 3: rule 1 names no tensor that float16 is for: "x" is an activation, which scheme none leaves float and range bounds`,
	} {
		r, err := recipe.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Plan(m); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// FuzzParse reads arbitrary bytes: a recipe that is taken applies to a model, and quantizes it or says why not.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"scheme: dynamic\nrules:\n- {op: FULLY_CONNECTED, scheme: weight-only, bits: 4, block: 32}\n",
		"[{\"regex\": \".*\", \"operation\": \"*\", \"algorithm_key\": \"no_quantize\"},\n\t{\"regex\": \"y\", \"operation\": \"NEG\", \"algorithm_key\": \"min_max_uniform_quantize\"," +
			" \"op_config\": {\"weight_tensor_config\": {\"num_bits\": 8}, \"compute_precision\": \"INTEGER\"}}]",
		"a: &x [*x]", "- ", "{}", "", "--- a\n--- b", "? [a]\n: b", "rules: !!binary x",
	} {
		f.Add([]byte(text))
	}
	m, err := ir.Parse("graph \"main\" {\n  %0 = input \"x\" f32[1,2]\n  %1 = const \"w\" f32[1,2] = [1 2]\n  %2 \"y\" f32[1,1] = FULLY_CONNECTED(%0, %1, _)\n  return %2\n}\n", op.Set)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := recipe.Parse(content)
		if err != nil {
			return
		}
		plan, err := r.Plan(m)
		if err != nil || r.Scheme().Calibrated() {
			return
		}
		if _, _, err := quantize.Run(m, nil, options(r, plan)); err != nil {
			t.Errorf("a recipe that is taken is refused later: %v", err)
		}
	})
}
