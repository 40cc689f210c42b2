package npy_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/reader/npy"
)

func TestWriteEqualsNumPy(t *testing.T) {
	scalar := read(t, "scalar.npy")
	var got bytes.Buffer
	if err := npy.Write(&got, npy.Float64, nil, scalar[len(scalar)-8:]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(scalar, got.Bytes()); diff != "" {
		t.Error(diff)
	}
	got.Reset()
	if err := npy.Write(&got, npy.Float32, []int{0, 3}, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(read(t, "empty.npy"), got.Bytes()); diff != "" {
		t.Error(diff)
	}
	if err := npy.Write(io.Discard, npy.Float32, []int{2}, make([]byte, 7)); err == nil {
		t.Error("wrote 7 bytes as 2 float32")
	}
	if err := npy.Write(io.Discard, "c8", []int{1}, make([]byte, 8)); err == nil {
		t.Error("wrote a complex array")
	}
}

// TestFortranOrder compares any rows of any shape, and Rewrite, with the definition of Fortran order.
func TestFortranOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 5), 2, 4).Draw(t, "shape")
		n := 1
		for _, d := range shape {
			n *= d
		}
		c := make([]byte, 0, 2*n) // element i of C order holds i
		f := make([]byte, 2*n)
		index := make([]int, len(shape))
		for i := range n {
			c = binary.LittleEndian.AppendUint16(c, uint16(i))
			at, stride := 0, 1
			for axis, d := range shape {
				at += index[axis] * stride
				stride *= d
			}
			binary.LittleEndian.PutUint16(f[2*at:], uint16(i))
			for axis := len(shape) - 1; axis >= 0; axis-- {
				if index[axis]++; index[axis] < shape[axis] {
					break
				}
				index[axis] = 0
			}
		}
		var file bytes.Buffer
		if err := npy.Write(&file, npy.UInt16, shape, f); err != nil {
			t.Fatal(err)
		}
		data := bytes.Replace(file.Bytes(), []byte("'fortran_order': False"), []byte("'fortran_order': True "), 1)
		a, err := npy.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.IntRange(0, shape[0]-1).Draw(t, "from")
		to := rapid.IntRange(from, shape[0]).Draw(t, "to")
		row := int(a.RowSize())
		got := make([]byte, (to-from)*row)
		if err := a.ReadRows(got, from); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, c[from*row:to*row]) {
			t.Fatalf("rows %d to %d of %v: %v, want %v", from, to, shape, got, c[from*row:to*row])
		}
		var rewritten, want bytes.Buffer
		if err := npy.Rewrite(&rewritten, a, rapid.Int64Range(0, 64).Draw(t, "limit")); err != nil {
			t.Fatal(err)
		}
		if err := npy.Write(&want, npy.UInt16, shape, c); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(rewritten.Bytes(), want.Bytes()) {
			t.Fatal("Rewrite differs from Write")
		}
	})
}

// TestLongFortranColumns reads arrays whose columns exceed what is read at once.
func TestLongFortranColumns(t *testing.T) {
	const rows, columns = 600_000, 3
	f := make([]byte, 4*rows*columns)
	for i := range rows * columns {
		binary.LittleEndian.PutUint32(f[4*i:], uint32(i))
	}
	var file bytes.Buffer
	if err := npy.Write(&file, npy.UInt32, []int{rows, columns}, f); err != nil {
		t.Fatal(err)
	}
	data := bytes.Replace(file.Bytes(), []byte("'fortran_order': False"), []byte("'fortran_order': True "), 1)
	a := open(t, data)
	const from, count = 1000, 300_000
	got := make([]byte, count*12)
	if err := a.ReadRows(got, from); err != nil {
		t.Fatal(err)
	}
	for i := range count {
		for c := range columns {
			if v := binary.LittleEndian.Uint32(got[12*i+4*c:]); v != uint32(c*rows+from+i) {
				t.Fatalf("row %d, column %d: %d", from+i, c, v)
			}
		}
	}
}

func TestWriterRoundTripsAndIsDeterministic(t *testing.T) {
	write := func() []byte {
		var out bytes.Buffer
		w := npy.NewWriter(&out)
		for _, name := range []string{"b", "a/x:0"} {
			body, err := w.Create(name, npy.Int16, []int{2, 2})
			if err != nil {
				t.Fatal(err)
			}
			for i := range byte(4) {
				if _, err := body.Write([]byte{i, 0}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	data := write()
	entries, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
		a, err := e.Array()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]float64{0, 1, 2, 3}, values(t, a, 0, 2)); diff != "" {
			t.Errorf("%s: %s", e.Name, diff)
		}
	}
	if diff := cmp.Diff([]string{"b", "a/x:0"}, names); diff != "" {
		t.Error(diff)
	}
	sum := sha256.Sum256(data)
	if got, want := hex.EncodeToString(sum[:]), "bebd3f05605d862270d6c1de3ec9d11b877f2628f3ddc1ed79ee4b6f8d2eb83d"; got != want {
		t.Errorf("sha256 of the archive: %s, want %s", got, want)
	}
}

func TestWriterNoticesWrongSizes(t *testing.T) {
	w := npy.NewWriter(io.Discard)
	body, err := w.Create("x", npy.UInt8, []int{3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := body.Write(make([]byte, 4)); err == nil {
		t.Error("4 bytes for 3 elements")
	}
	if _, err := body.Write(make([]byte, 2)); err != nil {
		t.Error(err)
	}
	if _, err := w.Create("y", npy.UInt8, nil); err == nil {
		t.Error("Create while x lacks a byte")
	}
	if err := w.Close(); err == nil {
		t.Error("Close while x lacks a byte")
	}
	if _, err := body.Write(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	if _, err := w.Create("x", npy.UInt8, nil); err == nil {
		t.Error("two arrays of one name")
	}
}
