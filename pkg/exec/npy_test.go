package exec_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/tensor"
)

// dtypes are NumPy's element types.
var dtypes = map[npy.Type]tensor.DType{
	npy.Float16: tensor.Float16, npy.Float32: tensor.Float32, npy.Float64: tensor.Float64, npy.Int8: tensor.Int8, npy.Int16: tensor.Int16, npy.Int32: tensor.Int32,
	npy.Int64: tensor.Int64, npy.UInt8: tensor.UInt8, npy.UInt16: tensor.UInt16, npy.UInt32: tensor.UInt32, npy.UInt64: tensor.UInt64, npy.Bool: tensor.Bool,
}

// readNPY returns the array in a .npy file.
func readNPY(t testing.TB, data []byte) *tensor.Tensor {
	t.Helper()
	a, err := npy.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	d, ok := dtypes[a.Type]
	if !ok {
		t.Fatalf("array of %v", a.Type)
	}
	out := tensor.New(d, a.Shape)
	if err := a.ReadRows(out.Data, 0); err != nil {
		t.Fatal(err)
	}
	return out
}

// archive gives the members of a ZIP file by name.
type archive map[string]*zip.File

func openArchive(t testing.TB, path string) archive {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	})
	a := archive{}
	for _, f := range z.File {
		a[f.Name] = f
	}
	return a
}

func (a archive) read(t testing.TB, name string) []byte {
	t.Helper()
	r, err := a[name].Open()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return data
}
