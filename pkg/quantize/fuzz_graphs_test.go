package quantize_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/quantize"
)

// TestRandomGraphs compares with the digests of what TensorFlow's quantizer made of random graphs; testdata/README.md defines them.
func TestRandomGraphs(t *testing.T) {
	want := readDigests(t)
	seen := randomGraphs(t, func(name string, content []byte) {
		seed := strings.TrimSuffix(name, ".tflite")
		got := fmt.Sprintf("%x", sha256.Sum256([]byte(describe(t, quantizeCompat(t, content, quantize.Options{})))))
		if !slices.Contains(want[seed], got) {
			t.Errorf("seed %s: digest %.12s is none of TensorFlow's %d answers", seed, got, len(want[seed]))
		}
	})
	if seen < 2000 || seen != len(want) {
		t.Errorf("compared %d graphs, digests.txt has %d; want at least 2000", seen, len(want))
	}
}

func readDigests(t *testing.T) map[string][]string {
	t.Helper()
	content, err := os.ReadFile("testdata/fuzz/digests.txt")
	if err != nil {
		t.Fatal(err)
	}
	digests := map[string][]string{}
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		digests[fields[0]] = fields[1:]
	}
	return digests
}
