//go:build conformance

package graphdef_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/tensor"
)

// corpus is where conformance/tfops.py leaves its cases; it says what is in the files.
const corpus = "../../../conformance/.corpus/tfops"

// port is an input or output of a case.
type port struct {
	Name    string     `json:"name"`
	DType   string     `json:"dtype"`
	Shape   []int      `json:"shape"`
	Strings [][]string `json:"strings"`
	Shapes  [][]int    `json:"shapes"`
}

// lite is what TFLiteConverter and LiteRT make of a case.
type lite struct {
	Ops    map[string]int `json:"ops"`
	Error  *float64       `json:"error,omitempty"`
	Failed string         `json:"failed,omitempty"`
}

type testCase struct {
	Name    string `json:"name"`
	Inputs  []port `json:"inputs"`
	Outputs []port `json:"outputs"`
	Random  bool   `json:"random"`
	Failed  string `json:"failed"`
	Lite    lite   `json:"lite"`
}

// group is a zip of cases.
type group struct {
	name  string
	cases []testCase
	files map[string]*zip.File
}

type sample struct{ inputs, outputs []*tensor.Tensor }

func (s sample) shapes() (list []tensor.Shape) {
	for _, in := range s.inputs {
		list = append(list, in.Shape)
	}
	return list
}

func groups(t *testing.T) (list []*group) {
	t.Helper()
	paths, err := filepath.Glob(corpus + "/*.zip")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases below %s (%v): python3 conformance/run.py tfops makes them", corpus, err)
	}
	for _, path := range paths {
		z, err := zip.OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = z.Close() })
		g := &group{name: strings.TrimSuffix(filepath.Base(path), ".zip"), files: map[string]*zip.File{}}
		for _, f := range z.File {
			g.files[f.Name] = f
		}
		if err := json.Unmarshal(g.read(t, "cases.json"), &g.cases); err != nil {
			t.Fatal(err)
		}
		list = append(list, g)
	}
	return list
}

