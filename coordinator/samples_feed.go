package coordinator

import (
	"context"
	"fmt"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
)

// goneError says that a job's stream was deleted, or expired, before it was finished.
func goneError(id string) error {
	return &convert.Error{Kind: convert.BadInput, Source: "stream " + id, Err: fmt.Errorf("it was deleted, or nothing happened to it for too long"),
		Hint: "create it again under another name, push the samples and create the job again"}
}

// of returns the state of a job's stream, and a channel that is closed when it changes. The caller holds the lock.
func (s *Server) of(r *Record) (st StreamRecord, changed <-chan struct{}, err error) {
	found := s.streams[streamKey(r.Namespace, r.Spec.Stream)]
	if found == nil {
		return StreamRecord{}, nil, goneError(r.Spec.Stream)
	}
	return found.StreamRecord, found.changed, nil
}

// settleStream gives a job on a finished stream its dataset.
func (s *Server) settleStream(r *Record) error {
	if r.Spec.Stream == "" || r.Dataset != nil {
		return nil
	}
	s.mu.Lock()
	st, _, err := s.of(r)
	s.mu.Unlock()
	if err == nil && st.Dataset != nil {
		r.Dataset = st.Dataset
		s.amend(r.ID, func(r *Record) { r.Dataset = st.Dataset })
	}
	return err
}

// awaitStream waits until a job can be prepared: that its stream is finished, unless it begins before.
func (s *Server) awaitStream(job string) {
	r, ctx, ok := s.job(job)
	for ok && r.Spec.Stream != "" && r.Dataset == nil && !r.Spec.early() {
		s.mu.Lock()
		st, changed, err := s.of(&r)
		s.mu.Unlock()
		if err != nil || st.Dataset != nil {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// planStream begins a job on a stream that is open, once it is clear that its samples fit the model.
func (s *Server) planStream(ctx context.Context, r Record, f *convert.Float, opt convert.Options, p *Prepared) error {
	s.mu.Lock()
	st, _, err := s.of(&r)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if err := convert.Feeds(f, opt, st.Inputs); err != nil {
		return err
	}
	need, err := convert.Need(f, opt)
	if err != nil {
		return err
	}
	p.Need = Need{need.Model, need.Shard}
	p.Growing = true
	return s.accepted(ctx, p)
}

// feed tells the machine of a job's samples, until the stream is finished.
func (s *Server) feed(job string) {
	r, ctx, ok := s.job(job)
	if !ok {
		return
	}
	for told := 0; ; {
		s.mu.Lock()
		st, changed, err := s.of(&r)
		s.mu.Unlock()
		var e Extended
		if err == nil {
			e, err = s.extended(ctx, r, st, told)
		}
		if err != nil {
			s.post(JobFailed{Job: job, Error: failureOf(err)}) // of no effect if the job has ended, or the server is about to
			return
		}
		told += len(e.Plan)
		if len(e.Plan) > 0 || e.Last {
			s.post(e)
		}
		if e.Last {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// extended plans the shards that a stream has the samples for, but for those that were told. Those that a verification takes, which are the last, are not calibrated on.
func (s *Server) extended(ctx context.Context, r Record, st StreamRecord, told int) (Extended, error) {
	opt, err := r.Spec.options()
	if err != nil {
		return Extended{}, err
	}
	_, size, err := dataset.Chunks(st.Inputs)
	if err != nil {
		return Extended{}, err
	}
	c := &chunks{st.Inputs, size, min(st.Samples, len(st.Chunks)*size), st.Chunks}
	e := Extended{Job: r.ID, Last: st.Dataset != nil}
	if e.Last {
		rest, err := opt.Holdout.Of(st.Samples)
		if err != nil {
			return Extended{}, err
		}
		e.Plan = c.plan(rest.First, told)
		s.amend(r.ID, func(r *Record) { r.Dataset = st.Dataset })
	} else {
		free := max(min(c.samples, st.Samples-opt.Holdout.Samples), 0)
		e.Plan = c.plan(free-free%size, told)
	}
	return e, s.divide(ctx, r.ID, c, told+len(e.Plan))
}
