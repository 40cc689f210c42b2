//go:build conformance

package tflite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestCorpus takes every model file that the list in OCTET_CORPUS names (a path a line, "#" starts a comment) there and back. With OCTET_ROUNDTRIP it leaves what was
// written in that folder, as 0.tflite, 1.tflite and so on in the order of the list.
func TestCorpus(t *testing.T) {
	list, err := os.ReadFile(os.Getenv("OCTET_CORPUS"))
	if err != nil {
		t.Fatalf("OCTET_CORPUS must name a list of model files: %v", err)
	}
	n := 0
	for line := range strings.Lines(string(list)) {
		path := strings.TrimSpace(line)
		if path == "" || path[0] == '#' {
			continue
		}
		number := n
		n++
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			before := bytes.Clone(data)
			first, err := Decode(data)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			written, err := Encode(first)
			if err != nil {
				t.Fatalf("%s: encode: %v", path, err)
			}
			second, err := Decode(written)
			if err != nil {
				t.Fatalf("%s: decode again: %v", path, err)
			}
			if !reflect.DeepEqual(first, second) {
				t.Errorf("%s: is not the same model after writing and reading", path)
			}
			if !bytes.Equal(data, before) {
				t.Errorf("%s: Decode or Encode changed the bytes they were given", path)
			}
			for _, flaw := range compareFiles(data, written) {
				t.Errorf("%s: %s", path, flaw)
			}
			if dir := os.Getenv("OCTET_ROUNDTRIP"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(number, ".tflite")), written, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if n == 0 {
		t.Fatal("the list is empty")
	}
}
