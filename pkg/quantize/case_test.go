package quantize_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
)

// TestCases quantizes the float models of testdata/cases in the ways that each case has a section for.
func TestCases(t *testing.T) {
	golden.Cases(t, "testdata/cases/*.txtar", func(t *testing.T, c *golden.Case) {
		text := c.Section("float")
		quantized := map[string]quantize.Options{
			"tflite":  {Compat: quantize.TFLite},
			"default": {},
			"uint8":   {IO: quantize.UInt8IO},
			"int16":   {IO: quantize.Int16IO},
			"float32": {IO: quantize.Float32IO},

			"float16":         {Scheme: quantize.Float16},
			"dynamic":         {Scheme: quantize.Dynamic},
			"weight-only":     {Scheme: quantize.WeightOnly},
			"weight-only-4":   {Scheme: quantize.WeightOnly, Bits: 4},
			"int16x8":         {Scheme: quantize.Int16x8},
			"int16x8-float32": {Scheme: quantize.Int16x8, IO: quantize.Float32IO},
			"int16x8-tflite":  {Scheme: quantize.Int16x8, IO: quantize.Float32IO, Compat: quantize.TFLite},
		}
		for _, name := range slices.Sorted(maps.Keys(quantized)) {
			if c.Has(name) {
				out, _ := quantizeText(t, text, quantized[name])
				c.Want(name, out)
			}
		}
		if c.Has("report") {
			_, report := quantizeText(t, text, quantize.Options{})
			encoded, err := json.MarshalIndent(report, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			c.Want("report", string(encoded)+"\n")
		}
	})
}

// quantizeText quantizes a model in text form by the ranges in it. The model must not change, and the result must be sound.
func quantizeText(t *testing.T, text string, opt quantize.Options) (string, *quantize.Report) {
	t.Helper()
	m, err := ir.Parse(text, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(m, op.Set); err != nil {
		t.Fatal(err)
	}
	before := m.String()
	stats := carried(m)
	if opt.Compat == quantize.Default {
		stats.Kind = calib.True
	}
	q, report, err := quantize.Run(m, stats, opt)
	if err != nil {
		t.Fatal(err)
	}
	if after := m.String(); after != before {
		t.Errorf("the float model has changed:\n%s", after)
	}
	if err := ir.Verify(q, op.Set); err != nil {
		t.Errorf("the result is unsound: %v", err)
	}
	return strings.TrimSuffix(q.String(), "\n") + "\n", report
}
