package coordinator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
)

// journalTimeout bounds one write to the journal.
const journalTimeout = 10 * time.Second

// carryOut starts what an effect asks for. The caller holds the lock.
func (s *Server) carryOut(now time.Time, f Effect) {
	switch f := f.(type) {
	case Prepare:
		s.start(func(ctx context.Context) { s.post(s.prepare(ctx, f.Job)) })
	case Start:
		s.startAttempt(f)
	case Stop:
		if cancel := s.attempts[attemptKey{f.Job, f.Shard, f.Attempt}]; cancel != nil {
			cancel()
		}
	case Accept:
		s.start(func(ctx context.Context) { s.post(s.accept(ctx, f)) })
	case Finish:
		s.start(func(ctx context.Context) { s.post(s.finish(ctx, f)) })
	case Save:
		r := s.records[f.Job]
		r.State = f.State
		if f.State == Failed {
			r.Error = &f.Error
		}
		if f.State.Final() {
			r.Ended = now.UTC()
		}
		s.saves = append(s.saves, *r)
		select {
		case s.saveReady <- struct{}{}:
		default:
		}
		s.log.Info("job_state", zap.String("job", f.Job), zap.String("state", string(f.State)), zap.String("error", f.Error.Message))
	case Alarm:
		s.log.Error("results_differ", zap.String("job", f.Job), zap.Int("shard", f.Shard), zap.String("have", f.Have), zap.String("got", f.Got))
	}
}

// record returns a copy of a job's record.
func (s *Server) record(id string) Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.records[id]
}

// prepare reads a job's model and dataset and plans its shards.
func (s *Server) prepare(ctx context.Context, id string) Event {
	select {
	case s.prepares <- struct{}{}:
		defer func() { <-s.prepares }()
	case <-ctx.Done():
		return Tick{}
	}
	r := s.record(id)
	fail := func(f Failure) Event { return s.failedUnlessStopping(ctx, id, f) }
	if r.Numerics != numerics.Version {
		return fail(Failure{Unavailable, fmt.Sprintf("the job was begun under numerics version %d, this coordinator has %d: create it again", r.Numerics, numerics.Version)})
	}
	accepted, err := s.journal.Accepted(ctx, id)
	if err != nil {
		return fail(failureOf(err))
	}
	f, err := s.load(ctx, r)
	if err != nil {
		return fail(failureOf(err))
	}
	model, err := store.PutBytes(ctx, s.folder, f.Bytes)
	if err != nil {
		return fail(failureOf(err))
	}
	refs := []string{string(model)}
	var plan []shard.Range
	if r.Spec.Dataset != nil && r.Spec.Options.Scheme != convert.None {
		m, err := s.manifest(ctx, r)
		if err != nil {
			return fail(failureOf(err))
		}
		if _, err := convert.Plan(f, r.Spec.Options, m); err != nil {
			return fail(failureOf(err))
		}
		for _, b := range m.Refs() {
			refs = append(refs, string(b.Digest))
		}
		plan = shard.Plan(m.Len())
	}
	s.mu.Lock()
	s.records[id].Refs = refs
	s.records[id].Float = Blob{string(model), int64(len(f.Bytes))}
	s.mu.Unlock()
	return Prepared{Job: id, Numerics: r.Numerics, Plan: plan, Accepted: accepted}
}

func (s *Server) failedUnlessStopping(ctx context.Context, id string, f Failure) Event {
	if ctx.Err() != nil {
		return Tick{} // the journal has the job; the next coordinator takes it up
	}
	return JobFailed{Job: id, Error: f}
}

// load reads a job's source.
func (s *Server) load(ctx context.Context, r Record) (*convert.Float, error) {
	data, err := store.ReadAll(ctx, s.folder, store.Digest(r.Spec.Source.Digest))
	if err != nil {
		return nil, err
	}
	return convert.Load(convert.Source{Name: r.Spec.SourceName, Data: data}, r.Spec.Options.Folding())
}

