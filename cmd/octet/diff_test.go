package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestDiffKnowsLayouts compares files that list the tensors of one model in different orders.
func TestDiffKnowsLayouts(t *testing.T) {
	folder := t.TempDir()
	var paths []string
	for _, name := range []string{"a", "b"} {
		m := testmodel.Conv()
		if name == "b" {
			slices.Reverse(m.Graphs[0].Values)
		}
		data, err := tflite.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, name+".tflite")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	var f diffFlags
	d, err := f.compare(t.Context(), streams{out: io.Discard, err: io.Discard}, paths[0], paths[1])
	if err != nil || d.Verdict != verdictLayout || len(d.Differences) > 0 {
		t.Errorf("have %+v, %v", d, err)
	}
}
