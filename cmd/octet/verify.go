package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/report"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/verify"
)

// verifyFlags are the flags of `octet verify`.
type verifyFlags struct {
	data, signature, onBad string
	question               questionFlags
	workers                int
	coordinator            endpoint
	priority               string
	json                   bool
	report                 reportFlags
	source                 sourceFlags
}

// questionFlags say what is asked of a quantized model, and what it must hold to.
type questionFlags struct {
	labels, task, score string
	maxDrop, minSQNR    string
}

// taskNames are the values of --task.
var taskNames = []string{string(verify.Classify), string(verify.Segment), string(verify.Distance)}

func (q *questionFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&q.labels, "labels", "", "what is right for each sample: x.npy, x.npz?array=NAME, x.csv, a text file, or 'folders'")
	flags.StringVar(&q.task, "task", "", "what outputs are taken for: "+strings.Join(taskNames, ", ")+" (default: guessed from outputs and labels)")
	flags.StringVar(&q.score, "score", "", "the output that holds the answers (default: the first)")
	flags.StringVar(&q.maxDrop, "max-drop", "", "exit with status 4 if top-1 (or the mean IoU) falls by more than so many percentage points")
	flags.StringVar(&q.minSQNR, "min-sqnr", "", "exit with status 4 if an output's ratio of signal to error is below so many dB")
	complete(cmd, "task", taskNames...)
}

// valid returns an error if the flags are not what they may be, whatever the models.
func (q *questionFlags) valid() error {
	if q.task != "" && !slices.Contains(taskNames, q.task) {
		return usagef("--task: %q is none of %s", q.task, strings.Join(taskNames, ", "))
	}
	_, err := q.limits()
	return err
}

// limits reads the limits.
func (q *questionFlags) limits() (l verify.Limits, err error) {
	for _, f := range []struct {
		name, text string
		limit      **float64
	}{{"max-drop", q.maxDrop, &l.MaxDrop}, {"min-sqnr", q.minSQNR, &l.MinSQNR}} {
		if f.text == "" {
			continue
		}
		x, err := strconv.ParseFloat(f.text, 64)
		if err != nil || x-x != 0 {
			return l, usagef("--%s: %q is no number", f.name, f.text)
		}
		*f.limit = &x
	}
	return l, nil
}

// options adds the question to options of a comparison with a float model. manifest is that of the samples that labels are about. A limit that needs answers is refused where there are none.
func (q *questionFlags) options(opt *convert.VerifyOptions, float *convert.Float, manifest *dataset.Manifest) error {
	opt.Task, opt.Output = verify.Task(q.task), q.score
	var err error
	if q.labels != "" {
		if opt.Labels, err = dataset.ReadLabels(q.labels, manifest); err != nil {
			return &convert.Error{Kind: convert.BadInput, Err: err}
		}
	}
	asked, err := convert.Question(float, *opt)
	if err == nil && q.maxDrop != "" && asked.Task == verify.Distance {
		err = usagef("--max-drop: outputs hold no answers of which there could be fewer right ones: --min-sqnr limits the error, --task says what outputs are")
	}
	return err
}

// check returns an error if a result breaks a limit.
func (q *questionFlags) check(r *verify.Result) error {
	l, err := q.limits()
	if err != nil {
		return err
	}
	if err := r.Check(l); err != nil {
		return err
	}
	if len(r.Broken) > 0 {
		return &brokenError{r.Broken}
	}
	return nil
}

// brokenError says which limits a quantized model breaks.
type brokenError struct{ broken []verify.Broken }

func (e *brokenError) Error() string {
	var list []string
	for _, b := range e.broken {
		list = append(list, b.String())
	}
	return strings.Join(list, "; ")
}

func newVerify(s streams) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify FLOAT QUANTIZED --data SPEC",
		Short: "Measure how far a quantized model is from its float model",
		Long: `Run a quantized model and its float model over a dataset (see 'octet convert --help' for what
--data takes), and compare their outputs and all activations that both have.

FLOAT is what the model was converted from, QUANTIZED a .tflite file, of Octet or of others. Samples
are those of the float model: what the quantized one is fed and gives is quantized and dequantized.

Outputs and activations have a ratio of the signal to the error of quantization (SQNR, in dB), the cosine of
the angle between both models' values, the greatest error, and the share of values that saturate. An
operator's drop is how much worse the ratio of its result is than that of its worst operand.

If outputs hold answers (classes of samples, or of pixels), the two models' are compared, and with
--labels top-1 and top-5, or the mean IoU of masks:

  x.npy, x.npz?array=NAME   an array of integers, samples along axis 0
  x.csv                     lines of a picture's name and its class
  folders                   the folders that pictures lie in
  any other file            a class in each line, in the order of the samples

docs/verification.md says how everything is computed, and what --json holds.`,
		Example: `  octet verify model.tflite int8.tflite --data samples.npz
  octet verify saved_model/ int8.tflite --data 'photos?resize=224x224' --labels folders --max-drop 1`,
		Args: want("FLOAT", "QUANTIZED"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.data == "":
				return usagef("--data is required")
			case f.workers < 1:
				return usagef("--workers must be at least 1")
			case f.onBad != "fail" && f.onBad != "skip":
				return usagef("--on-bad-sample: %q is neither fail nor skip", f.onBad)
			case !isPriority(f.priority):
				return usagef("--priority %q: want %s", f.priority, strings.Join(priorities, ", "))
			}
			if err := f.question.valid(); err != nil {
				return err
			}
			if err := f.report.check(); err != nil {
				return err
			}
			f.report.command = commandLine(cmd, args)
			return verifyModel(cmd.Context(), s, args[0], args[1], &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "the dataset (required)")
	f.question.add(cmd)
	flags.StringVar(&f.signature, "signature", "", "the signature to run (default: the first)")
	flags.StringVar(&f.onBad, "on-bad-sample", "fail", "what a NaN or infinite sample does: fail, or skip")
	perCore(flags, &f.workers, "workers", "goroutines that compare, in this process")
	f.coordinator.add(cmd, "", "HOST:PORT of a cluster that does the work; of all its coordinators, HOST:PORT,..., if there are several")
	addPriority(cmd, &f.priority)
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	f.report.add(cmd)
	f.source.add(cmd)
	completeFile(cmd, "tflite", "pb", "keras", "h5", "hdf5")
	complete(cmd, "on-bad-sample", "fail", "skip")
	return cmd
}

