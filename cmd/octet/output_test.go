package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A file that is larger than the steps in which it goes to the disk has what was written, in pieces of any size, and replaces the one before it.
func TestLargeFilesAreWrittenWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	pieces := []int{1, 20 << 20, 3 << 20, 6 << 20, 5}
	var want bytes.Buffer
	for i, n := range pieces {
		want.Write(bytes.Repeat([]byte{byte(i + 1)}, n))
	}
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := createFile(path, func(w io.Writer) error {
		rest := want.Bytes()
		for _, n := range pieces {
			k, err := w.Write(rest[:n])
			if err != nil || k != n {
				t.Errorf("%d of %d bytes, %v", k, n, err)
			}
			rest = rest[n:]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%d bytes, want %d, or others; %v", len(got), want.Len(), err)
	}
	if list, err := os.ReadDir(filepath.Dir(path)); err != nil || len(list) != 1 {
		t.Errorf("%d files are left, %v", len(list), err)
	}
}
