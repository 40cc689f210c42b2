//go:build conformance

package convert_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

const oracles = "../../conformance/.corpus/oracle"

// The tolerances of scales, and of unrounded zero points around a half.
const (
	scaleTolerance = 1e-5
	zeroTolerance  = 1e-3
)

// wider lists models whose float activations differ by more than that between any two orders of summation, LiteRT's own kernels among them: deep ones with
// random weights that amplify noise, and a logarithm next to its pole.
var wider = map[string]float64{
	"basic-pitch-nmp":                     1e-4,
	"efficientnetb0":                      3e-5,
	"folded-mediapipe-pose_landmark_full": 6e-5,
	"mobilenetv2":                         3e-5,
}

// Calibrated by Octet over the same samples, a model gets TensorFlow's scales within 1e-5, its zero points, or neighbours where the unrounded one lies
// at a half, and its int8 weights.
func TestOwnCalibrationAgreesWithTensorFlows(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(oracles, "*", "int8.tflite"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no oracles in %s (%v): run conformance/run.py oracle", oracles, err)
	}
	for _, path := range names {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			got := calibrateAndQuantize(t, dir)
			want := answer(t, dir, got)
			ranges, err := tflite.Decode(read(t, filepath.Join(dir, "calibrated.tflite")))
			if err != nil {
				t.Fatal(err)
			}
			c := comparison{T: t, ranges: rangesByName(ranges), tolerance: max(scaleTolerance, wider[filepath.Base(dir)])}
			c.models(got, want)
		})
	}
}

// answer returns TensorFlow's int8 model in a folder. Of operators with several results it has different ones, and this is the first that has the operators of got, else the first.
func answer(t *testing.T, dir string, got *ir.Model) *ir.Model {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "int8*.tflite"))
	if err != nil {
		t.Fatal(err)
	}
	var found []*ir.Model
	for _, path := range paths {
		m, err := tflite.Decode(read(t, path))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, m)
	}
	at := slices.IndexFunc(found, func(m *ir.Model) bool { return slices.Equal(operators(m), operators(got)) })
	return found[max(at, 0)]
}

