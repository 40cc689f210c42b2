package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/memo"
	"github.com/octetlite/octet/pkg/store"
)

// convertLocal runs a conversion in this process. It lets go of the source's content, of which the model holds what it needs.
func convertLocal(ctx context.Context, source *convert.Source, f *convertFlags, opt convert.Options, bar *progress) (*outcome, error) {
	float, err := load(*source, opt)
	if err != nil {
		return nil, err
	}
	source.Data = nil
	m := localModel{float: float}
	if f.calibrates(opt.Scheme) {
		if m.memo, err = openCache(f); err != nil {
			return nil, err
		}
	}
	named := m.memo != nil || f.stats != "" || f.verify || len(f.report.paths) > 0
	if f.data != "" {
		if m.data, err = openData(ctx, float, f, opt, named, bar); err != nil {
			return nil, err
		}
		defer m.data.close()
	}
	return m.convert(ctx, f, opt, bar)
}

// localModel is a model that is converted in this process, in one scheme or several.
type localModel struct {
	float  *convert.Float
	data   *localData              // nil if there are no samples
	memo   *memo.Folder            // nil if nothing is kept for other processes
	shared map[string]*calib.Stats // nil if nothing is kept for further conversions of the model
}

// convert makes one result. The data must be there if the flags name some.
func (m *localModel) convert(ctx context.Context, f *convertFlags, opt convert.Options, bar *progress) (*outcome, error) {
	float := m.float
	var asked convert.VerifyOptions
	var err error
	if f.verify { // what is wrong with the question shows before there is much work
		if asked, err = f.asked(opt, float, m.data.draft.Manifest()); err != nil {
			return nil, err
		}
	}
	var stats *calib.Stats
	var choice *convert.Choice
	var runner remembering
	switch {
	case f.ranges != "":
		text, err := f.source.objects.readFile(ctx, f.ranges)
		if err != nil {
			return nil, err
		}
		if stats, err = convert.Ranges(float, convert.Source{Name: f.ranges, Data: text}); err != nil {
			return nil, err
		}
	case f.calibrates(opt.Scheme):
		runner.Runner, runner.data, runner.named, runner.memo, runner.shared = m.data.pool, m.data.draft, m.data.named, m.memo, m.shared
		reclaim(float)
		float.Bytes() // takes the place of what was imported
		reclaim(float)
		if stats, err = convert.Calibrate(ctx, float, opt, m.data.draft.Manifest(), &runner, bar.samples); err != nil {
			return nil, err
		}
		reclaim(float)
		if opt.Auto {
			if opt, choice, err = convert.Choose(ctx, float, opt, stats, m.data.pool, m.data.draft.Manifest().Len(), bar.samples); err != nil {
				return nil, err
			}
		}
	}
	if f.verify || len(f.report.paths) > 0 || m.shared != nil {
		float.Bytes() // is needed later, when it would take more
	}
	res, err := convert.Finish(float, opt, stats)
	if err != nil {
		return nil, err
	}
	out := &outcome{model: res.Model, bytes: res.Bytes, float: float, summary: newSummary(f, opt, res.Report)}
	out.summary.Notes, out.summary.Choice = slices.Clone(float.Notes), choice
	if f.data != "" {
		out.summary.Notes = append(out.summary.Notes, notes(float, opt.Signature, m.data.draft.Manifest())...)
	}
	switch {
	case runner.again:
		out.summary.StatsFrom = fromShared
	case runner.recall:
		out.summary.StatsFrom = fromCache
	}
	if runner.err != nil && f.cache != "" {
		out.summary.Notes = append(out.summary.Notes, fmt.Sprintf("the statistics could not be kept: %v", runner.err))
	}
	if res.Stats != nil {
		if out.stats, err = res.Stats.Encode(); err != nil {
			return nil, err
		}
		out.summary.setStats(res.Stats, float.Model, opt.Signature)
	}
	if f.verify {
		manifest, err := m.data.draft.Wait()
		if err != nil {
			return nil, badData(err)
		}
		quantized := convert.Source{Name: f.output, Data: res.Bytes()}
		if out.summary.Verification, err = convert.Verify(ctx, float, quantized, asked, manifest, m.data.pool, bar.samples); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// localData are samples in this process.
type localData struct {
	folder string
	named  bool // the draft will have a digest
	draft  *dataset.Draft
	reader *dataset.Reader
	pool   *convert.Pool
}

// openData binds --data to the model's inputs; named says that somebody asks for the dataset's digest. close must be called if there is no error.
func openData(ctx context.Context, float *convert.Float, f *convertFlags, opt convert.Options, named bool, bar *progress) (_ *localData, err error) {
	folder, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(folder)
		}
	}()
	d := &localData{folder: folder, named: named}
	var options []dataset.Option
	if !named {
		options = append(options, dataset.Unnamed())
	}
	var files *store.Overlay
	if d.draft, files, err = beginDataset(ctx, float, f.data, opt.Signature, d.folder, &f.source.objects, bar, options...); err != nil {
		return nil, err
	}
	if d.reader, err = dataset.Open(ctx, d.draft.Manifest(), files, f.source.objects.option()); err != nil {
		return nil, err
	}
	d.pool = &convert.Pool{Workers: f.workers, Samples: d.reader}
	return d, nil
}

// asked returns how the quantized model is compared with the float one, over which samples of a dataset.
func (f *convertFlags) asked(opt convert.Options, float *convert.Float, manifest *dataset.Manifest) (o convert.VerifyOptions, err error) {
	o.Signature, o.SkipBad = opt.Signature, opt.SkipBad
	switch {
	case manifest != nil:
	case opt.Holdout.Percent > 0:
		return o, usagef("the stream is open, and how many samples it will have is not known: say how many of the last ones --verify gets, --holdout N")
	case f.question.labels != "":
		return o, usagef("--labels belong to samples that are all there: finish the stream first")
	default:
		o.Samples.Last = opt.Holdout.Samples // of which the number matters
		return o, f.question.options(&o, float, nil)
	}
	if opt.Holdout != (convert.Holdout{}) {
		if o.Samples, err = opt.Holdout.Of(manifest.Len()); err != nil {
			return o, err
		}
	}
	return o, f.question.options(&o, float, manifest)
}

func (d *localData) close() {
	_ = d.reader.Close()
	_ = os.RemoveAll(d.folder)
}
