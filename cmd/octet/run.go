package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

type runFlags struct {
	data, output, signature string
	float                   bool
	workers                 int
	source                  sourceFlags
}

func newRun(s streams) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run MODEL --data SPEC -o OUT.npz",
		Short: "Run a model over a dataset",
		Long: `Run a model over a dataset (see 'octet convert --help' for what --data takes) and write its outputs
as arrays of a .npz file: named as the signature names them, samples along axis 0.

MODEL is a .tflite file, or what 'octet convert' converts to one.

A quantized model takes and gives integers. With --float it takes the samples that its float model takes,
and gives outputs that compare with that model's.`,
		Example: `  octet run model.tflite --data samples.npz -o outputs.npz
  octet run int8.tflite --float --data samples.npz -o int8_outputs.npz`,
		Args: want("MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.data == "" || f.output == "":
				return usagef("--data and -o OUT.npz are required")
			case f.workers < 1:
				return usagef("--workers must be at least 1")
			}
			return runModel(cmd.Context(), s, args[0], &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "the dataset (required)")
	flags.StringVarP(&f.output, "output", "o", "", "the .npz file to write (required)")
	flags.StringVar(&f.signature, "signature", "", "the signature to run (default: the first)")
	flags.BoolVar(&f.float, "float", false, "quantize what a quantized model is fed, and dequantize its outputs")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "samples to run at a time")
	f.source.add(cmd)
	completeFile(cmd, "tflite", "pb", "keras", "h5", "hdf5")
	return cmd
}

