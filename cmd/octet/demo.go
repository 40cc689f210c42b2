package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/octetlite/octet/examples/fashion"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/verify"
)

// demoWorkers is the number of workers of the demo's cluster.
const demoWorkers = 2

func newDemo(s streams) *cobra.Command {
	var keep string
	cmd := &cobra.Command{
		Use:     "demo",
		Example: `  octet demo --keep fashion_int8.tflite`,
		Short:   "Quantize a small real model on an embedded cluster, and measure it",
		Long: `Quantize a small real model on a cluster within this process: etcd, a coordinator and two workers.
The model is a convolutional network for Fashion-MNIST, as Keras saved it; it is calibrated over 200
images, and its accuracy is measured on 1,000 others, before and after. Nothing is left behind, but for
what --keep names.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), s, keep)
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "copy the int8 model to this file")
	return cmd
}

func demo(ctx context.Context, s streams, keep string) (err error) {
	if err := checkOutputs([]string{keep}, nil); err != nil {
		return err
	}
	dir, err := tempDir()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	model, calibration := filepath.Join(dir, "fashion.keras"), filepath.Join(dir, "calibration.npz")
	float, out := filepath.Join(dir, "fashion.tflite"), filepath.Join(dir, "fashion_int8.tflite")
	for path, data := range map[string][]byte{model: fashion.Model, calibration: fashion.Calibration} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
	life, cancel := context.WithCancel(ctx)
	defer cancel()
	fmt.Fprintf(s.out, "Starting etcd, a coordinator and %d workers in this process…\n", demoWorkers)
	start := time.Now()
	up := make(chan string, 1)
	down := make(chan error, 1)
	go func() {
		c := clusterConfig{workers: demoWorkers, slots: 1, listen: "127.0.0.1:0", dir: filepath.Join(dir, "cluster")}
		down <- runCluster(life, c, zap.NewNop(), func(addr string) { up <- addr })
	}()
	var addr string
	select {
	case addr = <-up:
	case err := <-down:
		return err
	}
	fmt.Fprintf(s.out, "  up after %.1f s, coordinator at %s\n\n", time.Since(start).Seconds(), addr)
	shown := streams{s.in, &indented{w: s.out, prefix: dir + "/"}, s.err}
	fmt.Fprintln(s.out, "$ octet convert fashion.keras -o fashion.tflite")
	if err := demoConvert(ctx, shown, model, &convertFlags{output: float}); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n$ octet convert fashion.keras -o fashion_int8.tflite --data calibration.npz --coordinator %s\n", addr)
	if err := demoConvert(ctx, shown, model, &convertFlags{output: out, data: calibration, coordinator: endpoint{addr: addr}}); err != nil {
		return err
	}
	cancel()
	if err := <-down; err != nil {
		return err
	}
	floatModel, err := os.ReadFile(float)
	if err != nil {
		return err
	}
	int8Model, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	score, err := accuracy(ctx, dir, floatModel, int8Model)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nTop-1 accuracy on %d images that neither training nor calibration saw:\n", score.Answers)
	for _, m := range []struct {
		name  string
		data  []byte
		right float64
	}{{"float32", floatModel, score.Float.Top1}, {"int8", int8Model, score.Quantized.Top1}} {
		fmt.Fprintf(s.out, "  %-8s %7s   %5.1f %%\n", m.name, bytesText(int64(len(m.data))), 100*m.right)
	}
	if keep != "" {
		if err := writeFile(keep, int8Model); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "\nThe int8 model is in %s.\n", keep)
	}
	return nil
}

// demoConvert runs one conversion as the command does.
func demoConvert(ctx context.Context, s streams, model string, f *convertFlags) error {
	f.io, f.onBad, f.workers = "int8", "fail", 1
	opt, err := f.options(func(string) bool { return false })
	if err != nil {
		return err
	}
	return convertModel(ctx, s, model, f, opt)
}

// accuracy counts the right answers of both models to the test images.
func accuracy(ctx context.Context, dir string, float, quantized []byte) (*verify.Score, error) {
	path := filepath.Join(dir, "test.npz")
	if err := os.WriteFile(path, fashion.Test, 0o600); err != nil {
		return nil, err
	}
	source := convert.Source{Name: "float32", Data: float}
	model, err := convert.Load(source, true)
	if err != nil {
		return nil, err
	}
	f := verifyFlags{data: path, workers: demoWorkers, onBad: "fail", question: questionFlags{labels: path + "?array=" + fashion.Labels}}
	bar := newProgress(io.Discard)
	defer bar.close()
	result, err := f.compare(ctx, source, model, convert.Source{Name: "int8", Data: quantized}, bar)
	if err != nil {
		return nil, err
	}
	return result.Score, nil
}