// operators returns the kinds of a model's operators, in order.
func operators(m *ir.Model) []string {
	var list []string
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			list = append(list, n.Op)
		}
	}
	return list
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func calibrateAndQuantize(t *testing.T, dir string) *ir.Model {
	t.Helper()
	float, err := convert.Load(convert.Source{Name: dir, Data: read(t, filepath.Join(dir, "float.tflite"))}, true)
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := float.Inputs("")
	if err != nil {
		t.Fatal(err)
	}
	files := store.NewOverlay(store.NewMemory())
	manifest, err := dataset.Build(t.Context(), filepath.Join(dir, "samples.npz"), inputs, files)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := dataset.Open(t.Context(), manifest, files)
	if err != nil {
		t.Fatal(err)
	}
	defer samples.Close()
	opt := convert.Options{Scheme: convert.Int8, Quantize: quantize.Options{Compat: quantize.TFLite}}
	var stats *calib.Stats
	if stats, err = convert.Calibrate(t.Context(), float, opt, manifest, &convert.Pool{Workers: 2, Samples: samples}, nil); err != nil {
		t.Fatal(err)
	}
	res, err := convert.Finish(float, opt, stats)
	if err != nil {
		t.Fatal(err)
	}
	m, err := tflite.Decode(res.Model.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// rangesByName returns the ranges of activations whose names are unique.
func rangesByName(m *ir.Model) map[string]quant.Range {
	ranges := map[string]quant.Range{}
	count := map[string]int{}
	for _, g := range m.Graphs {
		for _, v := range g.Values {
			count[v.Name]++
			if v.Range != nil {
				ranges[v.Name] = *v.Range
			}
		}
	}
	for name, n := range count {
		if n > 1 {
			delete(ranges, name)
		}
	}
	return ranges
}

// comparison compares two models.
type comparison struct {
	*testing.T
	ranges    map[string]quant.Range // of TensorFlow's calibrator
	tolerance float64                // of scales
}

// models compares operator by operator: files may list tensors in any order.
func (t *comparison) models(got, want *ir.Model) {
	t.Helper()
	if len(got.Graphs) != len(want.Graphs) {
		t.Fatalf("%d graphs, want %d", len(got.Graphs), len(want.Graphs))
	}
	weights := 0
	for i, g := range got.Graphs {
		w := want.Graphs[i]
		if len(g.Nodes) != len(w.Nodes) {
			t.Fatalf("graph %d: %d operators, want %d", i, len(g.Nodes), len(w.Nodes))
		}
		for k, n := range g.Nodes {
			o := w.Nodes[k]
			if n.Op != o.Op || len(n.Inputs) != len(o.Inputs) || len(n.Outputs) != len(o.Outputs) {
				t.Fatalf("operator %d is %s, want %s", k, n.Op, o.Op)
			}
			for j, v := range n.Inputs {
				if (v == nil) != (o.Inputs[j] == nil) {
					t.Fatalf("operator %d %s: input %d is absent in one", k, n.Op, j)
				}
				if v != nil {
					weights += t.values(k, v, o.Inputs[j])
				}
			}
			for j, v := range n.Outputs {
				t.values(k, v, o.Outputs[j])
			}
		}
	}
	t.Logf("%d weights equal", weights)
}

// values returns 1 if the value holds weights that are equal.
func (t *comparison) values(k int, v, w *ir.Value) int {
	t.Helper()
	t.params(k, v, w)
	if (v.Const == nil) != (w.Const == nil) {
		t.Errorf("operator %d: %q %v, want %q %v: one is a constant", k, v.Name, v.Type, w.Name, w.Type)
		return 0
	}
	if v.Const == nil || v.Type.DType != tensor.Int8 || v.Quant == nil || !v.Quant.PerAxis() {
		return 0
	}
	if string(v.Const.Data) != string(w.Const.Data) {
		t.Errorf("operator %d: int8 weights %q differ", k, v.Name)
		return 0
	}
	return 1
}

func (t *comparison) params(k int, v, w *ir.Value) {
	t.Helper()
	if (v.Quant == nil) != (w.Quant == nil) || v.Type.DType != w.Type.DType {
		t.Errorf("operator %d: %q is %v, want %q %v", k, v.Name, v.Type, w.Name, w.Type)
		return
	}
	if v.Quant == nil {
		return
	}
	if len(v.Quant.Scale) != len(w.Quant.Scale) {
		t.Errorf("operator %d: %q: %d scales, want %d", k, v.Name, len(v.Quant.Scale), len(w.Quant.Scale))
		return
	}
	for c, s := range v.Quant.Scale {
		if o := w.Quant.Scale[c]; math.Abs(float64(s)-float64(o)) > t.tolerance*math.Abs(float64(o)) {
			t.Errorf("operator %d: %q: scale %g, want %g (off by %.2g)", k, v.Name, s, o, float64(s)/float64(o)-1)
			return
		}
	}
	for c, z := range v.Quant.Zero {
		o := w.Quant.Zero[c]
		if z == o {
			continue
		}
		unrounded := math.NaN()
		for part := range strings.SplitSeq(w.Name, ";") {
			if r, ok := t.ranges[part]; ok {
				unrounded = -128 - float64(min(r.Min, 0))/float64(w.Quant.Scale[0])
			}
		}
		if r, ok := t.ranges[w.Name]; ok {
			unrounded = -128 - float64(min(r.Min, 0))/float64(w.Quant.Scale[0])
		}
		if half := math.Abs(unrounded - math.Floor(unrounded) - 0.5); !(half <= zeroTolerance) || z-o > 1 || o-z > 1 {
			t.Errorf("operator %d: %q: zero point %d, want %d (unrounded %g)", k, v.Name, z, o, unrounded)
		} else {
			t.Logf("operator %d: %q: zero point %d, TensorFlow's is %d (unrounded %g)", k, v.Name, z, o, unrounded)
		}
	}
}
