//go:build unix

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// heavyModel is a chain of convolutions that takes tens of milliseconds a sample, so that a shard can be interrupted.
func heavyModel() *ir.Model {
	const size, channels, layers = 96, 32, 6
	f32 := func(dims ...int) ir.Type { return ir.Type{DType: tensor.Float32, Shape: dims} }
	x := &ir.Value{Name: "image", Type: f32(1, size, size, channels)}
	g := &ir.Graph{Name: "main", Inputs: []*ir.Value{x}, Values: []*ir.Value{x}}
	seed := uint32(1)
	for i := range layers {
		w := make([]float32, channels*3*3*channels)
		for k := range w {
			seed = seed*1664525 + 1013904223
			w[k] = float32(int32(seed>>16)-1<<15) / (1 << 18)
		}
		weights := g.AddConst(fmt.Sprintf("w%d", i), tensor.F32(tensor.Shape{channels, 3, 3, channels}, w...))
		bias := g.AddConst(fmt.Sprintf("b%d", i), tensor.New(tensor.Float32, tensor.Shape{channels}))
		y := g.Add(&ir.Value{Name: fmt.Sprintf("y%d", i), Type: f32(1, size, size, channels)})
		g.Nodes = append(g.Nodes, &ir.Node{
			Op: "CONV_2D", Attr: &op.Conv2D{Padding: op.Same, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Activation: op.Relu},
			Inputs: []*ir.Value{x, weights, bias}, Outputs: []*ir.Value{y},
		})
		x = y
	}
	g.Outputs = []*ir.Value{x}
	return &ir.Model{Graphs: []*ir.Graph{g}}
}

// heavyData is the dataset that the model is calibrated over: 20 shards.
const heavyData = "random:normal?samples=80&seed=7"

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
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

// convertHeavy converts the heavy model and returns the sha256 of what comes out.
func convertHeavy(t *testing.T, model string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.tflite")
	octet(t, append([]string{"convert", model, "-o", out, "--data", heavyData}, args...)...)
	return sum(t, out)
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
