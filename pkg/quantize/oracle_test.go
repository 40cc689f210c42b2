package quantize_test

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestOracles compares with what TensorFlow's quantizer made of the same ranges: every operator with its version, every tensor with
// its parameters and content.
func TestOracles(t *testing.T) {
	folders, err := filepath.Glob("testdata/oracle/*")
	if err != nil || len(folders) < 12 {
		t.Fatalf("%d oracles in testdata, %v; want at least 12", len(folders), err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { compareOracle(t, folder) })
	}
}

// compareOracle quantizes folder's calibrated.tflite for each kind of inputs and outputs for which the folder has TensorFlow's answers.
func compareOracle(t *testing.T, folder string) {
	t.Helper()
	calibrated, err := os.ReadFile(filepath.Join(folder, "calibrated.tflite"))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for name, opt := range map[string]quantize.Options{
		"int8": {IO: quantize.Int8IO}, "uint8": {IO: quantize.UInt8IO}, "float32": {IO: quantize.Float32IO},
		"per_tensor": {PerTensor: true}, "per_tensor_dense": {PerTensorDense: true},
		"int16x8_int16": {Scheme: quantize.Int16x8}, "int16x8_float32": {Scheme: quantize.Int16x8, IO: quantize.Float32IO},
	} {
		answers, err := filepath.Glob(filepath.Join(folder, name+".*tflite"))
		if err != nil {
			t.Fatal(err)
		}
		if len(answers) == 0 {
			continue
		}
		compared++
		// The quantizer behind int16x8 leaves operators the versions that they had, unless they are lower than some.
		describe := func(t *testing.T, content []byte) string {
			text := describe(t, content)
			if opt.Scheme == quantize.Int16x8 {
				text += int16Ranges(t, content)
				text = regexp.MustCompile(`(?m)^(op \w+) \d+`).ReplaceAllString(text, "$1")
			}
			return text
		}
		got := describe(t, quantizeCompat(t, calibrated, opt))
		var want []string
		for _, path := range answers {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, describe(t, content))
		}
		if !slices.Contains(want, got) {
			t.Errorf("%s (-TensorFlow +Octet):\n%s", name, cmp.Diff(strings.Split(want[0], "\n"), strings.Split(got, "\n")))
		}
	}
	if compared == 0 {
		t.Errorf("%s holds no answer", folder)
	}
}

// int16Ranges lists the ranges that a flatbuffer holds of int16 results, in order.
func int16Ranges(t *testing.T, content []byte) string {
	t.Helper()
	m, err := tflite.Decode(content)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			for _, v := range n.Outputs {
				if v.Type.DType == tensor.Int16 && v.Range != nil {
					fmt.Fprintf(&b, "range %s %v %v\n", n.Op, v.Range.Min, v.Range.Max)
				}
			}
		}
	}
	return b.String()
}

// quantizeCompat returns the flatbuffer that a calibrated one becomes by TFLiteConverter's rules and the ranges that its tensors carry.
func quantizeCompat(t *testing.T, calibrated []byte, opt quantize.Options) []byte {
	t.Helper()
	m, err := tflite.Decode(calibrated)
	if err != nil {
		t.Fatal(err)
	}
	opt.Compat = quantize.TFLite
	q, _, err := quantize.Run(m, carried(m), opt)
	if err != nil {
		t.Fatal(err)
	}
	content, err := tflite.Encode(q)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// carried returns the ranges that a calibrated model's values carry.
func carried(m *ir.Model) *calib.Stats {
	s := &calib.Stats{Kind: calib.TFLiteCalibrator}
	for g, graph := range m.Graphs {
		for i, v := range graph.Values {
			if v.Range != nil && v.Const == nil {
				s.Tensors = append(s.Tensors, calib.Tensor{Key: calib.Key{Subgraph: g, Index: i}, Name: v.Name, Range: *v.Range})
			}
		}
	}
	return s
}

// describe returns the canonical description of a flatbuffer, as testdata/README.md defines it.
func describe(t *testing.T, content []byte) string {
	t.Helper()
	m, err := tflite.Decode(content)
	if err != nil {
		t.Fatal(err)
	}
	var d description
	for _, g := range m.Graphs {
		d.graph(g)
	}
	return d.String()
}

type description struct {
	strings.Builder
	numbers map[any]int
}

func (d *description) graph(g *ir.Graph) {
	d.numbers = map[any]int{}
	d.line("graph")
	in := d.ids(g.Inputs)
	d.line("in", in...)
	for _, n := range g.Nodes {
		ids := append(append(d.ids(n.Inputs), ">"), d.ids(n.Outputs)...)
		if len(n.Intermediates) > 0 {
			ids = append(append(ids, ">"), d.ids(n.Intermediates)...)
		}
		d.line("op "+n.Op+" "+strconv.Itoa(n.Version), ids...)
	}
	out := d.ids(g.Outputs)
	d.line("out", out...)
}

func (d *description) line(head string, fields ...string) {
	d.WriteString(strings.Join(append([]string{head}, fields...), " ") + "\n")
}

// ids returns the numbers of values, and describes those that are mentioned for the first time. Constants are known by their content.
func (d *description) ids(values []*ir.Value) []string {
	var ids []string
	for _, v := range values {
		if v == nil {
			ids = append(ids, "-")
			continue
		}
		fields := describeValue(v)
		var key any = fields
		if strings.HasSuffix(fields, " -") {
			key = v
		}
		if _, ok := d.numbers[key]; !ok {
			d.numbers[key] = len(d.numbers)
			d.line("tensor", strconv.Itoa(d.numbers[key]), fields)
		}
		ids = append(ids, strconv.Itoa(d.numbers[key]))
	}
	return ids
}

var typeNames = map[tensor.DType]string{
	tensor.Float32: "FLOAT32", tensor.Float16: "FLOAT16", tensor.Float64: "FLOAT64", tensor.Int4: "INT4", tensor.Int8: "INT8", tensor.Int16: "INT16", tensor.Int32: "INT32",
	tensor.Int64: "INT64", tensor.UInt8: "UINT8", tensor.UInt32: "UINT32", tensor.Bool: "BOOL", tensor.String: "STRING", tensor.Complex64: "COMPLEX64", tensor.Resource: "RESOURCE",
}

func describeValue(v *ir.Value) string {
	var shape, scales, zeros []string
	for _, n := range v.Type.Shape {
		shape = append(shape, strconv.Itoa(n))
	}
	axis, data := "-", "-"
	if q := v.Quant; q != nil {
		for i := range q.Scale {
			scales = append(scales, fmt.Sprintf("%08x", math.Float32bits(q.Scale[i])))
			zeros = append(zeros, strconv.FormatInt(q.Zero[i], 10))
		}
		if q.PerAxis() {
			axis = strconv.Itoa(q.Axis)
		}
	}
	if v.Const != nil && len(v.Const.Data) > 0 {
		data = fmt.Sprintf("%x", sha256.Sum256(v.Const.Data))
	}
	return strings.Join([]string{
		typeNames[v.Type.DType], or(strings.Join(shape, "x"), "scalar"), or(strings.Join(scales, ","), "-"), or(strings.Join(zeros, ","), "-"), axis, data,
	}, " ")
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
