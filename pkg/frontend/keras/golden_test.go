package keras_test

import (
	"archive/zip"
	"bytes"
	"io"
	"math"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/frontend/keras"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestLayers converts models of one layer or few, which conformance/golden_keras.py made, and compares what they compute with Keras. Errors are relative to
// the largest value of an output.
func TestLayers(t *testing.T) {
	const tolerance = 1e-5
	// Keras rounds what it computes in narrow types, to 8 bits in bfloat16, and quantizes the inputs of quantized layers.
	looser := map[string]float64{"bfloat16": 1e-2, "float16": 1e-3, "quantized": 1e-2}
	files, models := archived(t)
	if len(models) < 250 {
		t.Errorf("there are only %d models", len(models))
	}
	for _, name := range models {
		folder := path.Dir(name)
		t.Run(folder, func(t *testing.T) {
			in, want := arrays(t, files[folder+"/in.npz"]), arrays(t, files[folder+"/out.npz"])
			model := files[name]
			res, err := keras.Import(bytes.NewReader(model), int64(len(model)), keras.Options{Batch: in[0].Shape[0]})
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, res.Model, in)
			if len(got) != len(want) {
				t.Fatalf("%d outputs, want %d", len(got), len(want))
			}
			for i, w := range want {
				limit := tolerance
				for part, least := range looser {
					if strings.Contains(folder, part) {
						limit = max(limit, least)
					}
				}
				if e := distance(t, got[i], w); e > limit {
					t.Errorf("output %d differs by %.2g\n got %v\nwant %v", i, e, head(got[i]), head(w))
				}
			}
		})
	}
}

// TestOpenBatch imports the models with the batch left open, as far as they can be.
func TestOpenBatch(t *testing.T) {
	files, models := archived(t)
	for _, name := range models {
		data := files[name]
		res, err := keras.Import(bytes.NewReader(data), int64(len(data)), keras.Options{})
		if err != nil {
			if !strings.Contains(err.Error(), "unknown batch") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if res.Model.Graphs[0].Inputs[0].Type.Shape[0] != -1 { // the model has a batch of its own
			continue
		}
		if err := pass.Settle(res.Model, pass.Import); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		build.Bind(res.Model)
		if err := ir.Verify(res.Model, op.Set); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, v := range res.Model.Graphs[0].Outputs {
			if v.Const == nil && (len(v.Advertised) == 0 || v.Advertised[0] != -1) {
				t.Errorf("%s: the output %q is %v, advertised as %v", name, v.Name, v.Type, v.Advertised)
			}
		}
	}
}

// archived reads the archives that conformance/golden_keras.py and golden_keras2.py make: all files, and the names of the models among them.
func archived(t testing.TB) (files map[string][]byte, models []string) {
	t.Helper()
	files = map[string][]byte{}
	for _, archive := range []string{"layers", "keras2"} {
		z, err := zip.OpenReader("testdata/" + archive + ".zip")
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			name := archive + "/" + f.Name
			if files[name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
			r.Close()
			if strings.HasPrefix(path.Base(name), "model.") {
				models = append(models, name)
			}
		}
	}
	return files, models
}

// arrays reads the arrays of a .npz file in the order of their numbers.
func arrays(t *testing.T, data []byte) []*tensor.Tensor {
	t.Helper()
	entries, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	types := map[npy.Type]tensor.DType{npy.Float32: tensor.Float32, npy.Int32: tensor.Int32, npy.Int64: tensor.Int64, npy.Bool: tensor.Bool}
	slices.SortFunc(entries, func(a, b npy.Entry) int { return strings.Compare(a.Name, b.Name) })
	var list []*tensor.Tensor
	for _, e := range entries {
		a, err := e.Array()
		if err != nil {
			t.Fatal(err)
		}
		if types[a.Type] == tensor.Invalid {
			t.Fatalf("array of %v", a.Type)
		}
		x := tensor.New(types[a.Type], a.Shape)
		if err := a.ReadRows(x.Data, 0); err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	return list
}

// run brings a model into its last form and executes it.
func run(t *testing.T, m *ir.Model, in []*tensor.Tensor) []*tensor.Tensor {
	t.Helper()
	if err := pass.Settle(m, pass.Import); err != nil {
		t.Fatal(err)
	}
	build.Bind(m)
	if err := ir.Verify(m, op.Set); err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatalf("%v\n%v", err, m)
	}
	out, err := p.NewSession().Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// distance returns the largest difference, relative to the largest of the wanted values.
func distance(t *testing.T, got, want *tensor.Tensor) float64 {
	t.Helper()
	if got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		t.Errorf("is %v%v, want %v%v", got.DType, got.Shape, want.DType, want.Shape)
		return 0
	}
	if want.DType != tensor.Float32 {
		if !bytes.Equal(got.Data, want.Data) {
			return math.Inf(1)
		}
		return 0
	}
	x, y := tensor.View[float32](got), tensor.View[float32](want)
	var worst, size float64
	for i := range y {
		d := math.Abs(float64(x[i]) - float64(y[i]))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		worst, size = max(worst, d), max(size, math.Abs(float64(y[i])))
	}
	return worst / max(size, 1e-6)
}

func head(t *tensor.Tensor) any {
	if t.DType != tensor.Float32 {
		return t.Data[:min(len(t.Data), 32)]
	}
	v := tensor.View[float32](t)
	return v[:min(len(v), 12)]
}
