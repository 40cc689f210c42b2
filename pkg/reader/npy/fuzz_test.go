package npy_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/octetlite/octet/pkg/reader/npy"
)

// touch reads all of an array in steps of bounded size.
func touch(t *testing.T, a *npy.Array, size int) {
	row := a.RowSize()
	if row*int64(a.Rows()) > int64(size) {
		t.Fatalf("array %s%v: larger than its file of %d bytes", a.Type, a.Shape, size)
	}
	if row == 0 {
		return
	}
	buf := make([]byte, row*int64(a.Rows()))
	if err := a.ReadRows(buf, 0); err != nil {
		t.Fatal(err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, name := range []string{"version2.npy", "version3.npy", "scalar.npy", "objects.npy", "fields.npy", "empty.npy"} {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := npy.Open(bytes.NewReader(data), int64(len(data)))
		if err == nil {
			touch(t, a, len(data))
		}
	})
}

func FuzzOpenArchive(f *testing.F) {
	var small bytes.Buffer
	w := npy.NewWriter(&small)
	if _, err := w.Create("x", npy.UInt8, []int{0}); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add(read(f, "deflated.npz")[:])
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, e := range entries {
			if a, err := e.Array(); err == nil {
				touch(t, a, len(data))
			}
			if rc, err := e.Open(); err == nil {
				_, _ = io.Copy(io.Discard, io.LimitReader(rc, 1<<20))
				_ = rc.Close()
			}
		}
	})
}
