//go:build conformance

package quantize_test

import (
	"os"
	"path/filepath"
	"testing"
)

// corpus holds the oracles of real models; conformance/oracle.py makes them.
const corpus = "../../conformance/.corpus/oracle"

// TestCorpusOracles is TestOracles over the corpus.
func TestCorpusOracles(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(corpus, "[^.]*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no oracles in %s (%v): run conformance/run.py oracle", corpus, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			if why, err := os.ReadFile(filepath.Join(folder, "failed.txt")); err == nil {
				t.Skipf("TensorFlow fails: %s", why)
			}
			compareOracle(t, folder)
		})
	}
}
