package hdf5

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// described is what testdata/make.py says of a dataset or an attribute, and of an object.
type described struct {
	Null    bool     `json:"null"`
	Kind    string   `json:"kind"`
	Size    int      `json:"size"`
	Shape   []int    `json:"shape"`
	Strings []string `json:"strings"`
	Bytes   []byte   `json:"bytes"`
	SHA256  string   `json:"sha256"`

	Links []string             `json:"links"`
	Attrs map[string]described `json:"attrs"`
}

// valued is what datasets and attributes have in common.
type valued interface {
	Null() bool
	Type() Type
	Shape() []int
	Len() int
	Strings() ([]string, error)
}

// describe is make.py's content. Long values become sums.
func describe(v valued, read func() ([]byte, error)) (described, error) {
	if v.Null() {
		return described{Null: true}, nil
	}
	d := described{Kind: v.Type().Kind.String(), Shape: v.Shape()}
	if d.Kind == "string" {
		var err error
		d.Strings, err = v.Strings()
		return d, err
	}
	d.Size = v.Type().Size
	b, err := read()
	if err != nil {
		return d, err
	}
	if len(b) != v.Len()*d.Size {
		return d, fmt.Errorf("%d bytes for %d elements of %d", len(b), v.Len(), d.Size)
	}
	if len(b) <= 1<<10 {
		d.Bytes = b
		return d, nil
	}
	sum := sha256.Sum256(b)
	d.SHA256 = hex.EncodeToString(sum[:])
	return d, nil
}

func describeNode(n Node) (described, error) {
	var d described
	switch n := n.(type) {
	case *Dataset:
		var err error
		if d, err = describe(n, n.ReadAll); err != nil {
			return d, err
		}
	case *Group:
		d.Links = n.Names()
		if d.Links == nil {
			d.Links = []string{}
		}
	}
	d.Attrs = map[string]described{}
	for _, name := range n.AttrNames() {
		a, err := n.Attr(name)
		if err != nil {
			return d, err
		}
		if d.Attrs[name], err = describe(a, a.Bytes); err != nil {
			return d, err
		}
	}
	return d, nil
}

// readFile returns a file of testdata, of which only the name's middle is given.
func readFile(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".h5.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func openFile(t *testing.T, name string) *File {
	t.Helper()
	b := readFile(t, name)
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// Every object, attribute and value is what h5py reads.
func TestEqualsH5py(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) < 7 {
		t.Fatalf("%d files (%v)", len(paths), err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]described
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			f := openFile(t, name)
			for at, want := range want {
				n, err := f.Root().Lookup(at)
				if err != nil {
					t.Error(err)
					continue
				}
				got, err := describeNode(n)
				if err != nil {
					t.Error(err)
					continue
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (h5py -, ours +):\n%s", at, diff)
				}
			}
		})
	}
}

