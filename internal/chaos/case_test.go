//go:build chaos && unix

package chaos

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite"
)

// conversion is something that clients ask for: how, and what must come out.
type conversion struct {
	args   []string // of octet convert, but for -o and --coordinator
	shards []int    // how many each phase has: calibration, and verification if there is one
	want   string   // the sha256 of what it makes in process
}

const examples = "../../examples/fashion/"

// conversions returns all of them, made in process.
func conversions(t *testing.T, octet string) []conversion {
	t.Helper()
	dir := t.TempDir()
	small, err := os.ReadFile(examples + "model.tflite")
	if err != nil {
		t.Fatal(err)
	}
	large, err := tflite.Encode(testmodel.Chain(96, 32, 4)) // tens of milliseconds a sample, so that shards are interrupted
	if err != nil {
		t.Fatal(err)
	}
	fashion, err := filepath.Abs(examples + "calibration.npz")
	if err != nil {
		t.Fatal(err)
	}
	const random = "random:normal?samples=24&seed=7"
	all := []conversion{
		{args: []string{"--data", fashion}, shards: []int{50}},
		{args: []string{"--data", random}, shards: []int{6}},
		{args: []string{"--data", fashion, "--quantize", "int16x8"}, shards: []int{50}},
		{args: []string{"--data", fashion, "--calibrator", "mse", "--verify"}, shards: []int{45, 5}},
		{args: []string{"--data", random, "--io", "uint8"}, shards: []int{6}},
		{args: []string{"--data", fashion, "--compat", "tflite"}, shards: []int{50}},
	}
	for i := range all {
		c, model := &all[i], small
		if slices.Contains(c.args, random) {
			model = large
		}
		source, out := filepath.Join(dir, fmt.Sprintf("case%d.tflite", i)), filepath.Join(dir, "out.tflite")
		if err := os.WriteFile(source, model, 0o600); err != nil {
			t.Fatal(err)
		}
		c.args = append([]string{"convert", source, "--no-cache"}, c.args...)
		if text, err := exec.Command(octet, append(c.args, "-o", out)...).CombinedOutput(); err != nil {
			t.Fatalf("octet %v: %v\n%s", c.args, err, text)
		}
		if c.want, err = sum(out); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func sum(path string) (string, error) {
	data, err := os.ReadFile(path)
	return fmt.Sprintf("%x", sha256.Sum256(data)), err
}
