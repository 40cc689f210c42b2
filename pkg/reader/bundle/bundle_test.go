package bundle_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/reader/bundle"
)

// checkpoints are the prefixes in testdata.
var checkpoints = []string{"types", "slices", "shards", "module"}

// stored is a tensor as TensorFlow reads it.
type stored struct {
	Name    []byte
	DType   int
	Shape   []int64
	Bytes   []byte
	Strings [][]byte
}

func TestTensorFlowsCheckpoints(t *testing.T) {
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string][]stored
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	for _, prefix := range checkpoints {
		b, err := bundle.Open(os.DirFS("testdata"), prefix)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, want := range expected[prefix] {
			name := string(want.Name)
			names = append(names, name)
			e, ok := b.Entry(name)
			if !ok || e.DType != want.DType || !slices.Equal(e.Shape, want.Shape) {
				t.Errorf("%s: %q is %v %v %v, want %v %v", prefix, name, ok, e.DType, e.Shape, want.DType, want.Shape)
			}
			if want.Strings != nil {
				got, err := b.ReadStrings(name)
				if diff := cmp.Diff(want.Strings, got); err != nil || diff != "" {
					t.Errorf("%s: %q: %v %s", prefix, name, err, diff)
				}
				continue
			}
			got, err := b.Read(name)
			if err != nil || string(got) != string(want.Bytes) {
				t.Errorf("%s: %q: %x %v, want %x", prefix, name, got, err, want.Bytes)
			}
		}
		slices.Sort(names)
		if diff := cmp.Diff(names, b.Keys()); len(names) == 0 || diff != "" {
			t.Errorf("%s: keys: %s", prefix, diff)
		}
	}
}

func TestSlicesOfAnEntry(t *testing.T) {
	b, err := bundle.Open(os.DirFS("testdata"), "slices")
	if err != nil {
		t.Fatal(err)
	}
	e, _ := b.Entry("rows")
	want := []bundle.Slice{{{0, 2}, {0, bundle.Full}}, {{2, 2}, {0, bundle.Full}}, {{4, 1}, {0, bundle.Full}}}
	if diff := cmp.Diff(want, e.Slices); diff != "" {
		t.Error(diff)
	}
}

// sequential hides ReadAt, as a file system over an archive would.
type sequential struct{ fs.FS }

func (s sequential) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	return struct{ fs.File }{f}, err
}

func TestFilesWithoutReadAt(t *testing.T) {
	b, err := bundle.Open(sequential{os.DirFS("testdata")}, "shards")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Read("c"); err != nil || string(got) != "\x04\x00\x00\x00" {
		t.Errorf("c: %x %v", got, err)
	}
}

func TestReadRefusals(t *testing.T) {
	files := func(prefix string, change func(data []byte) []byte) fs.FS {
		out := fstest.MapFS{}
		for _, suffix := range []string{".index", ".data-00000-of-00001"} {
			out[prefix+suffix] = &fstest.MapFile{Data: read(t, prefix+suffix)}
		}
		data := out[prefix+".data-00000-of-00001"]
		data.Data = change(data.Data)
		return out
	}
	flip := func(b []byte) []byte {
		for i := range b {
			b[i] ^= 1
		}
		return b
	}
	same := func(b []byte) []byte { return b }
	for _, c := range []struct {
		name, prefix, key, want string
		change                  func([]byte) []byte
	}{
		{"no such tensor", "types", "nothing", `no tensor "nothing"`, same},
		{"a part is no tensor", "slices", "\x00rows\x00\x01", "no tensor", same},
		{"strings as numbers", "types", "string/scalar", "type 7 is not one of numbers", same},
		{"numbers as strings", "types", "type/int32", "type 3 is not that of strings", same},
		{"changed bytes", "module", "b/.ATTRIBUTES/VARIABLE_VALUE", `tensor "b/.ATTRIBUTES/VARIABLE_VALUE": checksum`, flip},
		{"changed string", "module", bundle.ObjectGraph, "checksum", flip},
		{"changed part", "slices", "rows", "slice 0: checksum", flip},
		{"short shard", "slices", "rows", "data ends too early", func(b []byte) []byte { return b[:10] }},
	} {
		b, err := bundle.Open(files(c.prefix, c.change), c.prefix)
		if err != nil {
			t.Fatal(err)
		}
		get := func() error { _, err := b.Read(c.key); return err }
		if e, _ := b.Entry(c.key); e.DType == 7 && c.name != "strings as numbers" || c.name == "numbers as strings" {
			get = func() error { _, err := b.ReadStrings(c.key); return err }
		}
		if err := get(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := bundle.Open(files("types", same), "../types"); err == nil {
		t.Error("a prefix outside of the file system was opened")
	}
	missing := fstest.MapFS{"types.index": &fstest.MapFile{Data: read(t, "types.index")}}
	b, err := bundle.Open(missing, "types")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Read("type/int32"); err == nil || !strings.Contains(err.Error(), "types.data-00000-of-00001") {
		t.Errorf("a missing shard: %v", err)
	}
}

func read(t testing.TB, name string) []byte {
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
