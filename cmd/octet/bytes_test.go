//go:build unix

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tflite"
)

// heavyModel takes tens of milliseconds a sample, so that a shard can be interrupted.
func heavyModel() *ir.Model { return testmodel.Chain(96, 32, 6) }

// heavyData is the dataset that the model is calibrated over: 20 shards. longData has 40 of them, for tests that do several things, which may take as long as programs take to start, while a job runs.
const (
	heavyData = "random:normal?samples=80&seed=7"
	longData  = "random:normal?samples=160&seed=7"
)

func writeHeavy(t *testing.T) string {
	t.Helper()
	data, err := tflite.Encode(heavyModel())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "heavy.tflite")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// octet runs the program's command line in this process.
func octet(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs strings.Builder
	if code := run(t.Context(), args, streams{strings.NewReader(""), &out, &errs}); code != 0 {
		t.Fatalf("octet %s: status %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

func sum(t *testing.T, path string) string {
	t.Helper()
	text, err := sha(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func sha(path string) (string, error) {
	data, err := os.ReadFile(path)
	return fmt.Sprintf("%x", sha256.Sum256(data)), err
}

// convertHeavy converts the heavy model and returns the sha256 of what comes out.
func convertHeavy(t *testing.T, model string, args ...string) string {
	t.Helper()
	return convertOver(t, model, heavyData, args...)
}

func convertOver(t *testing.T, model, data string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.tflite")
	octet(t, append([]string{"convert", model, "-o", out, "--data", data}, args...)...)
	return sum(t, out)
}

// conversion is one that goes on beside a test, which ends it if it is over before.
type conversion struct {
	done chan struct{}
	sha  string // "" if it failed, which fails the test
}

func beginConversion(t *testing.T, model, data string, args ...string) *conversion {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.tflite")
	args = append([]string{"convert", model, "-o", out, "--data", data}, args...)
	c := &conversion{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		var errs strings.Builder
		code := run(t.Context(), args, streams{strings.NewReader(""), io.Discard, &errs})
		if t.Context().Err() != nil {
			return
		}
		text, err := sha(out)
		if code != 0 || err != nil {
			t.Errorf("octet %s: status %d, %v\n%s", strings.Join(args, " "), code, err, errs.String())
			return
		}
		c.sha = text
	}()
	t.Cleanup(func() { <-c.done })
	return c
}

// wait waits for the end, and returns the sha256 of what comes out.
func (c *conversion) wait(t *testing.T) string {
	t.Helper()
	select {
	case <-c.done:
		return c.sha
	case <-time.After(patience):
		t.Fatal("the conversion did not end")
		return ""
	}
}

// TestSameBytes converts one model in every way there is. One sha256 must come out: from any number of goroutines, embedded workers, and processes of
// which some are killed or stopped in the middle of their work.
func TestSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("calibrates a model seven times; -short is for the race detector, which makes that take minutes")
	}
	model := writeHeavy(t)
	want := convertHeavy(t, model, "--workers", "1")
	same := func(how, got string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: sha256 %s, in process with 1 goroutine it was %s", how, got, want)
		}
	}
	same("7 goroutines", convertHeavy(t, model, "--workers", "7"))
	for _, n := range []int{1, 2, 5} {
		withCluster(t, n, func(addr string) {
			same(fmt.Sprintf("octet up with %d workers", n), convertHeavy(t, model, "--coordinator", addr))
		})
	}
	same("processes under faults", convertUnderFaults(t, model))
}

// withCluster runs f against a cluster embedded in this process.
func withCluster(t *testing.T, workers int, f func(addr string)) {
	t.Helper()
	withClusterOf(t, t.Context(), clusterConfig{workers: workers}, f)
}

// withClusterOf is withCluster with a configuration of one's own, but for the slots, the address and the folder.
func withClusterOf(t *testing.T, ctx context.Context, c clusterConfig, f func(addr string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.slots, c.listen, c.dir = 1, "127.0.0.1:0", t.TempDir()
	up, down := make(chan string, 1), make(chan error, 1)
	go func() {
		down <- runCluster(ctx, c, zap.NewNop(), func(addr string) { up <- addr })
	}()
	select {
	case addr := <-up:
		f(addr)
		cancel()
		if err := <-down; err != nil {
			t.Errorf("the cluster ended with %v", err)
		}
	case err := <-down:
		t.Fatalf("the cluster did not come up: %v", err)
	}
}
