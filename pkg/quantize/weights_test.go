package quantize_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/recipe"
	"github.com/octetlite/octet/pkg/tflite"
)

// weightSchemes are the schemes that need no ranges and that TFLiteConverter has, by its answers' names.
var weightSchemes = map[string]quantize.Options{
	"float16":            {Scheme: quantize.Float16, Compat: quantize.TFLite},
	"dynamic":            {Scheme: quantize.Dynamic, Compat: quantize.TFLite},
	"dynamic_per_tensor": {Scheme: quantize.Dynamic, PerTensor: true, Compat: quantize.TFLite},
}

// TestWeightOracles compares with what TFLiteConverter made of the same source as the float model: every operator with its version and every tensor.
func TestWeightOracles(t *testing.T) {
	folders, err := filepath.Glob("testdata/weights/*")
	if err != nil || len(folders) < 6 {
		t.Fatalf("%d oracles in testdata, %v; want at least 6", len(folders), err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { compareWeights(t, folder) })
	}
}

// compareWeights compares schemes with the answers in a folder. TFLiteConverter's in half precision is not there if it overwrites the state of an LSTM, that with one scale for each
// tensor only for committed models.
func compareWeights(t *testing.T, folder string) {
	t.Helper()
	float, err := os.ReadFile(filepath.Join(folder, "float.tflite"))
	if err != nil {
		t.Fatal(err)
	}
	for name, opt := range weightSchemes {
		content, err := os.ReadFile(filepath.Join(folder, name+".tflite"))
		if errors.Is(err, fs.ErrNotExist) && (opt.Scheme == quantize.Float16 || opt.PerTensor) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		want, err := tflite.Decode(content)
		if err != nil {
			t.Fatal(err)
		}
		m, err := tflite.Decode(float)
		if err != nil {
			t.Fatal(err)
		}
		q, report, err := quantize.Run(m, nil, opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := ir.Verify(q, op.Set); err != nil {
			t.Fatal(err)
		}
		got, err := tflite.Encode(q)
		if err != nil {
			t.Fatal(err)
		}
		if g, w := describe(t, got), describe(t, content); g != w {
			t.Errorf("%s (-TensorFlow +Octet):\n%s", name, cmp.Diff(strings.Split(w, "\n"), strings.Split(g, "\n")))
		}
		if diff := cmp.Diff(hybridOptions(want), hybridOptions(q)); diff != "" {
			t.Errorf("%s: options (-TensorFlow +Octet):\n%s", name, diff)
		}
		if opt.Scheme == quantize.Float16 && cmp.Diff(reducedPrecision(want), reducedPrecision(q)) != "" {
			t.Errorf("%s: metadata %q, want %q", name, reducedPrecision(q), reducedPrecision(want))
		}
		if report.Bytes > report.SourceBytes || report.Weights == 0 && report.Bytes < report.SourceBytes {
			t.Errorf("%s: %d weights stored, %d bytes of %d", name, report.Weights, report.Bytes, report.SourceBytes)
		}
	}
}

// TestDynamicScalesPerTensor demands one scale for each weight tensor, but one for each channel where LiteRT's kernel reads so many, and a note either way.
func TestDynamicScalesPerTensor(t *testing.T) {
	float, err := os.ReadFile("testdata/weights/convolutions/float.tflite")
	if err != nil {
		t.Fatal(err)
	}
	for compat, note := range map[quantize.Compat]string{quantize.Default: "keep a scale for each channel", quantize.TFLite: "results are wrong"} {
		m, err := tflite.Decode(float)
		if err != nil {
			t.Fatal(err)
		}
		q, report, err := quantize.Run(m, nil, quantize.Options{Scheme: quantize.Dynamic, PerTensor: true, Compat: compat})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "the weights of 2 depthwise or grouped convolutions") || !strings.Contains(report.Notes[0], note) {
			t.Errorf("%v: notes %q", compat, report.Notes)
		}
		channels, single := 0, 0
		for _, n := range q.Graphs[0].Nodes {
			if len(n.Inputs) < 2 || n.Inputs[1] == nil || n.Inputs[1].Quant == nil {
				continue
			}
			x, w := n.Inputs[0].Type.Shape, n.Inputs[1]
			by := len(w.Quant.Scale) > 1
			if by != (compat == quantize.Default && (n.Op == "DEPTHWISE_CONV_2D" || n.Op == "CONV_2D" && x[3] != w.Type.Shape[3])) {
				t.Errorf("%v: %s has %d scales", compat, n.Op, len(w.Quant.Scale))
			}
			if by {
				channels++
			} else {
				single++
			}
		}
		if want := map[quantize.Compat]int{quantize.Default: 2}[compat]; channels != want || single == 0 {
			t.Errorf("%v: weights of %d operators have a scale for each channel, want %d; %d have one", compat, channels, want, single)
		}
	}
}

