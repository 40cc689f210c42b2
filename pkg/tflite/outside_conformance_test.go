//go:build conformance

package tflite

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestLiteRTReadsConstantsOutside has LiteRT run the small models of the corpus with their constants behind the flatbuffer, as in files beyond 2 GB, and as they are: the outputs must have
// the same bits.
func TestLiteRTReadsConstantsOutside(t *testing.T) {
	const conformance, most = "../../conformance", 2 << 20
	models, err := filepath.Glob(conformance + "/.corpus/out/*/model.tflite")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	command := []string{"-W", "ignore", conformance + "/roundtrip.py"}
	for _, path := range models {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > most {
			continue
		}
		m := mustDecode(t, data)
		out := filepath.Join(folder, filepath.Base(filepath.Dir(path))+".tflite")
		if err := os.WriteFile(out, encodeOutside(t, m, len(mustEncode(t, m))-1), 0o644); err != nil {
			t.Fatal(err)
		}
		command = append(command, path, out)
	}
	if len(command) < 20 {
		t.Fatalf("too few models are there to compare: %d files named", len(command)-3)
	}
	report, err := exec.CommandContext(t.Context(), conformance+"/.venv/bin/python", command...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, report)
	}
}