// manifest reads a job's dataset.
func (s *Server) manifest(ctx context.Context, r Record) (*dataset.Manifest, error) {
	data, err := store.ReadAll(ctx, s.folder, store.Digest(r.Spec.Dataset.Digest))
	if err != nil {
		return nil, err
	}
	m, err := dataset.Decode(data)
	if err != nil {
		return nil, &convert.Error{Kind: convert.BadInput, Source: "dataset", Err: err}
	}
	return m, nil
}

// accept writes a shard's result to the journal.
func (s *Server) accept(ctx context.Context, f Accept) Event {
	ctx, cancel := context.WithTimeout(ctx, journalTimeout)
	defer cancel()
	kept, err := s.journal.Accept(ctx, f.Job, f.Shard, f.Digest)
	if err != nil {
		return NotAccepted{Job: f.Job, Shard: f.Shard, Error: Failure{Unavailable, err.Error()}}
	}
	return Accepted{Job: f.Job, Shard: f.Shard, Digest: kept, Offered: f.Digest}
}

// finish merges a job's statistics and quantizes its model.
func (s *Server) finish(ctx context.Context, f Finish) Event {
	res, err := s.result(ctx, s.record(f.Job), f.Digests)
	if err != nil {
		return s.failedUnlessStopping(ctx, f.Job, failureOf(err))
	}
	s.mu.Lock()
	s.records[f.Job].Result = res
	s.mu.Unlock()
	return Finished{Job: f.Job}
}

func (s *Server) result(ctx context.Context, r Record, digests []string) (*Result, error) {
	float, err := s.load(ctx, r)
	if err != nil {
		return nil, err
	}
	stats, err := s.statistics(ctx, r, float, digests)
	if err != nil {
		return nil, err
	}
	made, err := convert.Finish(float, r.Spec.Options, stats)
	if err != nil {
		return nil, err
	}
	var out Result
	put := func(data []byte) (Blob, error) {
		d, n, err := s.folder.Put(ctx, "", bytes.NewReader(data))
		return Blob{string(d), n}, err
	}
	if out.Model, err = put(made.Model); err != nil {
		return nil, err
	}
	if made.Stats != nil {
		data, err := made.Stats.Encode()
		if err != nil {
			return nil, err
		}
		b, err := put(data)
		if err != nil {
			return nil, err
		}
		out.Stats = &b
	}
	if made.Report != nil {
		data, err := json.Marshal(made.Report)
		if err != nil {
			return nil, err
		}
		b, err := put(data)
		if err != nil {
			return nil, err
		}
		out.Report = &b
	}
	return &out, nil
}

// statistics returns what a job's ranges come from: its shards' results merged, a file of ranges, or nothing.
func (s *Server) statistics(ctx context.Context, r Record, f *convert.Float, digests []string) (*calib.Stats, error) {
	switch {
	case r.Spec.Options.Scheme == convert.None:
		return nil, nil
	case r.Spec.Ranges != nil:
		data, err := store.ReadAll(ctx, s.folder, store.Digest(r.Spec.Ranges.Digest))
		if err != nil {
			return nil, err
		}
		return convert.Ranges(f, convert.Source{Name: r.Spec.RangesName, Data: data})
	}
	parts := make([]*calib.Stats, len(digests))
	for i, d := range digests {
		data, err := store.ReadAll(ctx, s.folder, store.Digest(d))
		if err != nil {
			return nil, fmt.Errorf("statistics of shard %d: %w", i, err)
		}
		if parts[i], err = calib.Decode(data); err != nil {
			return nil, fmt.Errorf("statistics of shard %d: %w", i, err)
		}
	}
	stats, err := shard.Merge(parts)
	if err != nil {
		return nil, &convert.Error{Kind: convert.BadInput, Source: r.Spec.SourceName, Err: err}
	}
	return stats, nil
}

func isGone(err error) bool { return errors.Is(err, ErrGone) }
