package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/tensor"
)

// streamData begins a --data that names a stream of the coordinator.
const streamData = "stream:"

func newSamples(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "samples",
		Short: "Look after streams of samples of a cluster",
		Long: `Look after streams of samples: datasets that come about while a job calibrates on them, as in a
training loop that pushes what it sees. The Go package client and docs/protocol.md say how programs do
that; 'octet samples push' does it with files. A job names a stream as its data:

  octet convert model.tflite -o int8.tflite --data stream:NAME --coordinator cluster:8470`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSamplesPush(s), newSamplesList(s), newSamplesDelete(s))
	return cmd
}

// pushFlags are the flags of samples push.
type pushFlags struct {
	data, signature string
	open, json      bool
	source          sourceFlags
	coordinator     endpoint
}

func newSamplesPush(s streams) *cobra.Command {
	var f pushFlags
	cmd := &cobra.Command{
		Use:   "push NAME MODEL --data DATA",
		Short: "Push samples to a stream, and finish it",
		Long: `Push the samples of a dataset, prepared for a model's inputs, to a stream of the coordinator. What
was pushed by an earlier call under the same name is not pushed again, so a call that was interrupted
can be repeated. The stream is finished at the end, and takes no more then, unless --open keeps it so.`,
		Example: `  octet samples push run-42 model.tflite --data samples.npz
  octet convert model.tflite -o int8.tflite --data stream:run-42 --coordinator 127.0.0.1:8470`,
		Args: want("NAME", "MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.data == "" || strings.HasPrefix(f.data, streamData) {
				return usagef("--data is required: the samples, as of octet convert")
			}
			return f.run(cmd.Context(), s, args[0], args[1])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "the samples, as of octet convert (required)")
	flags.StringVar(&f.signature, "signature", "", "the signature that they feed (default: the first)")
	flags.BoolVar(&f.open, "open", false, "leave the stream open for more")
	flags.BoolVar(&f.json, "json", false, "print what the coordinator says of the stream as JSON")
	f.coordinator.add(cmd, "127.0.0.1:8470", "HOST:PORT of the coordinator, or of all of them, HOST:PORT,...")
	f.source.add(cmd)
	return cmd
}

func (f *pushFlags) run(ctx context.Context, s streams, name, model string) error {
	f.source.signature = f.signature
	source, _, done, err := f.source.open(ctx, model)
	if err != nil {
		return err
	}
	defer done()
	float, err := load(source, convert.Options{Scheme: convert.None})
	if err != nil {
		return err
	}
	bar := newProgress(s.err)
	defer bar.close()
	tmp, err := tempDir()
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	manifest, files, err := buildDataset(ctx, float, f.data, f.signature, tmp, &f.source.objects, bar)
	if err != nil {
		return err
	}
	samples, err := dataset.Open(ctx, manifest, files, f.source.objects.option())
	if err != nil {
		return err
	}
	defer samples.Close()
	c, err := f.coordinator.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	info, err := f.push(ctx, c, name, samples, bar)
	if err != nil {
		return err
	}
	bar.close()
	if f.json {
		return writeJSON(s.out, info)
	}
	_, err = fmt.Fprintf(s.out, "%s: %d samples of %s, %s\n", info.ID, info.Samples, bytesText(info.SampleSize), streamState(info))
	return err
}

// push pushes what the stream does not have of the samples.
func (f *pushFlags) push(ctx context.Context, c *client.Client, name string, samples *dataset.Reader, bar *progress) (client.StreamInfo, error) {
	info, err := c.Stream(ctx, name)
	if err == nil && info.Dataset != nil {
		if info.Samples != samples.Len() {
			return info, fmt.Errorf("stream %s is finished, and has %d samples, not %d: choose another name, or delete it", name, info.Samples, samples.Len())
		}
		return info, nil // an earlier call came to its end
	}
	tensors, err := samples.Sample(0)
	if err != nil {
		return info, err
	}
	var inputs []dataset.Input
	for i, in := range samples.Inputs() {
		in.Shape = tensors[i].Shape // known, if the model's is not
		inputs = append(inputs, in)
	}
	stream, err := c.OpenStream(ctx, name, inputs)
	if err != nil {
		return info, err
	}
	defer stream.Close()
	total := samples.Len()
	for i := stream.Samples(); i < total; i++ {
		if err := samples.SampleInto(i, tensors); err != nil {
			return info, err
		}
		sample := map[string]*tensor.Tensor{}
		for k, in := range inputs {
			sample[in.Name] = tensors[k]
		}
		if err := stream.Push(ctx, sample); err != nil {
			return info, err
		}
		bar.show("pushing", int64(i+1), int64(total), "samples")
	}
	if err := stream.Flush(ctx); err != nil {
		return info, err
	}
	if !f.open {
		if _, err := stream.Finish(ctx); err != nil {
			return info, err
		}
	}
	return c.Stream(ctx, name)
}

func streamState(info client.StreamInfo) string {
	if info.Dataset != nil {
		return "finished"
	}
	return "open"
}

func newSamplesList(s streams) *cobra.Command {
	var asJSON bool
	cmd := jobCommand("list", "List streams of samples", cobra.NoArgs, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		all, err := c.Streams(cmd.Context())
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(s.out, append([]client.StreamInfo{}, all...)) // none are [], not null
		}
		w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tSTATE\tSAMPLES\tBYTES\tCREATED\tEXPIRES")
		for _, info := range all {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", info.ID, streamState(info), info.Samples, bytesText(int64(info.Samples)*info.SampleSize),
				info.Created.Local().Format(time.DateTime), info.Expires.Local().Format(time.DateTime))
		}
		return w.Flush()
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newSamplesDelete(s streams) *cobra.Command {
	return jobCommand("delete NAME...", "Delete streams of samples that no job reads", want("NAME…"), func(cmd *cobra.Command, c *client.Client, args []string) error {
		for _, name := range args {
			if err := c.DeleteStream(cmd.Context(), name); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(s.out, "deleted %s\n", name); err != nil {
				return err
			}
		}
		return nil
	})
}
