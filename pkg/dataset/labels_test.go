package dataset

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/reader/npy"
)

// picturesNamed is a manifest of pictures.
func picturesNamed(names ...string) *Manifest {
	m := &Manifest{Samples: len(names), Images: &images{}}
	for _, n := range names {
		m.Images.Files = append(m.Images.Files, imageFile{Name: n})
	}
	return m
}

func npyFile(t *testing.T, kind npy.Type, shape []int, data ...byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, kind, shape, data); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func npzFile(t *testing.T, method uint16, arrays map[string][]byte, order ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range order {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(arrays[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadLabels(t *testing.T) {
	dir := t.TempDir()
	three := &Manifest{Samples: 3}
	int64s := npyFile(t, npy.Int64, []int{3}, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255)
	bytes3 := npyFile(t, npy.UInt8, []int{3}, 7, 8, 9)
	masks := npyFile(t, npy.UInt8, []int{3, 2}, 1, 2, 3, 4, 5, 255)
	files := map[string][]byte{
		"a.txt": []byte("5\n 6\r\n70000\n"), "few.txt": []byte("1\n2\n"), "word.txt": []byte("1\ncat\n3\n"), "minus.txt": []byte("-1\n0\n0\n"),
		"a.npy": int64s, "mask.npy": masks, "float.npy": npyFile(t, npy.Float32, []int{3}, 0, 0, 0, 63, 0, 0, 0, 63, 0, 0, 0, 63),
		"one.npz": npzFile(t, zip.Store, map[string][]byte{"y": bytes3}, "y"), "two.npz": npzFile(t, zip.Deflate, map[string][]byte{"x": masks, "labels": bytes3}, "x", "labels"),
		"names.csv": []byte("file,class\nb/2.png,2\na/1.png,1\n3.png,3\nnone.png,4\n"), "short.csv": []byte("a/1.png,1\n"), "twice.csv": []byte("1.png,1\n"),
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		spec string
		m    *Manifest
		want string // the labels, or a part of the error
	}{
		{"a.txt", three, "5 6 70000"},
		{"few.txt", three, "2 labels, the dataset has 3 samples"},
		{"word.txt", three, `line 2: "cat" is no class`},
		{"minus.txt", three, `line 1: "-1" is no class`},
		{"a.npy", three, "2 0 -1"},
		{"mask.npy", three, "1 2 3 4 5 255"},
		{"float.npy", three, "an array of f4[3], want classes as integers"},
		{"one.npz", three, "7 8 9"},
		{"two.npz", three, "7 8 9"},
		{"two.npz?array=x", three, "1 2 3 4 5 255"},
		{"two.npz?array=z", three, `want an array "z", have "x", "labels"`},
		{"a.txt?array=x", three, "?array= is about .npz files"},
		{"none.txt", three, "no such file"},
		{"names.csv", picturesNamed("a/1.png", "b/2.png", "c/3.png"), "1 2 3"},
		{"names.csv", three, "the samples are no files"},
		{"short.csv", picturesNamed("a/1.png", "b/2.png"), `no line is about "b/2.png"`},
		{"twice.csv", picturesNamed("a/1.png", "b/1.png"), `line 1: several files are called "1.png"`},
		{Folders, picturesNamed("cat/1.png", "ant/2.png", "cat/sub/3.png"), "1 0 1"},
		{Folders, picturesNamed("10/1.png", "2/2.png"), "10 2"},
		{Folders, picturesNamed("10/1.png", "2.png"), `"2.png" lies in no folder`},
		{Folders, three, "the samples are no files"},
	} {
		spec := c.spec
		if spec != Folders {
			spec = filepath.Join(dir, spec)
		}
		l, err := ReadLabels(spec, c.m)
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", c.spec, err, c.want)
			}
			continue
		}
		again, err := DecodeLabels(l.Encode())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range again.Len() {
			classes, err := again.Label(i)
			if err != nil || len(classes) != l.Elements() {
				t.Fatalf("%v, %v", classes, err)
			}
			for _, c := range classes {
				got = append(got, strconv.Itoa(int(c)))
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: labels %s, want %s", c.spec, text, c.want)
		}
	}
}

func TestLabelsRefuse(t *testing.T) {
	for name, file := range map[string][]byte{
		"nothing": nil, "floats": npyFile(t, npy.Float32, []int{1}, 0, 0, 0, 0), "none": npyFile(t, npy.UInt8, []int{0}), "a scalar": npyFile(t, npy.UInt8, nil, 1),
	} {
		if _, err := DecodeLabels(file); err == nil {
			t.Errorf("%s can be labels", name)
		}
	}
	l, err := DecodeLabels(npyFile(t, npy.UInt8, []int{2}, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Label(2); err == nil {
		t.Error("sample 2 of 2 has a label")
	}
}
