package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

type runFlags struct {
	data, output, signature string
	float, sequence         bool
	workers                 int
	profile                 bool
	repeat                  int
	dump                    string
	dumpSamples             int
	json                    bool
	source                  sourceFlags
}

func newRun(s streams) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run MODEL --data SPEC [-o OUT.npz] [--dump FILE.npz] [--profile]",
		Short: "Run a model over a dataset, time its operators, or write all that it computes",
		Long: `Run a model over a dataset (see 'octet convert --help' for what --data takes).

MODEL is a .tflite file, float or quantized in any way, or what 'octet convert' converts to one.

A quantized model takes and gives integers. With --float it takes the samples that its float model takes,
and gives numbers that compare with that model's.

A model with a state, such as a keyword spotter for streams, begins each sample with its first state, so that
samples may run side by side. With --sequence they are the steps of one sequence, as successive calls of
LiteRT's interpreter are: each goes on with the state that the one before left. With ?sequence=N behind the
data's name they are several of N steps each.

-o writes the outputs as arrays of a .npz file: named as the signature names them, samples along axis 0.

--dump writes all activations of the first sample (or of --dump-samples N): the inputs and the results of
every operator, also in bodies of control flow each time that they run. An array has its tensor's name; one
more of that name ends in "~GRAPH.TENSOR" (positions in the file), what is computed anew in the same run in
"#2", "#3" and so on, and from the second sample on names begin with "sample1/". With --float integers
are dequantized; without it "NAME:scale" and "NAME:zero_point" lie beside them.

--profile runs samples one after another in one goroutine, and tells where the time goes: a node's time in a
run is that of all its calls, without what it calls, and the median over all runs is taken. A first run,
which prepares what it needs, is not counted. Without -o and --dump nothing else is done.`,
		Example: `  octet run model.tflite --data samples.npz -o outputs.npz
  octet run int8.tflite --float --data samples.npz -o int8_outputs.npz
  octet run streaming.tflite --sequence --data frames.npz -o outputs.npz
  octet run int8.tflite --float --data samples.npz --profile --repeat 20
  octet run int8.tflite --float --data samples.npz --dump tensors.npz`,
		Args: want("MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.data == "":
				return usagef("--data is required")
			case f.output == "" && f.dump == "" && !f.profile:
				return usagef("there is nothing to do: -o OUT.npz, --dump FILE.npz or --profile is required")
			case f.workers < 1:
				return usagef("--workers must be at least 1")
			case f.repeat < 1:
				return usagef("--repeat must be at least 1")
			case f.dumpSamples < 1:
				return usagef("--dump-samples must be at least 1")
			case cmd.Flags().Changed("repeat") && !f.profile:
				return usagef("--repeat is about --profile")
			case cmd.Flags().Changed("dump-samples") && f.dump == "":
				return usagef("--dump-samples is about --dump")
			}
			return runModel(cmd.Context(), s, args[0], &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "the dataset (required)")
	flags.StringVarP(&f.output, "output", "o", "", "the .npz file of outputs to write")
	flags.StringVar(&f.signature, "signature", "", "the signature to run (default: the first)")
	flags.BoolVar(&f.float, "float", false, "quantize what a quantized model is fed, and dequantize what it gives")
	flags.BoolVar(&f.sequence, "sequence", false, "samples are the steps of one sequence: keep the model's state from each to the next")
	perCore(flags, &f.workers, "workers", "samples to run at a time")
	flags.BoolVar(&f.profile, "profile", false, "tell how long each operator takes")
	flags.IntVar(&f.repeat, "repeat", 1, "how often --profile runs each sample")
	flags.StringVar(&f.dump, "dump", "", "the .npz file of all activations to write")
	flags.IntVar(&f.dumpSamples, "dump-samples", 1, "how many samples --dump writes, from the first")
	flags.BoolVar(&f.json, "json", false, "print what was done as JSON")
	f.source.add(cmd)
	completeFile(cmd, "tflite", "pb", "keras", "h5", "hdf5")
	return cmd
}