// hybridOptions returns the attributes of operators that say how hybrid kernels quantize their operands, in order.
func hybridOptions(m *ir.Model) []ir.Attr {
	var list []ir.Attr
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			if len(op.HybridOf(n.Op).Weights) > 0 {
				list = append(list, n.Attr)
			}
		}
	}
	return list
}

func reducedPrecision(m *ir.Model) string {
	at := slices.IndexFunc(m.Metadata, func(e ir.Metadata) bool { return e.Name == "reduced_precision_support" })
	if at < 0 {
		return ""
	}
	return string(m.Metadata[at].Data)
}

// TestWeightOnlyOracles compares the constants that operators read, DEQUANTIZE in between or not, with those of AI Edge Quantizer's result.
func TestWeightOnlyOracles(t *testing.T) {
	answers, err := filepath.Glob("testdata/weights/*/wi*.tflite")
	if err != nil || len(answers) < 10 {
		t.Fatalf("%d oracles in testdata, %v; want at least 10", len(answers), err)
	}
	for _, path := range answers {
		t.Run(filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), func(t *testing.T) {
			compareWeightOnly(t, path, byName(path))
		})
	}
}

// byName returns the options that a weight-only oracle's file is named after.
func byName(path string) func(*ir.Model) quantize.Options {
	return func(*ir.Model) quantize.Options {
		return map[string]quantize.Options{
			"wi8.tflite":    {Scheme: quantize.WeightOnly},
			"wi4.tflite":    {Scheme: quantize.WeightOnly, Bits: 4},
			"wi4b32.tflite": {Scheme: quantize.WeightOnly, Bits: 4, Block: 32},
		}[filepath.Base(path)]
	}
}

// TestRecipeOracles likewise compares what a recipe of AI Edge Quantizer makes of models: weight-only and dynamic operators, and such that stay float.
func TestRecipeOracles(t *testing.T) {
	answers, err := filepath.Glob("testdata/weights/*/mixed.tflite")
	if err != nil || len(answers) < 3 {
		t.Fatalf("%d oracles in testdata, %v; want at least 3", len(answers), err)
	}
	content, err := os.ReadFile("../recipe/testdata/aiedge.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := recipe.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range answers {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			compareWeightOnly(t, path, func(m *ir.Model) quantize.Options {
				plan, err := r.Plan(m)
				if err != nil {
					t.Fatal(err)
				}
				o := quantize.Options{Scheme: r.Scheme()}
				plan.Apply(&o)
				return o
			})
		})
	}
}

func compareWeightOnly(t *testing.T, path string, options func(m *ir.Model) quantize.Options) {
	t.Helper()
	read := func(path string) *ir.Model {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := tflite.Decode(content)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	float := read(filepath.Join(filepath.Dir(path), "float.tflite"))
	opt := options(float)
	q, _, err := quantize.Run(float, nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(q, op.Set); err != nil {
		t.Fatal(err)
	}
	encoded, err := tflite.Encode(q)
	if err != nil {
		t.Fatal(err)
	}
	if q, err = tflite.Decode(encoded); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(constantsRead(read(path), opt.Block > 0), constantsRead(q, opt.Block > 0)); diff != "" {
		t.Errorf("(-AI Edge Quantizer +Octet):\n%s", diff)
	}
}

// constantsRead lists the operators of a model, DEQUANTIZE not among them, with the constants that they read. With blocks it leaves out weights of so few rows that Octet keeps them
// float, since LiteRT's kernel does not multiply by them.
func constantsRead(m *ir.Model, blocks bool) []string {
	var list []string
	for _, g := range m.Graphs {
		dequantized := map[*ir.Value]*ir.Value{}
		for _, n := range g.Nodes {
			if n.Op == "DEQUANTIZE" {
				dequantized[n.Outputs[0]] = n.Inputs[0]
				continue
			}
			line := n.Op
			rule := op.HybridOf(n.Op)
			for i, v := range n.Inputs {
				if d := dequantized[v]; d != nil {
					v = d
				}
				if blocks && rule.BlockRows > 0 && slices.Contains(rule.Weights, i) && v.Type.Shape[0] < rule.BlockRows {
					line += " few rows"
					continue
				}
				if v != nil && v.Const != nil {
					line += " " + describeValue(v)
					if b := v.Blocks; b != nil {
						line += fmt.Sprintf(" in blocks of %d by %s", b.Size, describeValue(b.Scales))
					}
				}
			}
			list = append(list, line)
		}
	}
	return list
}
