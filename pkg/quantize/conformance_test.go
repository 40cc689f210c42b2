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

// weightCorpus holds TFLiteConverter's float16 and dynamic range quantization; conformance/weight_oracle.py makes them.
const weightCorpus = "../../conformance/.corpus/weights"

// TestCorpusWeightOracles is TestWeightOracles over the corpus.
func TestCorpusWeightOracles(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(weightCorpus, "[^.]*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no oracles in %s (%v): run conformance/run.py weights", weightCorpus, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			if why, err := os.ReadFile(filepath.Join(folder, "failed.txt")); err == nil {
				t.Skipf("TFLiteConverter fails: %s", why)
			}
			compareWeights(t, folder)
			answers, err := filepath.Glob(filepath.Join(folder, "wi*.tflite"))
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range answers {
				compareWeightOnly(t, path, byName(path))
			}
		})
	}
}
