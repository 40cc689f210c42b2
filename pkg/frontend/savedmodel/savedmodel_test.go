package savedmodel_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/savedmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestGolden imports the SavedModels of testdata, each of which keeps its variables in another way, and compares with TensorFlow's values.
func TestGolden(t *testing.T) {
	for _, name := range []string{"objects", "references", "resources", "partitioned"} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join("testdata", name)
			want := golden(t, folder)
			res, err := savedmodel.Import(os.DirFS(folder), savedmodel.Options{Batch: 2})
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, res, want)
			for key, w := range want {
				out, ok := strings.CutPrefix(key, "out/")
				if !ok {
					continue
				}
				g := got[out]
				if g == nil || !g.Shape.Equal(w.Shape) {
					t.Errorf("%s is %v, want shape %v", out, g, w.Shape)
					continue
				}
				a, b := tensor.View[float32](g), tensor.View[float32](w)
				for i := range b {
					if d := a[i] - b[i]; d > 1e-6 || d < -1e-6 {
						t.Errorf("%s[%d] is %v, TensorFlow's is %v", out, i, a[i], b[i])
					}
				}
			}
		})
	}
}

// golden reads the arrays of a case, by "in/NAME" and "out/NAME".
func golden(t *testing.T, folder string) map[string]*tensor.Tensor {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "golden.npz"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	arrays := map[string]*tensor.Tensor{}
	for _, e := range entries {
		a, err := e.Array()
		if err != nil {
			t.Fatal(err)
		}
		x := tensor.New(tensor.Float32, a.Shape)
		if err := a.ReadRows(x.Data, 0); err != nil {
			t.Fatal(err)
		}
		arrays[e.Name] = x
	}
	return arrays
}

// run executes an imported model, and returns its outputs by their names.
func run(t *testing.T, res *graphdef.Result, arrays map[string]*tensor.Tensor) map[string]*tensor.Tensor {
	t.Helper()
	if err := pass.Settle(res.Model, pass.Import); err != nil {
		t.Fatal(err)
	}
	build.Bind(res.Model)
	if err := ir.Verify(res.Model, op.Set); err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(res.Model, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sig := res.Model.Signatures[0]
	in := make([]*tensor.Tensor, len(p.Inputs()))
	for _, port := range sig.Inputs {
		for i, v := range p.Inputs() {
			if v == port.Value {
				in[i] = arrays["in/"+port.Name]
			}
		}
	}
	out, err := p.NewSession().Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*tensor.Tensor{}
	for _, port := range sig.Outputs {
		for i, v := range p.Outputs() {
			if v == port.Value {
				got[port.Name] = out[i].Clone()
			}
		}
	}
	return got
}

// TestSignatureIsChosen converts another signature, whose input has a fixed batch.
func TestSignatureIsChosen(t *testing.T) {
	res, err := savedmodel.Import(os.DirFS("testdata/objects"), savedmodel.Options{Signature: "relu"})
	if err != nil {
		t.Fatal(err)
	}
	sig := res.Model.Signatures[0]
	if in := sig.Inputs; sig.Key != "relu" || len(in) != 1 || in[0].Name != "x" || !in[0].Value.Type.Shape.Equal(tensor.Shape{2, 3}) {
		t.Errorf("signature %q with inputs %+v", sig.Key, in)
	}
	if got := sig.Inputs[0].Value.Name; got != "relu_x:0" {
		t.Errorf("the input's value is named %q", got)
	}
}

// TestShapesAreGiven overrides an input's shape.
func TestShapesAreGiven(t *testing.T) {
	opt := savedmodel.Options{Shapes: map[string]tensor.Shape{"x": {5, 3}}}
	res, err := savedmodel.Import(os.DirFS("testdata/objects"), opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range res.Model.Signatures[0].Outputs {
		if !p.Value.Type.Shape.Equal(tensor.Shape{5, 4}) {
			t.Errorf("output %q is %v", p.Name, p.Value.Type)
		}
	}
}

func TestErrors(t *testing.T) {
	model := read(t, "testdata/objects/saved_model.pb")
	index := read(t, "testdata/objects/variables/variables.index")
	weights := read(t, "testdata/objects/variables/variables.data-00000-of-00001")
	damaged := bytes.Clone(weights)
	damaged[3] ^= 1
	files := func(model, index, weights []byte) fs.FS {
		f := fstest.MapFS{}
		for name, data := range map[string][]byte{
			"saved_model.pb": model, "variables/variables.index": index, "variables/variables.data-00000-of-00001": weights,
		} {
			if data != nil {
				f[name] = &fstest.MapFile{Data: data}
			}
		}
		return f
	}
	whole := files(model, index, weights)
	for name, c := range map[string]struct {
		files fs.FS
		opt   savedmodel.Options
		want  string
	}{
		"no model":       {files(nil, index, weights), savedmodel.Options{}, "saved_model.pb: file does not exist"},
		"cut model":      {files(model[:len(model)/2], index, weights), savedmodel.Options{}, "saved_model.pb: "},
		"no graph":       {files([]byte{8, 1}, index, weights), savedmodel.Options{}, "holds no graph"},
		"no checkpoint":  {files(model, nil, nil), savedmodel.Options{}, "the model has variables, but no checkpoint"},
		"cut index":      {files(model, index[:40], weights), savedmodel.Options{}, "checkpoint index"},
		"no weights":     {files(model, index, nil), savedmodel.Options{}, "file does not exist"},
		"damaged weight": {files(model, index, damaged), savedmodel.Options{}, "checksum"},
		"no signature":   {whole, savedmodel.Options{Signature: "train"}, `there is no signature "train"; there are ["relu" "serving_default"]`},
		"no tags":        {whole, savedmodel.Options{Tags: []string{"gpu", "serve"}}, `no graph has the tags "gpu,serve"; there are graphs with ["serve"]`},
		"no input":       {whole, savedmodel.Options{Shapes: map[string]tensor.Shape{"z": {1}}}, `there is no input "z" to give a shape to; there are ["gain" "x"]`},
		"bad shape":      {whole, savedmodel.Options{Shapes: map[string]tensor.Shape{"x": {2, 5}}}, "operators that can't be converted"},
	} {
		_, err := savedmodel.Import(c.files, c.opt)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzImport damages the files of a model. Whatever they hold, Import returns.
func FuzzImport(f *testing.F) {
	for _, name := range []string{"objects", "references", "partitioned"} {
		var files [3][]byte
		for i, path := range []string{"saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"} {
			data, err := os.ReadFile(filepath.Join("testdata", name, path))
			if err != nil {
				f.Fatal(err)
			}
			files[i] = data
		}
		f.Add(files[0], files[1], files[2])
	}
	f.Fuzz(func(_ *testing.T, model, index, weights []byte) {
		fsys := fstest.MapFS{
			"saved_model.pb":                          {Data: model},
			"variables/variables.index":               {Data: index},
			"variables/variables.data-00000-of-00001": {Data: weights},
		}
		if res, err := savedmodel.Import(fsys, savedmodel.Options{}); err == nil {
			_ = ir.Verify(res.Model, op.Set)
		}
	})
}
