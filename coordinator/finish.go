package coordinator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/octetlite/octet/internal/failpoint"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
)

// work is a job whose shards of a phase are done, with what it is about.
type work struct {
	Record
	float    *convert.Float
	opt      convert.Options
	manifest *dataset.Manifest // nil without a dataset
	job      *convert.Job      // what was calibrated; nil if nothing was
	digests  [][]string        // of the shards' results, by phase
}

// finish merges the results of a job's phase and goes on: it quantizes the model by what was measured, or tries calibrators first; and it has what came out compared, or puts what
// was found into the job's record.
func (s *Server) finish(ctx context.Context, r Record, digests [][]string) (Event, error) {
	w := work{Record: r, digests: digests}
	var err error
	if w.float, w.opt, err = s.load(ctx, r); err != nil {
		return nil, err
	}
	if d := r.dataset(); d != nil {
		if w.manifest, err = s.manifest(ctx, d.Digest); err != nil {
			return nil, err
		}
	}
	if r.Spec.calibrates() {
		if w.job, err = convert.Plan(w.float, w.opt, w.manifest); err != nil {
			return nil, err
		}
	}
	phase := len(digests) - 1
	switch {
	case phase == 0 && w.opt.Auto:
		return s.try(ctx, &w)
	case phase == 0 || phase == 1 && w.opt.Auto:
		return s.quantize(ctx, &w)
	}
	return s.conclude(ctx, &w)
}

// quantize quantizes a job's model, unless the job has one, and puts what comes out into its record.
func (s *Server) quantize(ctx context.Context, w *work) (Event, error) {
	if w.Spec.Quantized != nil {
		s.amend(w.ID, func(r *Record) { r.Result = &Result{Model: *w.Spec.Quantized} })
		return s.compare(ctx, w, *w.Spec.Quantized)
	}
	var result Result
	var end ending
	stats, release, err := s.known(ctx, w)
	if err != nil {
		return nil, err
	}
	defer release()
	result.Stats = stats.blob
	if w.opt.Auto {
		var choice *convert.Choice
		if w.opt, choice, err = s.chosen(ctx, w, stats.Stats); err != nil {
			return nil, err
		}
		b, release, err := s.putJSON(ctx, choice)
		if err != nil {
			return nil, err
		}
		defer release()
		result.Choice, end.Calibrator = &b, choice.Calibrator
	}
	if err := s.vetEnd(ctx, w, stats.blob, end); err != nil {
		return nil, err
	}
	made, err := s.finished(ctx, w, stats.Stats)
	if err != nil {
		return nil, err
	}
	b, release, err := s.put(ctx, made.Bytes())
	if err != nil {
		return nil, err
	}
	defer release()
	result.Model = b
	if made.Report != nil {
		b, release, err := s.putJSON(ctx, made.Report)
		if err != nil {
			return nil, err
		}
		defer release()
		result.Report = &b
	}
	failpoint.Hit(failpoint.Merged)
	s.amend(w.ID, func(r *Record) { r.Result = &result })
	return s.compare(ctx, w, b)
}

// finished makes the model.
func (s *Server) finished(ctx context.Context, w *work, stats *calib.Stats) (_ *convert.Result, err error) {
	_, end := s.span(ctx, "quantize")
	defer end(&err)
	return convert.Finish(w.float, w.opt, stats)
}

// known is what a job's ranges come from, which is in the store.
type known struct {
	*calib.Stats       // nil if the job needs none
	blob         *Blob // likewise
}

// known returns a job's statistics. What was measured is kept even if the model can't be quantized so.
func (s *Server) known(ctx context.Context, w *work) (k known, release func(), err error) {
	if k.Stats, err = s.statistics(ctx, w); err != nil || k.Stats == nil {
		return k, func() {}, err
	}
	data, err := k.Encode()
	if err != nil {
		return k, nil, err
	}
	b, release, err := s.put(ctx, data)
	if err != nil {
		return k, nil, err
	}
	k.blob = &b
	if w.job != nil {
		s.amend(w.ID, func(r *Record) {
			from := ""
			if r.Measured != nil {
				from = r.Measured.From
			}
			r.Measured = &Measured{Key: w.job.Key(), Stats: b, From: from}
		})
	}
	return k, release, nil
}

// putJSON is put of a value's JSON.
func (s *Server) putJSON(ctx context.Context, v any) (Blob, func(), error) {
	data, err := json.Marshal(v)
	if err != nil {
		return Blob{}, nil, err
	}
	return s.put(ctx, data)
}