func (g *group) read(t *testing.T, name string) []byte {
	t.Helper()
	r, err := g.files[name].Open()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// dtypes are TensorFlow's names of element types where they are not those of package tensor.
var dtypes = map[string]tensor.DType{
	"float16": tensor.Float16, "float32": tensor.Float32, "float64": tensor.Float64, "int8": tensor.Int8, "int16": tensor.Int16, "int32": tensor.Int32,
	"int64": tensor.Int64, "uint8": tensor.UInt8, "uint16": tensor.UInt16, "uint32": tensor.UInt32, "uint64": tensor.UInt64, "bool": tensor.Bool,
	"string": tensor.String, "complex64": tensor.Complex64, "complex128": tensor.Complex128, "bfloat16": tensor.BFloat16,
}

func (p *port) dtype() tensor.DType { return dtypes[p.DType] }

// open returns the inputs with an open dimension or rank.
func (c *testCase) open() (list []string) {
	for _, p := range c.Inputs {
		if p.Shape == nil || slices.Contains(p.Shape, -1) {
			list = append(list, p.Name)
		}
	}
	return list
}

// strings reports whether a case has strings, which package exec does not run.
func (c *testCase) strings() bool {
	return slices.ContainsFunc(slices.Concat(c.Inputs, c.Outputs), func(p port) bool { return p.DType == "string" })
}

// samples reads the inputs and outputs of case i.
func (g *group) samples(t *testing.T, i int) (list []sample) {
	c := &g.cases[i]
	for s := range 3 {
		read := func(way string, ports []port) (tensors []*tensor.Tensor) {
			for j, p := range ports {
				tensors = append(tensors, g.tensor(t, fmt.Sprintf("%d.%d.%s.%d.npy", i, s, way, j), &p, s))
			}
			return tensors
		}
		list = append(list, sample{read("in", c.Inputs), read("out", c.Outputs)})
	}
	return list
}

func (g *group) tensor(t *testing.T, file string, p *port, s int) *tensor.Tensor {
	t.Helper()
	out := &tensor.Tensor{DType: p.dtype()}
	if out.DType == tensor.String {
		var list [][]byte
		for _, text := range p.Strings[s] { // bytes, as Latin-1
			var b []byte
			for _, r := range text {
				b = append(b, byte(r))
			}
			list = append(list, b)
		}
		out.Shape, out.Data = p.Shapes[s], graphdef.Strings(list)
		return out
	}
	data := g.read(t, file)
	a, err := npy.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	out.Shape = a.Shape
	if out.DType == tensor.Complex64 || out.DType == tensor.Complex128 {
		out.Shape = a.Shape[:len(a.Shape)-1]
	}
	out.Data = tensor.Alloc(out.DType.Bytes(out.Elements()))
	if err := a.ReadRows(out.Data, 0); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return out
}

// tolerance is the greatest difference of floats, relative to the greatest magnitude of the tensor.
var tolerance = map[tensor.DType]float64{tensor.Float32: 1e-5, tensor.Float64: 1e-5, tensor.Float16: 2e-3, tensor.Complex64: 1e-5, tensor.Complex128: 1e-5}

// noise is twice the error of TFLiteConverter's flatbuffer where that is small: it is the graph's doing then, such as a rounding to steps in it.
func (c *testCase) noise() float64 {
	if e := c.Lite.Error; e != nil && *e < 3e-2 {
		return 2 * *e
	}
	return 0
}

// compare reports where got is not TensorFlow's value.
func compare(want, got *tensor.Tensor, random bool, noise float64) error {
	if want.DType != got.DType || !want.Shape.Equal(got.Shape) {
		return fmt.Errorf("%v%v, want %v%v", got.DType, got.Shape, want.DType, want.Shape)
	}
	if random {
		return nil
	}
	limit, inexact := tolerance[want.DType]
	if !inexact {
		if !bytes.Equal(want.Data, got.Data) {
			return fmt.Errorf("%s, want %s", elements(got), elements(want))
		}
		return nil
	}
	limit = max(limit, noise)
	a, b := floats(want), floats(got)
	scale := 0.0
	for _, x := range a {
		if !math.IsInf(x, 0) && !math.IsNaN(x) {
			scale = max(scale, math.Abs(x))
		}
	}
	if scale == 0 {
		scale = 1
	}
	for i := range a {
		if same := a[i] == b[i] || math.IsNaN(a[i]) && math.IsNaN(b[i]); !same && !(math.Abs(a[i]-b[i]) <= limit*scale) {
			return fmt.Errorf("element %d is %g, want %g (relative to the greatest: %.1g)", i, b[i], a[i], math.Abs(a[i]-b[i])/scale)
		}
	}
	return nil
}

func floats(t *tensor.Tensor) []float64 {
	var list []float64
	switch t.DType {
	case tensor.Float32, tensor.Complex64:
		for _, x := range tensor.View[float32](&tensor.Tensor{DType: tensor.Float32, Shape: tensor.Shape{len(t.Data) / 4}, Data: t.Data}) {
			list = append(list, float64(x))
		}
	case tensor.Float64, tensor.Complex128:
		list = tensor.View[float64](&tensor.Tensor{DType: tensor.Float64, Shape: tensor.Shape{len(t.Data) / 8}, Data: t.Data})
	case tensor.Float16:
		for _, h := range tensor.View[uint16](&tensor.Tensor{DType: tensor.UInt16, Shape: t.Shape, Data: t.Data}) {
			list = append(list, half(h))
		}
	}
	return list
}

// half is the value of a float16.
func half(h uint16) float64 {
	sign, exponent, fraction := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// elements prints a small tensor.
func elements(t *tensor.Tensor) string {
	if list, err := t.Ints(); err == nil && len(list) <= 24 {
		return fmt.Sprint(list)
	}
	return fmt.Sprintf("%.60q", t.Data)
}

// store leaves our flatbuffers where conformance/agree_ops.py runs them in LiteRT.
func (g *group) store(t *testing.T, flatbuffers [][]byte) {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i, content := range flatbuffers {
		if content == nil {
			continue
		}
		w, err := z.Create(fmt.Sprintf("%d.tflite", i))
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(corpus, "octet")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, g.name+".zip"), out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// readExcuses reads testdata/refused.txt: "group/case: why" by line.
func readExcuses(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/refused.txt")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, why, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("testdata/refused.txt: %q has no reason", line)
		}
		found[name] = why
	}
	return found
}

// report writes all outcomes to .corpus/tfops/octet.json, and logs a table.
func report(t *testing.T, outcomes []outcome) {
	t.Helper()
	data, err := json.MarshalIndent(outcomes, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(corpus+"/octet.json", data, 0o666); err != nil {
		t.Fatal(err)
	}
	total, lowered := map[verdict]int{}, 0
	for _, o := range outcomes {
		total[o.Verdict]++
		if o.Lite.Ops != nil {
			lowered++
		}
	}
	t.Logf("%d cases: %d agree, %d of them with given dimensions only, %d convert to operators that only LiteRT runs, %d are refused, %d are wrong; TFLiteConverter lowers %d",
		len(outcomes), total[agrees]+total[closed], total[closed], total[unrunnable], total[refused], total[wrong], lowered)
}
