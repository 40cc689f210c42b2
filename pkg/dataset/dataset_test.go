package dataset_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// input returns an input whose tensor has a name of its own.
func input(name string, d tensor.DType, shape ...int) dataset.Input {
	return dataset.Input{Name: name, Tensor: "serving_" + name + ":0", DType: d, Shape: shape}
}

// build makes a manifest, encodes and decodes it, copies the blobs that it names to another store, and opens it there: as a
// worker on another machine does.
func build(t *testing.T, spec string, inputs ...dataset.Input) (*dataset.Manifest, *dataset.Reader) {
	t.Helper()
	ctx := context.Background()
	files := store.NewOverlay(store.NewMemory())
	built, err := dataset.Build(ctx, spec, inputs, files)
	if err != nil {
		t.Fatal(err)
	}
	text, err := built.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m, err := dataset.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	far := store.NewMemory()
	for _, b := range m.Refs() {
		data, err := store.ReadAll(ctx, files, b.Digest)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := far.Put(ctx, b.Digest, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := dataset.Open(ctx, m, far)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, r
}

// refused expects Build to fail with a message.
func refused(t *testing.T, want, spec string, inputs ...dataset.Input) {
	t.Helper()
	m, err := dataset.Build(context.Background(), spec, inputs, store.NewOverlay(store.NewMemory()))
	if err == nil {
		t.Errorf("%s: %d samples, want the error %q", spec, m.Len(), want)
	} else if !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, want %q", spec, err, want)
	}
}

func sample(t *testing.T, r *dataset.Reader, i int) []*tensor.Tensor {
	t.Helper()
	s, err := r.Sample(i)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// isBad expects a *SampleError.
func isBad(t *testing.T, r *dataset.Reader, i int, source, reason string) {
	t.Helper()
	_, err := r.Sample(i)
	var bad *dataset.SampleError
	if !errors.As(err, &bad) {
		t.Fatalf("sample %d: %v, want a SampleError", i, err)
	}
	if bad.Source != source || bad.Index != i || !strings.Contains(bad.Reason, reason) {
		t.Errorf("sample %d: %+v, want %q: %q", i, bad, source, reason)
	}
}

func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// array is an array to be written as a .npy file.
type array struct {
	name   string
	t      npy.Type
	shape  []int
	values any // a slice that encoding/binary can write, in the file's order
	order  string
}

func (a array) file(t *testing.T) []byte {
	t.Helper()
	var data, file bytes.Buffer
	if err := binary.Write(&data, binary.LittleEndian, a.values); err != nil {
		t.Fatal(err)
	}
	if err := npy.Write(&file, a.t, a.shape, data.Bytes()); err != nil {
		t.Fatal(err)
	}
	if a.order == "F" {
		return bytes.Replace(file.Bytes(), []byte("'fortran_order': False"), []byte("'fortran_order': True "), 1)
	}
	return file.Bytes()
}

// npz writes an archive and returns its path.
func npz(t *testing.T, method uint16, arrays ...array) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, a := range arrays {
		w, err := z.CreateHeader(&zip.FileHeader{Name: a.name + ".npy", Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(a.file(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), "x.npz"), out.Bytes())
}
