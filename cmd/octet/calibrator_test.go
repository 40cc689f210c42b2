//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite"
)

// TestCalibratorsSameBytes calibrates in process and on an embedded cluster with all that statistics can hold: models and statistics are the same.
func TestCalibratorsSameBytes(t *testing.T) {
	data, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	model := filepath.Join(dir, "conv.tflite")
	if err := os.WriteFile(model, data, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) [2]string {
		out, stats := filepath.Join(dir, "out.tflite"), filepath.Join(dir, "stats.json")
		octet(t, append([]string{"convert", model, "-o", out, "--stats", stats, "--data", "random:normal?samples=21&seed=3"}, args...)...)
		return [2]string{sum(t, out), sum(t, stats)}
	}
	withCluster(t, 2, func(addr string) {
		seen := map[string]string{}
		for _, flags := range [][]string{
			{"--observe", "histograms,samples"}, {"--calibrator", "percentile:95"}, {"--calibrator", "mse"}, {"--calibrator", "ema:0.7"},
			{"--calibrator", "entropy", "--observe", "samples"}, nil,
		} {
			want := run(append(flags, "--workers", "3")...)
			if got := run(append(flags, "--coordinator", addr)...); got != want {
				t.Errorf("%v: model and statistics are %v, in process they were %v", flags, got, want)
			}
			seen[want[1]] = strings.Join(flags, " ")
		}
		if len(seen) != 4 {
			t.Errorf("%d different statistics, want 4: of ranges alone, with histograms, with samples, and with both: %v", len(seen), seen)
		}
	})
}
