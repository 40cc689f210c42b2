package convert

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tensor"
)

// What people take for a model is called by its name, and the way out is said.
func TestStrangersAreNamed(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"x", "", "an empty file"},
		{"x.npz", "PK\x03\x04 image.npy", "--data takes samples"},
		{"x.npy", "\x93NUMPY\x01\x00", "a NumPy array (.npy)"},
		{"x.onnx", "\x08\x08\x12\x07pytorch\x1a\x032.1", "a model in ONNX (make a SavedModel of it first"},
		{"x.pt", "PK\x03\x04 archive/data.pkl", "a file of PyTorch"},
		{"x.pth", "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "a file of PyTorch"},
		{"x.index", "\x00\x00\x57\xfb\x80\x8b\x24\x75\x47\xdb", "the index of a TensorFlow checkpoint, which holds weights alone"},
		{"model.json", ` {"format": "layers-model", "weightsManifest": []}`, "a model of TensorFlow.js"},
		{"model.json", `{"module": "keras", "class_name": "Functional"}`, "without its weights (model.save(\"model.keras\") keeps both)"},
		{"x.jpg", "\xff\xd8\xff\xe0 JFIF", "--data takes pictures"},
		{"x.webp", "RIFF\x10\x00\x00\x00WEBPVP8 ", "a picture"},
		{"x.txt", "hello", "but something else (Octet reads"},
	} {
		_, err := Decode(Source{Name: c.name, Data: []byte(c.data)})
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != BadInput || e.Source != c.name {
			t.Errorf("%s: %v, want bad input that names the file", c.name, err)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
		}
	}
}

// A file is read piece by piece if it may be one of Keras, but called by its name as well.
func TestStrangersInArchivesAreNamed(t *testing.T) {
	data := []byte("PK\x03\x04 archive/data.pkl")
	_, err := Decode(Source{Name: "x.pt", File: bytes.NewReader(data), Size: int64(len(data))})
	if err == nil || !strings.Contains(err.Error(), "a file of PyTorch") {
		t.Errorf("%v, want a file of PyTorch", err)
	}
}

func TestFoldersSayWhatIsInThem(t *testing.T) {
	file := &fstest.MapFile{}
	for _, c := range []struct {
		name string
		in   fstest.MapFS
		want string
	}{
		{"served", fstest.MapFS{"1/saved_model.pb": file}, "there is one in served/1"},
		{"ckpt", fstest.MapFS{"model.data-00000-of-00001": file, "model.index": file}, "a checkpoint holds weights alone"},
		{"zoo", fstest.MapFS{"README": file, "a.keras": file, "b.keras": file}, "such as zoo/a.keras; 'octet batch'"},
		{"photos", fstest.MapFS{"a.jpg": file}, "no SavedModel"},
		{"empty", fstest.MapFS{}, "no SavedModel"},
	} {
		_, err := Decode(Source{Name: c.name, Folder: c.in})
		if err == nil || !strings.HasPrefix(err.Error(), c.name+": a folder without saved_model.pb") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
		}
	}
}

// Sizes that an input leaves open are taken for 1, which what then fails is told of.
func TestOpenSizesAreExplained(t *testing.T) {
	m := testmodel.Conv()
	if hint := openSizes(m); hint != "" {
		t.Errorf("a model of fixed sizes: %q", hint)
	}
	x := m.Signatures[0].Inputs[0].Value
	x.Type.Shape, x.Advertised = tensor.Shape{1, 1, 1, 3}, tensor.Shape{-1, -1, -1, 3}
	f := &Float{OpenSizes: openSizes(m)}
	if got, want := f.OpenSizes, `the input "x0" leaves sizes open: --input-shapes x0=1,SIZE,SIZE,3 fixes them`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := f.sized(&Error{Err: errors.New("a window")}).Error(); !strings.HasSuffix(got, "fixes them)") {
		t.Errorf("%q does not say how sizes are fixed", got)
	}
	if got := f.sized(&Error{Err: errors.New("a window"), Hint: "another"}).Error(); got != "a window (another)" {
		t.Errorf("%q: the hint was lost", got)
	}
	x.Advertised = tensor.Shape{-1, 1, 1, 3}
	if hint := openSizes(m); hint != "" {
		t.Errorf("an open batch alone: %q", hint)
	}
}