// verifyModel compares two models, prints the result, and fails if it breaks a limit.
func verifyModel(ctx context.Context, s streams, float, quantized string, f *verifyFlags) error {
	f.source.signature = f.signature
	source, size, done, err := f.source.open(ctx, float)
	if err != nil {
		return err
	}
	defer done()
	if err := checkOutputs(f.report.paths, []string{float, quantized, f.question.labels, dataFile(f.data)}); err != nil {
		return err
	}
	model, err := convert.Load(source, true)
	if err != nil {
		return err
	}
	other := convert.Source{Name: quantized}
	if other.Data, err = f.source.objects.readFile(ctx, quantized); err != nil {
		return err
	}
	if !other.Flatbuffer() {
		return &convert.Error{Kind: convert.BadInput, Source: quantized, Err: fmt.Errorf("not a .tflite file"), Hint: "'octet convert' makes one"}
	}
	bar := newProgress(s.err)
	defer bar.close()
	result, err := f.compare(ctx, source, model, other, bar)
	if err != nil {
		return err
	}
	bar.close()
	broken := f.question.check(result)
	if len(f.report.paths) > 0 {
		facts := report.Facts{Result: report.File{Name: filepath.Base(quantized)}, Verification: result, Notes: model.Notes}
		if facts.Source, err = reportSource(float, source, size); err != nil {
			return err
		}
		if err := f.report.write(facts, model, other.Data, f.signature); err != nil {
			return err
		}
	}
	if f.json {
		err = writeJSON(s.out, result)
	} else {
		err = printVerification(s.out, result)
	}
	if err != nil {
		return err
	}
	return broken
}

// compare compares two models here or on a cluster.
func (f *verifyFlags) compare(ctx context.Context, source convert.Source, float *convert.Float, quantized convert.Source, bar *progress) (*verify.Result, error) {
	tmp, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	manifest, files, err := buildDataset(ctx, float, f.data, f.signature, tmp, &f.source.objects, bar)
	if err != nil {
		return nil, err
	}
	opt := convert.VerifyOptions{Signature: f.signature, SkipBad: f.onBad == "skip"}
	if err := f.question.options(&opt, float, manifest); err != nil {
		return nil, err
	}
	if f.coordinator.addr != "" {
		if !source.Flatbuffer() {
			source = convert.Source{Name: source.Name, Data: float.Bytes()}
		}
		return f.compareRemote(ctx, source, quantized, opt, manifest, files, bar)
	}
	reader, err := dataset.Open(ctx, manifest, files, f.source.objects.option())
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return convert.Verify(ctx, float, quantized, opt, manifest, &convert.Pool{Workers: f.workers, Samples: reader}, bar.samples)
}

// compareRemote compares two flatbuffers on a cluster.
func (f *verifyFlags) compareRemote(ctx context.Context, float, quantized convert.Source, opt convert.VerifyOptions, manifest *dataset.Manifest, files *store.Overlay, bar *progress) (*verify.Result, error) {
	c, err := f.coordinator.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	u := uploads{client: c, bar: bar}
	model := u.bytes(quantized.Data)
	spec := client.Spec{
		Source: u.bytes(float.Data), SourceName: filepath.Base(float.Name), Quantized: &model, QuantizedName: filepath.Base(quantized.Name),
		Signature: opt.Signature, SkipBad: opt.SkipBad, Verification: u.verification(opt), Priority: f.priority,
	}
	c.Waits = bar.turnedAway
	if spec.Dataset, err = u.dataset(ctx, manifest, files); err != nil {
		return nil, err
	}
	if err := u.send(ctx); err != nil {
		return nil, err
	}
	job, err := c.Create(ctx, rand.Text(), spec)
	if err != nil {
		return nil, err
	}
	if job, err = follow(ctx, c, job.ID, bar); err != nil {
		return nil, err
	}
	if job.Verified == nil {
		return nil, fmt.Errorf("job %s verified nothing", job.ID)
	}
	result := &verify.Result{}
	if err := downloadJSON(ctx, c, *job.Verified, result); err != nil {
		return nil, fmt.Errorf("verification of job %s: %w", job.ID, err)
	}
	return result, nil
}
