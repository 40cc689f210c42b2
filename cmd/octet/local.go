package main

import (
	"context"
	"fmt"
	"os"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/verify"
)

// convertLocal runs a conversion in this process.
func convertLocal(ctx context.Context, source convert.Source, f *convertFlags, opt convert.Options, bar *progress) (*outcome, error) {
	float, err := load(source, opt)
	if err != nil {
		return nil, err
	}
	var data localData
	if f.data != "" {
		if err := data.open(ctx, float, f, opt, bar); err != nil {
			return nil, err
		}
		defer data.close()
	}
	var stats *calib.Stats
	var choice *convert.Choice
	var runner remembering
	switch {
	case f.ranges != "":
		text, err := os.ReadFile(f.ranges)
		if err != nil {
			return nil, err
		}
		if stats, err = convert.Ranges(float, convert.Source{Name: f.ranges, Data: text}); err != nil {
			return nil, err
		}
	case f.calibrates(opt.Scheme):
		runner.Runner = data.pool
		if runner.memo, err = openCache(f); err != nil {
			return nil, err
		}
		reclaim(float)
		float.Bytes() // takes the place of what was imported
		reclaim(float)
		if stats, err = convert.Calibrate(ctx, float, opt, data.manifest, &runner, bar.samples); err != nil {
			return nil, err
		}
		reclaim(float)
		if opt.Auto {
			if opt, choice, err = convert.Choose(ctx, float, opt, stats, data.pool, data.manifest.Len(), bar.samples); err != nil {
				return nil, err
			}
		}
	}
	res, err := convert.Finish(float, opt, stats)
	if err != nil {
		return nil, err
	}
	out := &outcome{model: res.Model, bytes: res.Model.Bytes, float: float, summary: newSummary(f, opt, res.Report)}
	out.summary.Notes, out.summary.Choice = float.Notes, choice
	if f.data != "" {
		out.summary.Notes = append(out.summary.Notes, notes(float, opt.Signature)...)
	}
	if runner.recall {
		out.summary.StatsFrom = fromCache
	}
	if runner.err != nil && f.cache != "" {
		out.summary.Notes = append(out.summary.Notes, fmt.Sprintf("the statistics could not be kept: %v", runner.err))
	}
	if res.Stats != nil {
		if out.stats, err = res.Stats.Encode(); err != nil {
			return nil, err
		}
		out.summary.setStats(res.Stats)
	}
	if f.verify {
		if out.summary.Verification, err = data.verify(ctx, float, res, f.output, bar); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// localData are the samples of a conversion in this process.
type localData struct {
	folder   string
	manifest *dataset.Manifest
	reader   *dataset.Reader
	pool     *convert.Pool
	asked    convert.VerifyOptions // with --verify
}

// open binds --data to the model's inputs. close must be called if there is no error.
func (d *localData) open(ctx context.Context, float *convert.Float, f *convertFlags, opt convert.Options, bar *progress) (err error) {
	if d.folder, err = tempDir("octet-"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(d.folder)
		}
	}()
	var files *store.Overlay
	if d.manifest, files, err = buildDataset(ctx, float, f.data, opt.Signature, d.folder, bar); err != nil {
		return err
	}
	if d.reader, err = dataset.Open(ctx, d.manifest, files); err != nil {
		return err
	}
	d.pool = &convert.Pool{Workers: f.workers, Samples: d.reader}
	if f.verify {
		d.asked, err = f.asked(opt, float, d.manifest)
	}
	return err
}

// asked returns how the quantized model is compared with the float one, over which samples of a dataset.
func (f *convertFlags) asked(opt convert.Options, float *convert.Float, manifest *dataset.Manifest) (o convert.VerifyOptions, err error) {
	o.Signature, o.SkipBad = opt.Signature, opt.SkipBad
	if opt.Holdout != (convert.Holdout{}) {
		if o.Samples, err = opt.Holdout.Of(manifest.Len()); err != nil {
			return o, err
		}
	}
	return o, f.question.options(&o, float, manifest)
}

// verify compares what came out with the float model.
func (d *localData) verify(ctx context.Context, float *convert.Float, res *convert.Result, output string, bar *progress) (*verify.Result, error) {
	return convert.Verify(ctx, float, convert.Source{Name: output, Data: res.Model.Bytes()}, d.asked, d.manifest, d.pool, bar.samples)
}

func (d *localData) close() {
	_ = d.reader.Close()
	_ = os.RemoveAll(d.folder)
}
