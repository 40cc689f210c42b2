//go:build unix

package store

import (
	"bytes"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// limitFiles has writes behind so many bytes of a file fail, as a full disk does, until the returned function is called.
func limitFiles(t *testing.T, size uint64) (restore func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := old
	limit.Cur = size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
		signal.Reset(syscall.SIGXFSZ)
	}
}

// What can't be written is an error and leaves nothing behind; an upload goes on when there is room again.
func TestFullDisk(t *testing.T) {
	root := t.TempDir()
	f, err := NewFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("octet"), 100_000)
	d := Of(data)
	restore := limitFiles(t, 300_000)
	_, _, putErr := f.Put(t.Context(), d, bytes.NewReader(data))
	u, openErr := f.Upload("", d, int64(len(data)))
	if openErr != nil {
		restore()
		t.Fatal(openErr)
	}
	n, writeErr := u.Write(data)
	restore()

	if !errors.Is(putErr, syscall.EFBIG) || !errors.Is(writeErr, syscall.EFBIG) {
		t.Errorf("Put: %v, Write: %v", putErr, writeErr)
	}
	if _, err := f.Stat(t.Context(), d); !errors.Is(err, ErrNotFound) {
		t.Errorf("Stat: %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(root, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("half-written: %v, %v", left, err)
	}
	if int64(n) != u.Committed() {
		t.Errorf("%d bytes of the upload were written, %d count", n, u.Committed())
	}
	if _, err := u.Write(data[u.Committed():]); err != nil {
		t.Fatal(err)
	}
	if err := u.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadAll(t.Context(), f, d); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
