package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/octetlite/octet/examples/fashion"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// demoWorkers is the number of workers of the demo's cluster.
const demoWorkers = 2

func newDemo(s streams) *cobra.Command {
	var keep string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Quantize a small real model on an embedded cluster, and measure it",
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
	dir, err := tempDir("octet-demo-")
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
	if err := demoConvert(ctx, shown, model, &convertFlags{output: out, data: calibration, coordinator: addr}); err != nil {
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
	fmt.Fprintf(s.out, "\nTop-1 accuracy on %d images that neither training nor calibration saw:\n", fashion.TestImages)
	for _, m := range []struct {
		name string
		data []byte
	}{{"float32", floatModel}, {"int8", int8Model}} {
		right, total, err := accuracy(ctx, dir, m.name, m.data)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "  %-8s %7s   %5.1f %%\n", m.name, bytesText(int64(len(m.data))), 100*float64(right)/float64(total))
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

// accuracy runs a model over the test images and counts the right answers.
func accuracy(ctx context.Context, dir, name string, data []byte) (right, total int, err error) {
	m, err := tflite.Decode(data)
	if err != nil {
		return 0, 0, &convert.Error{Kind: convert.Internal, Source: name, Err: err}
	}
	r, err := newRunner(name, m, "")
	if err != nil {
		return 0, 0, err
	}
	path := filepath.Join(dir, "test.npz")
	if err := os.WriteFile(path, fashion.Test, 0o600); err != nil {
		return 0, 0, err
	}
	folder, err := store.NewFolder(filepath.Join(dir, "test-"+name))
	if err != nil {
		return 0, 0, err
	}
	files := store.NewOverlay(folder)
	// The images and their labels are read as one dataset of two inputs.
	r.real()
	image := r.inputs[0]
	inputs := []dataset.Input{
		{Name: image.Name, Tensor: image.Tensor, DType: tensor.Float32, Shape: image.Shape},
		{Name: fashion.Labels, DType: tensor.Int32, Shape: tensor.Shape{1}},
	}
	manifest, err := dataset.Build(ctx, path, inputs, files)
	if err != nil {
		return 0, 0, err
	}
	samples, err := dataset.Open(ctx, manifest, files)
	if err != nil {
		return 0, 0, err
	}
	defer samples.Close()
	labels := make([]int32, manifest.Len())
	outputs, err := r.run(ctx, func(i int) ([]*tensor.Tensor, error) {
		pair, err := samples.Sample(i)
		if err != nil {
			return nil, err
		}
		labels[i] = tensor.View[int32](pair[1])[0]
		return pair[:1], nil
	}, manifest.Len(), demoWorkers, func(int) {})
	if err != nil {
		return 0, 0, err
	}
	for i, v := range outputs[0].values {
		if argMax(v) == labels[i] {
			right++
		}
	}
	return right, len(labels), nil
}

// argMax returns the position of the first largest float.
func argMax(data []byte) int32 {
	values := tensor.View[float32](&tensor.Tensor{DType: tensor.Float32, Data: data})
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return int32(best)
}
