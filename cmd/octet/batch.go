package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/zoo"
)

// batchFlags are the flags of `octet batch`.
type batchFlags struct {
	output      string
	only        []string
	schemes     []string
	defaults    [4]string // see batchDefaults
	jobs        int
	workers     int
	objects     objectFlags
	coordinator endpoint
	priority    string
	patience    time.Duration
	reports     []string
	cache       string
	noCache     bool
	again       bool
	dryRun      bool
	json        bool
	csv         string
}

// batchDefaults are flags that stand for keys of a zoo's defaults.
var batchDefaults = [...]struct{ name, usage string }{
	{"data", "the representative dataset, as of 'octet convert'; {dir}, {folder}, {stem} and {name} stand for parts of the model's path, and its name"},
	{"holdout", "the last samples, which calibration leaves to the comparison with the float model: a number, a percentage, or none (default: 10%)"},
	{"io", "type of quantized inputs and outputs: int8, uint8, int16 or float32"},
	{"calibrator", "how ranges are chosen, as of 'octet convert'"},
}

// The forms of --report.
var reportForms = []string{"json", "html", "none"}

func newBatch(s streams) *cobra.Command {
	var f batchFlags
	cmd := &cobra.Command{
		Use:   "batch ZOO.yaml|FOLDER -o OUT",
		Short: "Convert many models, each in several schemes",
		Long: `Convert many models, each in several schemes, here or on a cluster.

ZOO.yaml lists models, datasets and schemes ('octet batch init FOLDER' writes one to begin with, docs/batch.md says
what it may hold):

  version: 1
  datasets:
    photos: photos?resize=224x224&mean=127.5&std=127.5
  schemes:
    - float16
    - int8
    - {name: int8-mse, scheme: int8, calibrator: mse}
  models:
    - models/*.tflite
    - {path: saved/mobilenet, data: photos, keep-float: SOFTMAX}

A FOLDER stands for all models in it and below, and so does a prefix of a bucket, s3://BUCKET/PREFIX; --quantize and the
flags of samples say what becomes of them. Models of a ZOO.yaml may lie in buckets, too, by globs as elsewhere.

OUT gets NAME/SCHEME.tflite for each model in each scheme, a report beside it, batch.json with what became of all, and
the journal batch.jsonl. A run does only what the journal does not have: what was interrupted goes on where it was, a
second run does nothing, and a model that changed, or whose samples or options did, is converted again. All schemes of a
model share one calibration, equal models one conversion. What fails does not keep others from being made, and is tried again by
the next run.

The files are the same, byte for byte, as those of 'octet convert' with the same options.`,
		Example: `  octet batch zoo.yaml -o out
  octet batch zoo.yaml -o out --dry-run
  octet batch models/ -o out --quantize float16,int8 --data '{dir}/samples.npz'
  octet batch s3://zoo/models -o out --quantize int8 --data '{dir}/samples.npz'
  octet batch zoo.yaml -o out --coordinator cluster:8470 --jobs 8
  octet batch zoo.yaml -o out --json | jq -r '.items[] | select(.state == "failed") | .name + ": " + .error'`,
		Args: want("ZOO.yaml|FOLDER|s3://BUCKET/PREFIX"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd.Flags().Changed); err != nil {
				return err
			}
			return runBatch(cmd.Context(), s, args[0], &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "", "the folder of results (required)")
	flags.StringSliceVar(&f.schemes, "quantize", nil, "the schemes of models that list none, instead of the zoo's: "+strings.Join(convert.Schemes(), ", "))
	for i, d := range batchDefaults {
		flags.StringVar(&f.defaults[i], d.name, "", d.usage)
	}
	flags.StringSliceVar(&f.only, "only", nil, "convert only models whose names match, with * and ?; may be repeated")
	flags.IntVar(&f.jobs, "jobs", 0, "models that are converted at a time in this process, or jobs on a cluster (default: 2; 4 on a cluster)")
	perCore(flags, &f.workers, "workers", "goroutines that calibrate each model, in this process")
	f.objects.add(cmd)
	f.coordinator.add(cmd, "", "HOST:PORT of a cluster that does the work; of all its coordinators, HOST:PORT,..., if there are several")
	addPriority(cmd, &f.priority)
	flags.DurationVar(&f.patience, "patience", 5*time.Minute, "how long a coordinator that does not answer is waited for")
	flags.StringSliceVar(&f.reports, "report", []string{"json"}, "reports beside quantized models: json, html, both with a comma, or none")
	flags.StringVar(&f.cache, "cache", "", "the folder that keeps statistics of earlier runs (default: octet in the user's cache folder)")
	flags.BoolVar(&f.noCache, "no-cache", false, "measure ranges, and keep nothing, though an earlier run may have measured the same")
	flags.BoolVar(&f.again, "again", false, "convert everything, even if nothing has changed")
	flags.BoolVar(&f.dryRun, "dry-run", false, "show what would be done, and do nothing")
	flags.BoolVar(&f.json, "json", false, "print the table as JSON")
	flags.StringVar(&f.csv, "csv", "", "write the table to this file, as CSV")
	completeFile(cmd, "yaml", "yml")
	complete(cmd, "quantize", convert.Schemes()...)
	complete(cmd, "report", reportForms...)
	complete(cmd, "io", ioNames...)
	complete(cmd, "calibrator", calibrators...)
	cmd.AddCommand(newBatchInit(s))
	return cmd
}

// check checks the flags that say nothing about single models.
func (f *batchFlags) check(given func(flag string) bool) error {
	switch {
	case f.output == "":
		return usagef("-o OUT is required")
	case f.jobs < 0 || given("jobs") && f.jobs < 1:
		return usagef("--jobs must be at least 1")
	case f.workers < 1:
		return usagef("--workers must be at least 1")
	case f.cache != "" && f.noCache && given("cache") && given("no-cache"):
		return usagef("--cache and --no-cache exclude each other")
	case !isPriority(f.priority):
		return usagef("--priority %q: want %s", f.priority, strings.Join(priorities, ", "))
	case f.coordinator.addr == "" && given("priority"):
		return usagef("--priority is about jobs of a cluster: it needs --coordinator")
	case f.coordinator.addr == "" && given("patience"):
		return usagef("--patience is about --coordinator")
	case f.csv != "" && f.dryRun:
		return usagef("--csv is about what was done: leave --dry-run out")
	}
	for _, r := range f.reports {
		if !slices.Contains(reportForms, r) {
			return usagef("--report: %q is none of %s", r, strings.Join(reportForms, ", "))
		}
	}
	if slices.Contains(f.reports, "none") {
		f.reports = nil
	}
	for _, s := range f.schemes {
		if !slices.Contains(convert.Schemes(), s) {
			return usagef("--quantize: %q is none of %s", s, strings.Join(convert.Schemes(), ", "))
		}
	}
	if f.jobs == 0 {
		if f.jobs = 2; f.coordinator.addr != "" {
			f.jobs = 4
		}
	}
	return nil
}

// runBatch plans, does what is not done, and shows what became of it.
func runBatch(ctx context.Context, s streams, source string, f *batchFlags) error {
	start := time.Now()
	b := &batch{streams: s, flags: f, bar: newProgress(s.err)}
	b.bar.w = &lockedWriter{w: s.err}
	if f.again {
		b.nonce = "-" + rand.Text()
	}
	defer b.bar.close()
	if err := b.plan(ctx, source); err != nil {
		return err
	}
	release, err := b.openJournal()
	if err != nil {
		return err
	}
	defer release()
	done := b.bar.soon("looking at models and data")
	err = b.compareAll(ctx)
	done()
	if err != nil {
		return err
	}
	if f.dryRun {
		b.bar.close()
		return b.printPlan()
	}
	failed := b.convertAll(ctx)
	b.bar.close()
	if err := b.journalError(); err != nil {
		return err
	}
	table := b.table(time.Since(start))
	if err := b.writeTable(table); err != nil {
		return err
	}
	return errors.Join(failed, b.verdict(ctx, table))
}

// table returns what became of all items.
func (b *batch) table(took time.Duration) *zoo.Table {
	items := make([]zoo.Result, len(b.work))
	for i, w := range b.work {
		items[i] = w.result
	}
	return zoo.NewTable(version(), took.Seconds(), items)
}

// writeTable writes the table into the folder of results and as CSV, and prints it.
func (b *batch) writeTable(t *zoo.Table) error {
	err := createFile(filepath.Join(b.flags.output, tableName), func(w io.Writer) error { return writeJSON(w, t) })
	if err == nil && b.flags.csv != "" {
		err = createFile(b.flags.csv, t.WriteCSV)
	}
	switch {
	case err != nil:
		return err
	case b.flags.json:
		return writeJSON(b.streams.out, t)
	}
	return printTable(b.streams.out, t, b.flags.output)
}

// batchError is the end of a run of which not all succeeded.
type batchError struct {
	code int
	text string
}

func (e *batchError) Error() string { return e.text }

// verdict returns the error that the run ends with; nil if there is a result of every item.
func (b *batch) verdict(ctx context.Context, t *zoo.Table) error {
	n := t.Totals
	var text []string
	for _, c := range []struct {
		n    int
		what string
	}{{n.Failed, "failed"}, {n.Refused, "refused"}, {n.Broken, "beyond a limit"}} {
		if c.n > 0 {
			text = append(text, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	what := fmt.Sprintf("%d of %d results: %s", n.Failed+n.Refused+n.Broken, n.Items, strings.Join(text, ", "))
	switch {
	case ctx.Err() != nil:
		left := ""
		if k := b.left.Load(); k > 0 {
			left = fmt.Sprintf("; %d jobs go on in the cluster, and the same command finds them ('octet jobs cancel' ends them)", k)
		}
		return fmt.Errorf("%w: %d of %d results are there, and the same command goes on%s", errInterrupted, n.Items-n.Pending-n.Failed-n.Refused, n.Items, left)
	case n.Failed > 0:
		return &batchError{exitFailed, what}
	case n.Refused > 0:
		return &batchError{exitRefused, what}
	case n.Broken > 0:
		return &batchError{exitBroken, what}
	}
	return nil
}

// makeFolder makes the folder of a model's results.
func (b *batch) makeFolder(name string) error {
	if err := os.MkdirAll(filepath.Join(b.flags.output, filepath.FromSlash(name)), 0o777); err != nil {
		return fmt.Errorf("folder of results: %w", err)
	}
	return nil
}