func runModel(ctx context.Context, s streams, path string, f *runFlags) error {
	f.source.signature = f.signature
	source, _, done, err := f.source.open(path)
	if err != nil {
		return err
	}
	defer done()
	if err := checkOutputs([]string{f.output}, []string{path, dataFile(f.data)}); err != nil {
		return err
	}
	m, err := convert.Decode(source)
	if err != nil {
		return err
	}
	tmp, err := tempDir("octet-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	folder, err := store.NewFolder(tmp)
	if err != nil {
		return err
	}
	r, err := newRunner(path, m, f.signature)
	if err != nil {
		return err
	}
	if f.float {
		r.real()
	}
	bar := newProgress(s.err)
	defer bar.close()
	files := store.NewOverlay(folder)
	read := bar.soon("reading " + f.data)
	manifest, err := dataset.Build(ctx, f.data, r.inputs, files)
	read()
	if err != nil {
		if _, ok := errors.AsType[*dataset.TypeError](err); ok && r.takesIntegers() {
			return fmt.Errorf("%w (--float quantizes what the model is fed)", err)
		}
		return err
	}
	samples, err := dataset.Open(ctx, manifest, files)
	if err != nil {
		return err
	}
	defer samples.Close()
	outputs, err := r.run(ctx, samples.Sample, manifest.Len(), f.workers, func(done int) {
		bar.show("run", int64(done), int64(manifest.Len()), "samples")
	})
	if err != nil {
		return err
	}
	if err := createFile(f.output, func(w io.Writer) error { return writeArrays(w, outputs) }); err != nil {
		return err
	}
	bar.close()
	return printOutputs(s.out, f.output, manifest.Len(), outputs)
}

// printOutputs says what a file of outputs of so many samples holds.
func printOutputs(w io.Writer, path string, samples int, outputs []output) error {
	fmt.Fprintf(w, "%s: %d samples\n", path, samples)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, o := range outputs {
		fmt.Fprintf(t, "%s\t%v%v\n", o.name, o.dtype, tensor.Shape(o.arrayShape()))
	}
	return t.Flush()
}

// runner runs one signature of a model.
type runner struct {
	program *exec.Program
	inputs  []dataset.Input
	names   []string // of the outputs, in the graph's order

	border *exec.Border // set if the user feeds and gets real numbers
}

// real makes a quantized runner take and give real numbers: its inputs become float32 ones, and its outputs are dequantized.
func (r *runner) real() {
	b := r.program.Border()
	r.border = &b
	for i, quantized := range b.Quantized() {
		if quantized {
			r.inputs[i].DType = tensor.Float32
		}
	}
}

// takesIntegers reports whether an input is quantized and fed as it is.
func (r *runner) takesIntegers() bool {
	return r.border == nil && slices.Contains(r.program.Border().Quantized(), true)
}

// sample runs a session on a sample.
func (r *runner) sample(session *exec.Session, in []*tensor.Tensor) ([]*tensor.Tensor, error) {
	if r.border == nil {
		return session.Run(in, nil)
	}
	out, err := session.Run(r.border.In(in), nil)
	if err != nil {
		return nil, err
	}
	return r.border.Out(out), nil
}

func newRunner(path string, m *ir.Model, signature string) (*runner, error) {
	sig, err := shard.Signature(m, signature)
	if err != nil {
		return nil, &convert.Error{Kind: convert.BadInput, Source: path, Err: err}
	}
	program, err := exec.Compile(m, sig.Graph, exec.Options{})
	if err != nil {
		kind := convert.BadInput
		if shard.Unsupported(err) {
			kind = convert.Refused
		}
		return nil, &convert.Error{Kind: kind, Source: path, Err: err}
	}
	r := &runner{program: program, inputs: shard.Inputs(m, sig)}
	for _, v := range program.Outputs() {
		name := v.Name
		for _, p := range sig.Outputs {
			if p.Value == v {
				name = p.Name
			}
		}
		r.names = append(r.names, name)
	}
	return r, nil
}

// output is one output of a model over all samples.
type output struct {
	name   string
	dtype  tensor.DType
	shape  tensor.Shape // of one sample
	values [][]byte     // by sample
}

// run computes the outputs of n samples, several at a time.
func (r *runner) run(ctx context.Context, sample func(int) ([]*tensor.Tensor, error), n, workers int, progress func(done int)) ([]output, error) {
	outputs := make([]output, len(r.names))
	for i, name := range r.names {
		outputs[i] = output{name: name, values: make([][]byte, n)}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		done   int
		failed = n // the first sample that failed: samples before it run to their end
		reason error
	)
	next := make(chan int)
	for range workers {
		group.Go(func() {
			session := r.program.NewSession()
			for i := range next {
				in, err := sample(i)
				var out []*tensor.Tensor
				if err == nil {
					out, err = r.sample(session, in)
				}
				mu.Lock()
				if err == nil {
					err = keep(outputs, i, out)
				}
				if err != nil && i < failed {
					failed, reason = i, err
					cancel()
				}
				done++
				progress(done)
				mu.Unlock()
			}
		})
	}
feed:
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	group.Wait()
	var bad *dataset.SampleError
	switch {
	case errors.As(reason, &bad):
		return nil, bad // it says which sample it is
	case reason != nil:
		return nil, fmt.Errorf("sample %d: %w", failed, reason)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return outputs, nil
}

// keep copies the outputs of sample i, which must have the same types for all samples.
func keep(outputs []output, i int, out []*tensor.Tensor) error {
	for k, t := range out {
		o := &outputs[k]
		if o.dtype == tensor.Invalid {
			o.dtype, o.shape = t.DType, t.Shape.Clone()
		}
		if o.dtype != t.DType || !o.shape.Equal(t.Shape) {
			return fmt.Errorf("output %q is %v%v, of another sample it was %v%v: they can't be one array", o.name, t.DType, t.Shape, o.dtype, o.shape)
		}
		o.values[i] = append([]byte(nil), t.Data...)
	}
	return nil
}

var npyTypes = map[tensor.DType]npy.Type{
	tensor.Float16: npy.Float16, tensor.Float32: npy.Float32, tensor.Float64: npy.Float64, tensor.Bool: npy.Bool,
	tensor.Int8: npy.Int8, tensor.Int16: npy.Int16, tensor.Int32: npy.Int32, tensor.Int64: npy.Int64,
	tensor.UInt8: npy.UInt8, tensor.UInt16: npy.UInt16, tensor.UInt32: npy.UInt32, tensor.UInt64: npy.UInt64,
}

// arrayShape returns the shape of all samples in one array. A leading dimension of 1 is the sample's axis; otherwise samples get an axis of their own in front.
func (o *output) arrayShape() []int {
	shape := o.shape
	if len(shape) > 0 && shape[0] == 1 {
		shape = shape[1:]
	}
	return append([]int{len(o.values)}, shape...)
}

// writeArrays writes outputs as an archive.
func writeArrays(w io.Writer, outputs []output) error {
	archive := npy.NewWriter(w)
	for _, o := range outputs {
		t, ok := npyTypes[o.dtype]
		if !ok {
			return fmt.Errorf("output %q of type %v can't be written as an array", o.name, o.dtype)
		}
		part, err := archive.Create(o.name, t, o.arrayShape())
		if err != nil {
			return err
		}
		for _, v := range o.values {
			if _, err := part.Write(v); err != nil {
				return err
			}
		}
	}
	return archive.Close()
}