// statistics returns what a job's ranges come from: its shards' results merged, what is measured already, a file of ranges, or nothing.
func (s *Server) statistics(ctx context.Context, w *work) (_ *calib.Stats, err error) {
	ctx, end := s.span(ctx, "merge")
	defer end(&err)
	switch spec := &w.Spec; {
	case !convert.Scheme(spec.Scheme).Calibrated():
		return nil, nil
	case w.Measured != nil:
		return s.measured(ctx, w.job, w.Measured.Stats.Digest)
	case spec.Ranges != nil:
		data, err := s.read(ctx, cmp.Or(spec.RangesName, "ranges"), spec.Ranges.Digest, maxModel)
		if err != nil {
			return nil, err
		}
		return convert.Ranges(w.float, convert.Source{Name: spec.RangesName, Data: data})
	}
	plan, read := shard.Plan(w.job.Samples), func(r shard.Range, d store.Digest) (*calib.Stats, error) { return s.shardStats(ctx, w.Record, r, d) }
	if w.Spec.chunked() {
		all, err := chunksOf(w.manifest)
		if err != nil {
			return nil, err
		}
		plan, read = all.plan(w.job.Samples, 0), all.reader(w.Record, func(r Record, of shard.Range, d store.Digest) (*calib.Stats, error) {
			return s.shardStats(ctx, r, of, d)
		})
	}
	stats, err := folded(plan, w.digests[0], calib.Merge, read)
	if err != nil {
		return nil, err
	}
	if stats, err = shard.Merge([]*calib.Stats{stats}); err != nil {
		return nil, &convert.Error{Kind: convert.BadInput, Source: w.Spec.SourceName, Err: err}
	}
	return stats, nil
}

// mergeAtATime bounds the results in memory: there may be tens of thousands of shards.
const mergeAtATime = 64

// folded reads the results of a plan's shards and merges them in their order.
func folded[T any](plan []shard.Range, digests []string, merge func(...T) (T, error), read func(r shard.Range, d store.Digest) (T, error)) (all T, err error) {
	if len(plan) != len(digests) {
		return all, fmt.Errorf("%d results for %d shards", len(digests), len(plan))
	}
	var parts []T
	for i, d := range digests {
		part, err := read(plan[i], store.Digest(d))
		if err != nil {
			return all, fmt.Errorf("shard %d: %w", i, err)
		}
		parts = append(parts, part)
		if len(parts) == mergeAtATime || i == len(digests)-1 {
			if part, err = merge(parts...); err != nil {
				return all, err
			}
			parts = append(parts[:0], part)
		}
	}
	return parts[0], nil
}

// shardStats reads a shard's result, and checks that it is what was asked for: of the job's model and dataset, and of the shard's samples, each
// of which is counted or, where that is allowed, left out.
func (s *Server) shardStats(ctx context.Context, r Record, samples shard.Range, d store.Digest) (*calib.Stats, error) {
	data, err := s.read(ctx, "statistics", string(d), maxStats)
	if err != nil {
		return nil, err
	}
	stats, err := calib.Decode(data)
	if err != nil {
		return nil, err
	}
	switch {
	case stats.Kind != calib.True || stats.Model != r.Float.Digest || stats.Dataset != r.datasetDigest() || stats.Numerics != r.Numerics:
		return nil, fmt.Errorf("statistics %s of model %.12s, dataset %.12s, numerics %d: want %s of %.12s, %.12s, %d",
			stats.Kind, stats.Model, stats.Dataset, stats.Numerics, calib.True, r.Float.Digest, r.datasetDigest(), r.Numerics)
	case stats.Samples > uint64(samples.Len()) || int(stats.Samples)+len(stats.Skipped) != samples.Len():
		return nil, fmt.Errorf("statistics of %d samples and %d bad ones: want %d", stats.Samples, len(stats.Skipped), samples.Len())
	case stats.Spec != r.Spec.observed():
		return nil, fmt.Errorf("statistics that hold %v: want %v", stats.Spec, r.Spec.observed())
	case len(stats.Skipped) > 0 && !r.Spec.SkipBad:
		return nil, fmt.Errorf("statistics that leave out %d samples, which was not allowed", len(stats.Skipped))
	}
	last := samples.First - 1
	for _, k := range stats.Skipped {
		if k.Sample <= last || k.Sample >= samples.Last {
			return nil, fmt.Errorf("statistics that leave out sample %d behind %d: want samples of %d to %d, in order", k.Sample, last, samples.First, samples.Last-1)
		}
		last = k.Sample
	}
	for _, t := range stats.Tensors {
		if n := len(t.PerSample); n > 0 && (t.PerSample[0].Sample < samples.First || t.PerSample[n-1].Sample >= samples.Last) {
			return nil, fmt.Errorf("statistics of tensor %q in samples %d to %d: want samples of %d to %d",
				t.Name, t.PerSample[0].Sample, t.PerSample[n-1].Sample, samples.First, samples.Last-1)
		}
	}
	return stats, nil
}
