package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/tensor"
)

// runner runs one signature of a model.
type runner struct {
	model   *ir.Model
	program *exec.Program
	inputs  []dataset.Input
	names   []string // of the outputs, in the graph's order

	sequence bool         // samples are the steps of one
	length   int          // of sequences, of which there may be several; 0 if there is one
	border   *exec.Border // set if the user feeds and gets real numbers
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

// session returns the memory of runs of samples, one after the other.
func (r *runner) session() *exec.Session {
	s := r.program.NewSession()
	if r.sequence {
		s.Carry()
	}
	return s
}

// begin lets a session begin a sequence where sample i does.
func (r *runner) begin(session *exec.Session, i int) {
	if r.length > 0 && i%r.length == 0 {
		session.Carry()
	}
}

// sample runs a session on a sample.
func (r *runner) sample(session *exec.Session, in []*tensor.Tensor) ([]*tensor.Tensor, error) {
	out, err := session.Run(r.fed(in), nil)
	if err != nil || r.border == nil {
		return out, err
	}
	return r.border.Out(out), nil
}

// fed returns a sample as the program takes it.
func (r *runner) fed(in []*tensor.Tensor) []*tensor.Tensor {
	if r.border == nil {
		return in
	}
	return r.border.In(in)
}

// newRunner compiles a signature of a model, in which it replaces operators that can't be executed under their own name.
func newRunner(path string, m *ir.Model, signature string) (*runner, error) {
	sig, err := shard.Signature(m, signature)
	if err != nil {
		return nil, &convert.Error{Kind: convert.BadInput, Source: path, Err: err}
	}
	if err := pass.Run(m, pass.Executable); err != nil {
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
	r := &runner{model: m, program: program, inputs: shard.Inputs(m, sig)}
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

// run computes the outputs of n samples, several at a time, but one after the other if they are a sequence.
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
	if r.sequence {
		workers = 1
	}
	for range workers {
		group.Go(func() {
			session := r.session()
			for i := range next {
				in, err := sample(i)
				var out []*tensor.Tensor
				if err == nil {
					r.begin(session, i)
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