// What is valid but not read says so, and where.
func TestNotSupported(t *testing.T) {
	f := openFile(t, "refused")
	for path, want := range map[string]string{
		"/refused/compound":    "elements of class compound",
		"/refused/scaleoffset": "filter 6 scale-offset",
		"/refused/sequences":   "sequences of variable length",
		"/refused/references":  "elements of class reference",
		"/refused/virtual":     "a virtual dataset",
		"/refused/elsewhere":   "elements in other files",
	} {
		_, err := f.Root().Lookup(path)
		if !errors.Is(err, ErrNotSupported) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
	if _, err := openFile(t, "userblock").Root().Lookup("named"); !errors.Is(err, ErrNotSupported) {
		t.Errorf("a named datatype: %v", err)
	}
}

func TestLinks(t *testing.T) {
	for _, name := range []string{"earliest", "latest"} {
		root := openFile(t, name).Root()
		g, err := root.Group("links")
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"circle", "dangling", "external", "hard", "relative", "soft", "sub", "target"}
		if got := g.Names(); !slices.Equal(got, want) {
			t.Errorf("names: %v", got)
		}
		d, err := g.Dataset("sub/up/./sub//up/soft")
		if err != nil {
			t.Fatal(err)
		}
		if d.Path() != "/links/target" {
			t.Errorf("path: %s", d.Path())
		}
		for path, want := range map[string]error{
			"dangling": ErrNotFound, "external": ErrNotSupported, "nothing": ErrNotFound, "target/x": ErrNotFound, "sub/nothing/x": ErrNotFound,
		} {
			if _, err := g.Lookup(path); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", path, err, want)
			}
		}
		if _, err := g.Lookup("circle"); err == nil || !strings.Contains(err.Error(), "a circle") {
			t.Errorf("circle: %v", err)
		}
		if _, err := root.Dataset("links"); err == nil || !strings.Contains(err.Error(), "want a dataset") {
			t.Errorf("a group as a dataset: %v", err)
		}
		if _, err := root.Group("links/target"); err == nil || !strings.Contains(err.Error(), "want a group") {
			t.Errorf("a dataset as a group: %v", err)
		}
		if _, err := g.Attr("nothing"); !errors.Is(err, ErrNotFound) {
			t.Errorf("attribute: %v", err)
		}
	}
}

func TestValuesOfAnotherType(t *testing.T) {
	root := openFile(t, "latest").Root()
	variable, err := root.Dataset("strings/variable")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := variable.ReadAll(); err == nil {
		t.Error("bytes of strings of variable length")
	}
	numbers, err := root.Dataset("types/little_f4")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := numbers.Strings(); err == nil {
		t.Error("strings of numbers")
	}
	if err := numbers.ReadInto(make([]byte, numbers.Size()-1)); err == nil {
		t.Error("too little room")
	}
	g, err := root.Group("strings")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"model_config": `{"class_name": "Functional"}`, "one": "tensorflow", "layer_names": "", "table": ""} {
		a, err := g.Attr(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Text()
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestNoHDF5(t *testing.T) {
	for _, text := range []string{"", "PK\x03\x04", strings.Repeat("x", 5000), signature, signature + "\x09", signature + strings.Repeat("\x00", 100)} {
		if _, err := Open(strings.NewReader(text), int64(len(text))); err == nil {
			t.Errorf("%.10q is a file", text)
		}
	}
	b := readFile(t, "earliest")
	_, err := Open(bytes.NewReader(b), int64(len(b)-1))
	if err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("a file without its end: %v", err)
	}
}

// Looking up datasets one after the other does not read the groups on the way again and again, and says the paths by which each was reached.
func TestGroupsAreReadOnce(t *testing.T) {
	file := readFile(t, "earliest")
	count := &counter{r: bytes.NewReader(file)}
	f, err := Open(count, int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	reads := func(path string) int {
		before := count.reads
		if _, err := f.Root().Lookup(path); err != nil {
			t.Fatal(err)
		}
		return count.reads - before
	}
	if first, again := reads("layouts/unwritten"), reads("layouts/unwritten"); again >= first {
		t.Errorf("%d reads, and %d when the group was read before", first, again)
	}
	for range 2 { // more groups than are kept
		w := walker{left: 200}
		w.walk(f.Root(), 4)
	}
	if n := len(f.groups.read); n == 0 || n > maxKept {
		t.Errorf("%d groups are kept", n)
	}
	g, err := f.Root().Group("layouts")
	if err != nil {
		t.Fatal(err)
	}
	f.root.links["another name"] = f.root.links["layouts"]
	other, err := f.Root().Group("another name")
	if err != nil || other.Path() != "/another name" || g.Path() != "/layouts" {
		t.Errorf("paths %q and %q, error %v", g.Path(), other.Path(), err)
	}
}

// counter counts reads.
type counter struct {
	r     io.ReaderAt
	reads int
}

func (c *counter) ReadAt(b []byte, at int64) (int, error) {
	c.reads++
	return c.r.ReadAt(b, at)
}
