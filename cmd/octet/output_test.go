package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that is full is said to be another one's by TMPDIR where that is so.
func TestFullTemporaryFolder(t *testing.T) {
	dir, err := tempDir()
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, tt := range []struct {
		path string
		why  error
		hint bool
	}{
		{filepath.Join(dir, "tmp", "put-1"), syscall.ENOSPC, true}, {filepath.Join(dir, "tmp", "put-1"), syscall.EACCES, false}, {filepath.Join(t.TempDir(), "out"), syscall.ENOSPC, false},
	} {
		var said bytes.Buffer
		code := conclude(t.Context(), &said, nil, fmt.Errorf("data x.npz: %w", &fs.PathError{Op: "write", Path: tt.path, Err: tt.why}))
		if code != exitFailed || strings.Contains(said.String(), "TMPDIR") != tt.hint || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("status %d, %s", code, said.String())
		}
	}
}

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
