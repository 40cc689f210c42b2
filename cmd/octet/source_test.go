package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/octetlite/octet/pkg/reader/npy"
)

// Where packages keep models that tests convert.
const (
	savedModels = "../../pkg/frontend/"
	kerasModels = "../../pkg/frontend/keras/testdata/layers.zip"
)

// copySource copies a model of a front end's test data: "savedmodel/objects".
func copySource(root string) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) != 2 {
			ts.Fatalf("usage: source PACKAGE/NAME FOLDER")
		}
		pkg, name, _ := strings.Cut(args[0], "/")
		ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(filepath.Join(root, savedModels, pkg, "testdata", name))))
	}
}

// copyKeras takes a model out of the archive of Keras's layers.
func copyKeras(root string) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) != 2 {
			ts.Fatalf("usage: keras NAME FILE")
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), readKeras(ts, filepath.Join(root, kerasModels), args[0]), 0o600))
	}
}

func readKeras(ts *testscript.TestScript, archive, name string) []byte {
	z, err := zip.OpenReader(archive)
	ts.Check(err)
	defer z.Close()
	for _, f := range z.File {
		if path.Dir(f.Name) == name && strings.HasPrefix(path.Base(f.Name), "model.") {
			r, err := f.Open()
			ts.Check(err)
			defer r.Close()
			data, err := io.ReadAll(r)
			ts.Check(err)
			return data
		}
	}
	ts.Fatalf("there is no model %q", name)
	return nil
}

// writeFrozen writes a TensorFlow graph of a placeholder of float32 [?, 3] and one operator on it, and on a second placeholder of no known shape if one is named.
func writeFrozen(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 4 && len(args) != 5 {
		ts.Fatalf("usage: frozen FILE INPUT OUTPUT OPERATOR [SECOND]")
	}
	message := func(b []byte, field protowire.Number, content []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), content)
	}
	dim := func(size int64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(size))
	}
	attr := func(node []byte, name string, value []byte) []byte {
		return message(node, 5, message(message(nil, 1, []byte(name)), 2, value))
	}
	shape := message(message(nil, 2, dim(-1)), 2, dim(3))
	float := protowire.AppendVarint(protowire.AppendTag(nil, 6, protowire.VarintType), 1)
	input := message(message(nil, 1, []byte(args[1])), 2, []byte("Placeholder"))
	input = attr(attr(input, "dtype", float), "shape", message(nil, 7, shape))
	output := message(message(message(nil, 1, []byte(args[2])), 2, []byte(args[3])), 3, []byte(args[1]))
	graph := message(nil, 1, input)
	if len(args) == 5 {
		second := message(message(nil, 1, []byte(args[4])), 2, []byte("Placeholder"))
		graph = message(graph, 1, attr(second, "dtype", float))
		output = message(output, 3, []byte(args[4]))
	}
	graph = message(graph, 1, attr(output, "T", float))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), graph, 0o600))
}

// TestKerasEqualsTensorFlow converts the demo's model, and compares what it computes with what TensorFlow's conversion of it does.
func TestKerasEqualsTensorFlow(t *testing.T) {
	const fashion = "../../examples/fashion/"
	dir := t.TempDir()
	ours := filepath.Join(dir, "ours.tflite")
	octet(t, "convert", fashion+"model.keras", "-o", ours)
	outputs := func(model string) []byte {
		out := filepath.Join(dir, "out.npz")
		octet(t, "run", model, "--data", fashion+"calibration.npz", "-o", out)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
		if err != nil || len(entries) != 1 {
			t.Fatalf("%d arrays, error %v", len(entries), err)
		}
		a, err := entries[0].Array()
		if err != nil {
			t.Fatal(err)
		}
		values := make([]byte, a.RowSize()*int64(a.Rows()))
		if err := a.ReadRows(values, 0); err != nil {
			t.Fatal(err)
		}
		return values
	}
	got, want := outputs(ours), outputs(fashion+"model.tflite")
	if len(got) != len(want) || len(want) != 200*10*4 {
		t.Fatalf("%d bytes, TensorFlow's are %d", len(got), len(want))
	}
	for i := 0; i < len(want); i += 4 {
		x, y := math.Float32frombits(binary.LittleEndian.Uint32(got[i:])), math.Float32frombits(binary.LittleEndian.Uint32(want[i:]))
		if d := x - y; d > 1e-6 || d < -1e-6 {
			t.Fatalf("probability %d is %v, TensorFlow's is %v", i/4, x, y)
		}
	}
}

// TestSameBytesFromSources quantizes a SavedModel here and on a cluster, which is given its float model.
func TestSameBytesFromSources(t *testing.T) {
	dir := t.TempDir()
	model := savedModels + "savedmodel/testdata/objects"
	convert := func(name string, args ...string) string {
		out := filepath.Join(dir, name)
		octet(t, append([]string{"convert", model, "-o", out, "--data", "random:normal?samples=9"}, args...)...)
		return sum(t, out)
	}
	want := convert("here.tflite")
	withCluster(t, 2, func(addr string) {
		if got := convert("there.tflite", "--coordinator", addr); got != want {
			t.Errorf("on a cluster: sha256 %s, here it was %s", got, want)
		}
	})
}
