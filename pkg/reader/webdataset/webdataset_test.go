package webdataset

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type file struct {
	name, data string
	kind       byte
}

func archive(t testing.TB, format tar.Format, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Size: int64(len(f.data)), Mode: 0o644, Typeflag: f.kind, Format: format}
		if f.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestIndex(t *testing.T) {
	long := strings.Repeat("folder/", 40) + "0003" // longer than a header's field
	for _, format := range []tar.Format{tar.FormatGNU, tar.FormatPAX} {
		data := archive(t, format,
			file{name: "train/", kind: tar.TypeDir}, file{name: "README", data: "no part"}, file{name: ".hidden.jpg", data: "x"}, file{name: "dot.", data: "x"},
			file{name: "./train/0001.jpg", data: "a picture"}, file{name: "./train/0001.cls", data: "7"},
			file{name: "v1.2/0002.LEFT.png", data: strings.Repeat("l", 1000)}, file{name: "v1.2/0002.right.png", data: ""},
			file{name: long + ".npy", data: "array"}, file{name: "train/0001.jpg", data: "again, later"},
		)
		samples, err := Index(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		var keys []string
		for _, s := range samples {
			keys = append(keys, s.Key)
			for _, p := range s.Parts {
				got[s.Key+"|"+p.Name] += string(data[p.Offset : p.Offset+p.Size])
			}
		}
		if diff := cmp.Diff([]string{"train/0001", "v1.2/0002", long, "train/0001"}, keys); diff != "" {
			t.Errorf("%v: keys: %s", format, diff)
		}
		want := map[string]string{
			"train/0001|jpg": "a pictureagain, later", "train/0001|cls": "7", "v1.2/0002|left.png": strings.Repeat("l", 1000), "v1.2/0002|right.png": "", long + "|npy": "array",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", format, diff)
		}
	}
}

func TestIndexRefuses(t *testing.T) {
	good := archive(t, tar.FormatGNU, file{name: "a.jpg", data: strings.Repeat("x", 600)}, file{name: "b.jpg", data: "y"})
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"text":  {bytes.Repeat([]byte("not an archive. "), 64), "not a tar file"},
		"cut":   {good[:1000], "unexpected EOF"},
		"twice": {archive(t, tar.FormatGNU, file{name: "a.jpg"}, file{name: "a.JPG"}), "a.JPG occurs twice in one sample"},
	} {
		if _, err := Index(bytes.NewReader(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestIndexReadsToTheEnd is what digests of whole files rely on.
func TestIndexReadsToTheEnd(t *testing.T) {
	r := bytes.NewReader(append(archive(t, tar.FormatGNU, file{name: "a.jpg"}), make([]byte, 5000)...))
	if _, err := Index(r); err != nil || r.Len() != 0 {
		t.Errorf("%d bytes are left, %v", r.Len(), err)
	}
}

func FuzzIndex(f *testing.F) {
	f.Add(archive(f, tar.FormatGNU, file{name: "a.jpg", data: "x"}, file{name: "a.npy", data: "y"}))
	f.Add(archive(f, tar.FormatPAX, file{name: strings.Repeat("k", 300) + ".jpg", data: "x"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		samples, err := Index(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, s := range samples {
			for _, p := range s.Parts {
				if p.Offset < 512 || p.Size < 0 || p.Offset+p.Size > int64(len(data)) {
					t.Fatalf("%s.%s: %d bytes at %d of %d", s.Key, p.Name, p.Size, p.Offset, len(data))
				}
			}
		}
	})
}
