package npy_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/reader/npy"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func open(t testing.TB, data []byte) *npy.Array {
	t.Helper()
	a, err := npy.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// values reads rows and widens their elements.
func values(t testing.TB, a *npy.Array, from, count int) []float64 {
	t.Helper()
	buf := make([]byte, int64(count)*a.RowSize())
	if err := a.ReadRows(buf, from); err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	var out []float64
	for size := a.Type.Size(); len(buf) > 0; buf = buf[size:] {
		var v float64
		switch a.Type {
		case npy.Float16: // the tests hold small whole numbers only
			h := le.Uint16(buf)
			if h != 0 {
				v = math.Ldexp(1+float64(h&1023)/1024, int(h>>10&31)-15)
			}
		case npy.Float32:
			v = float64(math.Float32frombits(le.Uint32(buf)))
		case npy.Float64:
			v = math.Float64frombits(le.Uint64(buf))
		case npy.Int8, npy.UInt8, npy.Bool:
			v = float64(buf[0])
		case npy.Int16, npy.UInt16:
			v = float64(le.Uint16(buf))
		case npy.Int32, npy.UInt32:
			v = float64(le.Uint32(buf))
		case npy.Int64, npy.UInt64:
			v = float64(le.Uint64(buf))
		}
		out = append(out, v)
	}
	return out
}

func count(typ npy.Type, from, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(from + i)
		if typ == npy.Bool {
			out[i] = float64((from + i) % 2)
		}
	}
	return out
}

func TestReadsEveryTypeAndOrder(t *testing.T) {
	data := read(t, "stored.npz")
	entries, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 9*4+3*2 {
		t.Fatalf("%d arrays", len(entries))
	}
	for _, e := range entries {
		a, err := e.Array()
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(e.Name, "_")
		if string(a.Type) != parts[0] || a.Fortran != (parts[1] == "F") || a.BigEndian != (parts[2] == "big") || a.Rows() != 2 {
			t.Errorf("%s: %+v", e.Name, a)
		}
		for row := range 2 {
			if diff := cmp.Diff(count(a.Type, 12*row, 12), values(t, a, row, 1)); diff != "" {
				t.Errorf("%s, row %d: %s", e.Name, row, diff)
			}
		}
		if diff := cmp.Diff(count(a.Type, 0, 24), values(t, a, 0, 2)); diff != "" {
			t.Errorf("%s: %s", e.Name, diff)
		}
		inFile := open(t, data[e.Offset:e.Offset+e.Size])
		if diff := cmp.Diff(count(a.Type, 0, 24), values(t, inFile, 0, 2)); diff != "" {
			t.Errorf("%s at its offset: %s", e.Name, diff)
		}
	}
}

func TestDeflatedEntriesAreStreamed(t *testing.T) {
	data := read(t, "deflated.npz")
	entries, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, err := e.Array(); !errors.Is(err, npy.ErrCompressed) {
			t.Fatalf("%s: Array: %v", e.Name, err)
		}
		rc, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		file, err := io.ReadAll(rc)
		if err != nil || int64(len(file)) != e.Size {
			t.Fatalf("%s: %d bytes of %d, %v", e.Name, len(file), e.Size, err)
		}
		a := open(t, file)
		if diff := cmp.Diff(count(a.Type, 0, 24), values(t, a, 0, 2)); diff != "" {
			t.Errorf("%s: %s", e.Name, diff)
		}
	}
}

func TestVersionsScalarsAndEmptyArrays(t *testing.T) {
	for _, name := range []string{"version2.npy", "version3.npy"} {
		a := open(t, read(t, name))
		if diff := cmp.Diff(count(a.Type, 0, 24), values(t, a, 0, 2)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if a := open(t, read(t, "scalar.npy")); a.Rows() != 1 || values(t, a, 0, 1)[0] != 2.5 {
		t.Errorf("scalar: %+v", a)
	}
	a := open(t, read(t, "empty.npy"))
	if a.Rows() != 0 || a.RowSize() != 12 {
		t.Errorf("empty: %d rows of %d bytes", a.Rows(), a.RowSize())
	}
	if err := a.ReadRows(make([]byte, 12), 0); err == nil {
		t.Error("read a row of an empty array")
	}
}

func TestRefusals(t *testing.T) {
	good := read(t, "version2.npy")
	edit := func(old, new string) []byte {
		out := bytes.Replace(good, []byte(old), []byte(new), 1)
		if bytes.Equal(out, good) {
			t.Fatalf("%q is not in the header", old)
		}
		return out
	}
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"nothing", "not a .npy file", nil},
		{"other magic", "not a .npy file", []byte("PK\x03\x04aaaaaaaaaaaaa")},
		{"version 4", "format version 4.0", append([]byte("\x93NUMPY\x04\x00"), good[8:]...)},
		{"header cut", "ends inside", good[:40]},
		{"huge header", "limit", append(append([]byte{}, good[:8]...), 0, 0, 0, 0x40)},
		{"elements cut", "want 96 bytes of elements, the file holds 95", good[:len(good)-1]},
		{"too many elements", "out of range", edit("(2, 3, 4)", "(2, 3, 4000000000000000000)")},
		{"negative", "want a dimension", edit("(2, 3, 4)", "(2, -3, 4)")},
		{"other type", `element type "<c4"`, edit("<f4", "<c4")},
		{"key twice", "occurs twice", edit("'shape'", "'descr'")},
		{"key missing", `"fortran_order" is missing`, edit("'fortran_order': False,", strings.Repeat(" ", 23))},
		{"unknown key", "unknown key", edit("fortran_order", "fortran_Order")},
		{"no literal", "want True or False", edit("False", "false")},
		{"text behind", "more text", edit("}", "}1")},
		{"objects", "pickled", read(t, "objects.npy")},
		{"fields", "structured", read(t, "fields.npy")},
		{"strings", "element type", read(t, "strings.npy")},
	} {
		_, err := npy.Open(bytes.NewReader(c.data), int64(len(c.data)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestArchiveRefusals(t *testing.T) {
	var twice bytes.Buffer
	good := read(t, "stored.npz")
	twice.Write(good)
	for range 2 { // names occur in the local and in the central header
		at := bytes.Index(twice.Bytes(), []byte("f4_F_little.npy"))
		copy(twice.Bytes()[at:], "f4_C_little.npy")
	}
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "not a .npz file", nil},
		{"truncated", "not a .npz file", good[:len(good)/2]},
		{"same name", `"f4_C_little" occurs twice`, twice.Bytes()},
	} {
		if _, err := npy.OpenArchive(bytes.NewReader(c.data), int64(len(c.data))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// cut is a file that has become shorter.
type cut struct{ data []byte }

func (c cut) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(c.data)) {
		return 0, io.EOF
	}
	n := copy(p, c.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func TestFileThatShrinks(t *testing.T) {
	data := read(t, "version2.npy")
	a, err := npy.Open(cut{data[:len(data)-4]}, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ReadRows(make([]byte, 48), 1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("ReadRows: %v", err)
	}
	if err := a.ReadRows(make([]byte, 48), 0); err != nil {
		t.Errorf("ReadRows of what is there: %v", err)
	}
}
