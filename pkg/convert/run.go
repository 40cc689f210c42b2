package convert

import (
	"context"
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// Result is what a conversion made.
type Result struct {
	Model  *tflite.File     // the flatbuffer
	Stats  *calib.Stats     // what the ranges came from; nil if nothing was calibrated
	Report *quantize.Report // nil if nothing was quantized
	Notes  []string

	bytes func() []byte
}

// Bytes returns Model in one piece, in which the constants that are its alone are from then on, so that nothing large is there twice.
func (r *Result) Bytes() []byte { return r.bytes() }

// Plan checks that a dataset fits the model, and returns the job that calibrates it.
func Plan(f *Float, opt Options, data *dataset.Manifest) (*Job, error) {
	digest, err := fits(f, opt.Signature, data)
	if err != nil {
		return nil, err
	}
	samples, _, err := opt.parts(data.Len())
	if err != nil {
		return nil, err
	}
	return &Job{Model: f.Bytes(), Digest: f.Digest, Signature: opt.Signature, Dataset: digest, Samples: samples, SkipBad: opt.SkipBad, Observe: opt.Observed()}, nil
}

// names checks that what the options and the recipe name is there.
func (o Options) names(f *Float) error {
	if err := quantize.CheckKept(f.Model, o.Quantize.KeepFloat); err != nil {
		return &Error{Kind: BadInput, Source: f.Source, Err: fmt.Errorf("keep float: %w", err), Hint: inspectNames}
	}
	if o.recipe == nil {
		return nil
	}
	_, err := o.Plan(f)
	return err
}

// fits checks that a dataset fits a signature of the model, and returns the dataset's digest.
func fits(f *Float, signature string, data *dataset.Manifest) (string, error) {
	inputs, err := f.Inputs(signature)
	if err != nil {
		return "", err
	}
	if err := data.Feeds(inputs); err != nil {
		return "", &Error{Kind: BadInput, Source: f.Source, Err: err}
	}
	digest, err := data.Digest()
	if err != nil {
		return "", &Error{Kind: BadInput, Source: f.Source, Err: err}
	}
	return digest, nil
}

// Calibrate plans a job over a dataset, has it run, and merges.
func Calibrate(ctx context.Context, f *Float, opt Options, data *dataset.Manifest, runner Runner, progress func(Progress)) (*calib.Stats, error) {
	job, err := Plan(f, opt, data)
	if err != nil {
		return nil, err
	}
	parts, err := runner.Calibrate(ctx, job, progress)
	if err != nil {
		if isCancel(err) || KindOf(err) != "" {
			return nil, err
		}
		return nil, f.sized(unsupported(f.Source, err))
	}
	stats, err := shard.Merge(parts)
	if err != nil {
		return nil, &Error{Kind: BadInput, Source: f.Source, Err: err}
	}
	return stats, nil
}

// Finish quantizes the float model, by statistics if its scheme needs them, and writes it; with Scheme None it writes the float model.
func Finish(f *Float, opt Options, stats *calib.Stats) (res *Result, err error) {
	defer recovered(f.Source, &err)
	if opt.Scheme == None {
		return &Result{Model: f.File, Notes: f.Notes, bytes: f.Bytes}, nil
	}
	if !opt.Scheme.Calibrated() {
		stats = nil
	}
	if err := opt.names(f); err != nil {
		return nil, err
	}
	m, report, err := quantizeModel(f, opt, stats)
	if err != nil {
		return nil, err
	}
	f.lend(m)
	file, err := tflite.NewFile(m)
	if err != nil {
		return nil, &Error{Kind: Internal, Source: f.Source, Err: err}
	}
	return &Result{Model: file, Stats: stats, Report: report, Notes: f.Notes, bytes: func() []byte { return file.Join(m) }}, nil
}

// lend sees to it that neither model gives back the memory of constants that a quantized one has from the float one.
func (f *Float) lend(quantized *ir.Model) {
	own := map[*tensor.Tensor]bool{}
	for _, g := range f.Model.Graphs {
		for _, v := range g.Values {
			own[v.Const] = v.Const != nil
		}
	}
	for _, g := range quantized.Graphs {
		for _, v := range g.Values {
			if own[v.Const] {
				lent := *v.Const
				lent.Own, v.Const = false, &lent
			}
		}
	}
	f.lent.Store(true)
}

// recovered turns a panic of the quantizer into an error.
func recovered(source string, err *error) {
	if r := recover(); r != nil {
		*err = &Error{Kind: Internal, Source: source, Err: fmt.Errorf("quantize: %v", r), Hint: "please report this, with the model if you can"}
	}
}

// quantizeModel quantizes the float model, by statistics if they are not nil.
func quantizeModel(f *Float, opt Options, stats *calib.Stats) (m *ir.Model, report *quantize.Report, err error) {
	defer recovered(f.Source, &err)
	ranges := stats
	if stats != nil && stats.Model != f.Digest() {
		return nil, nil, &Error{Kind: BadInput, Source: f.Source, Err: fmt.Errorf("the statistics are of another model: %.12s, this one is %.12s", stats.Model, f.Digest()),
			Hint: "calibrate this model, or give the source that the statistics were made from"}
	}
	if stats != nil {
		if ranges, err = opt.Calibrator.Apply(stats, opt.Scheme.integers()); err != nil {
			return nil, nil, &Error{Kind: BadInput, Source: f.Source, Err: err, Hint: "calibrate with --data and the same --calibrator, or with --observe and what it needs"}
		}
	}
	how := opt.quantize()
	var notes []string
	if opt.recipe != nil {
		plan, err := opt.Plan(f)
		if err != nil {
			return nil, nil, err
		}
		plan.Apply(&how)
		notes = plan.Notes
	}
	m, report, err = quantize.Run(f.Model, ranges, how)
	var strict *quantize.StrictError
	switch {
	case errors.As(err, &strict):
		return nil, nil, &Error{Kind: Refused, Source: f.Source, Err: err, Hint: "without --strict these operators stay float; it lets those pass that --keep-float names"}
	case err != nil:
		return nil, nil, &Error{Kind: BadInput, Source: f.Source, Err: err}
	}
	if err := ir.Verify(m, op.Set); err != nil {
		return nil, nil, &Error{Kind: Internal, Source: f.Source, Err: fmt.Errorf("after quantization: %w", err)}
	}
	report.Notes = append(report.Notes, notes...)
	return m, report, nil
}

func isCancel(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Feeds checks that samples of the given inputs fit a model, of whose dataset no more is known yet.
func Feeds(f *Float, opt Options, inputs []dataset.Input) error {
	want, err := f.Inputs(opt.Signature)
	if err != nil {
		return err
	}
	if err := dataset.StreamFeeds(inputs, want); err != nil {
		return &Error{Kind: BadInput, Source: f.Source, Err: err}
	}
	return nil
}
