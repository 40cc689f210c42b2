// Package golden compares what a test computed with a committed file and, under the one switch -update, writes that file
// instead. Only tests import it.
//
// A package whose tests import golden takes the switch: `make update` finds those packages and passes it to each.
package golden

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them; read the diff afterwards")

// File compares got with the file at path, byte for byte. Under -update it writes got there, making folders as needed.
// Text is reported as a diff, anything else by length and first differing offset.
func File(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := write(path, got); err != nil {
			t.Fatalf("update golden file: %v", err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("golden file %s does not exist; run this test with -update to write it", path)
	}
	if err != nil {
		t.Fatalf("read golden file: %v", err)
	}
	report(t, path, want, got)
}

// Text is File for text.
func Text(t testing.TB, path, got string) {
	t.Helper()
	File(t, path, []byte(got))
}

func report(t testing.TB, name string, want, got []byte) {
	t.Helper()
	if bytes.Equal(want, got) {
		return
	}
	if utf8.Valid(want) && utf8.Valid(got) {
		t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(string(want), string(got)))
		return
	}
	n := 0
	for n < min(len(want), len(got)) && want[n] == got[n] {
		n++
	}
	t.Errorf("%s: got %d bytes, want %d, the first difference at offset %d", name, len(got), len(want), n)
}

// write leaves a file that already holds data untouched, so that its time stamp keeps Go's test cache valid.
func write(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
