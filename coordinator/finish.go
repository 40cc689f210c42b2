package coordinator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
)

// finish merges a job's statistics, quantizes its model, and puts what comes out into its record.
func (s *Server) finish(ctx context.Context, r Record, digests []string) (Event, error) {
	f, opt, err := s.load(ctx, r)
	if err != nil {
		return nil, err
	}
	var job *convert.Job // what was calibrated
	if r.Spec.calibrates() {
		m, err := s.manifest(ctx, r.Spec.Dataset.Digest)
		if err != nil {
			return nil, err
		}
		if job, err = convert.Plan(f, opt, m); err != nil {
			return nil, err
		}
	}
	stats, err := s.statistics(ctx, r, f, job, digests)
	if err != nil {
		return nil, err
	}
	var result Result
	if stats != nil {
		data, err := stats.Encode()
		if err != nil {
			return nil, err
		}
		b, release, err := s.put(ctx, data)
		if err != nil {
			return nil, err
		}
		defer release()
		result.Stats = &b
		if job != nil { // what was measured is kept even if the model can't be quantized so
			s.amend(r.ID, func(r *Record) {
				from := ""
				if r.Measured != nil {
					from = r.Measured.From
				}
				r.Measured = &Measured{Key: job.Key(), Stats: b, From: from}
			})
		}
	}
	made, err := convert.Finish(f, opt, stats)
	if err != nil {
		return nil, err
	}
	b, release, err := s.put(ctx, made.Model.Bytes())
	if err != nil {
		return nil, err
	}
	defer release()
	result.Model = b
	if made.Report != nil {
		data, err := json.Marshal(made.Report)
		if err != nil {
			return nil, err
		}
		b, release, err := s.put(ctx, data)
		if err != nil {
			return nil, err
		}
		defer release()
		result.Report = &b
	}
	s.amend(r.ID, func(r *Record) { r.Result = &result })
	return Finished{Job: r.ID}, nil
}

// statistics returns what a job's ranges come from: its shards' results merged, what is measured already, a file of ranges, or nothing.
func (s *Server) statistics(ctx context.Context, r Record, f *convert.Float, job *convert.Job, digests []string) (*calib.Stats, error) {
	switch {
	case !convert.Scheme(r.Spec.Scheme).Calibrated():
		return nil, nil
	case r.Measured != nil:
		return s.measured(ctx, job, r.Measured.Stats.Digest)
	case r.Spec.Ranges != nil:
		data, err := s.read(ctx, cmp.Or(r.Spec.RangesName, "ranges"), r.Spec.Ranges.Digest, maxModel)
		if err != nil {
			return nil, err
		}
		return convert.Ranges(f, convert.Source{Name: r.Spec.RangesName, Data: data})
	}
	stats, err := s.merged(ctx, r, job, digests)
	if err != nil {
		return nil, err
	}
	if stats, err = shard.Merge([]*calib.Stats{stats}); err != nil {
		return nil, &convert.Error{Kind: convert.BadInput, Source: r.Spec.SourceName, Err: err}
	}
	return stats, nil
}

// mergeAtATime bounds the statistics in memory: there may be tens of thousands of shards.
const mergeAtATime = 64

// merged folds the results of a job's shards in their order.
func (s *Server) merged(ctx context.Context, r Record, job *convert.Job, digests []string) (*calib.Stats, error) {
	plan := shard.Plan(job.Samples)
	if len(plan) != len(digests) {
		return nil, fmt.Errorf("%d results for %d shards", len(digests), len(plan))
	}
	var parts []*calib.Stats
	for i, d := range digests {
		part, err := s.shardStats(ctx, r, plan[i], store.Digest(d))
		if err != nil {
			return nil, fmt.Errorf("shard %d: %w", i, err)
		}
		parts = append(parts, part)
		if len(parts) == mergeAtATime || i == len(digests)-1 {
			if part, err = calib.Merge(parts...); err != nil {
				return nil, err
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
	case stats.Kind != calib.True || stats.Model != r.Float.Digest || stats.Dataset != r.Spec.Dataset.Digest || stats.Numerics != r.Numerics:
		return nil, fmt.Errorf("statistics %s of model %.12s, dataset %.12s, numerics %d: want %s of %.12s, %.12s, %d",
			stats.Kind, stats.Model, stats.Dataset, stats.Numerics, calib.True, r.Float.Digest, r.Spec.Dataset.Digest, r.Numerics)
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