// ran is what `octet run` tells.
type ran struct {
	Samples int         `json:"samples"` // of the dataset
	Outputs []ranOutput `json:"outputs,omitempty"`
	Dump    *dumped     `json:"dump,omitempty"`
	Profile *profile    `json:"profile,omitempty"`
}

// ranOutput is an array of the outputs' file.
type ranOutput struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Shape []int  `json:"shape"`
}

func runModel(ctx context.Context, s streams, path string, f *runFlags) error {
	f.source.signature = f.signature
	source, _, done, err := f.source.open(ctx, path)
	if err != nil {
		return err
	}
	defer done()
	if err := checkOutputs([]string{f.output, f.dump}, []string{path, dataFile(f.data)}); err != nil {
		return err
	}
	m, err := convert.Decode(source)
	if err != nil {
		return err
	}
	tmp, err := tempDir()
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
	draft, err := dataset.Begin(ctx, f.data, r.inputs, files, f.source.objects.option(), dataset.Unnamed())
	read()
	if err != nil {
		if _, ok := errors.AsType[*dataset.TypeError](err); ok && r.takesIntegers() {
			return fmt.Errorf("%w (--float quantizes what the model is fed)", err)
		}
		return err
	}
	manifest := draft.Manifest()
	samples, err := dataset.Open(ctx, manifest, files, f.source.objects.option())
	if err != nil {
		return err
	}
	defer samples.Close()
	if r.sequence = f.sequence; !r.sequence && samples.Sequence() > 0 {
		r.sequence, r.length = true, samples.Sequence()
	}
	result := ran{Samples: manifest.Len()}
	if f.output != "" {
		if result.Outputs, err = f.writeOutputs(ctx, r, samples, draft, bar); err != nil {
			return err
		}
	}
	if _, err := draft.Wait(); err != nil {
		return err
	}
	if f.dump != "" {
		if result.Dump, err = f.writeDump(ctx, r, samples, min(f.dumpSamples, manifest.Len()), bar); err != nil {
			return err
		}
	}
	if f.profile {
		if result.Profile, err = takeProfile(ctx, r, samples, manifest.Len(), f.repeat, bar); err != nil {
			return err
		}
	}
	bar.close()
	if f.json {
		return writeJSON(s.out, result)
	}
	return f.print(s.out, &result)
}

// writeOutputs runs all samples and writes what the model gives.
func (f *runFlags) writeOutputs(ctx context.Context, r *runner, samples *dataset.Reader, draft *dataset.Draft, bar *progress) ([]ranOutput, error) {
	n := draft.Manifest().Len()
	outputs, err := r.run(ctx, samples.Sample, n, f.workers, func(done int) {
		bar.show("run", int64(done), int64(n), "samples")
	})
	if _, damaged := draft.Wait(); damaged != nil {
		return nil, damaged // what ran is nothing
	}
	if err != nil {
		return nil, err
	}
	list := make([]ranOutput, len(outputs))
	for i, o := range outputs {
		list[i] = ranOutput{o.name, o.dtype.String(), o.arrayShape()}
	}
	return list, createFile(f.output, func(w io.Writer) error { return writeArrays(w, outputs) })
}

// print says what was done.
func (f *runFlags) print(w io.Writer, r *ran) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if f.output != "" {
		fmt.Fprintf(w, "%s: %s\n", f.output, countSamples(r.Samples))
		for _, o := range r.Outputs {
			fmt.Fprintf(t, "%s\t%s%v\n", o.Name, o.Type, tensor.Shape(o.Shape))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if d := r.Dump; d != nil {
		fmt.Fprintf(w, "%s: %d arrays of %s\n", f.dump, d.Arrays, countSamples(d.Samples))
		for _, o := range d.LeftOut {
			fmt.Fprintf(w, "left out: %q, which is %s\n", o.Name, o.Type)
		}
	}
	if r.Profile == nil {
		return nil
	}
	r.Profile.print(t)
	return t.Flush()
}
