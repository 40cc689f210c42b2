package coordinator

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"github.com/octetlite/octet/internal/failpoint"
)

// carryOut starts what an effect asks for. The caller holds the lock.
func (s *Server) carryOut(now time.Time, f Effect) {
	switch f := f.(type) {
	case Prepare:
		s.group.Go(func() {
			s.awaitStream(f.Job)
			s.step(f.Job, s.prepare)
		})
	case Feed:
		s.group.Go(func() { s.feed(f.Job) })
	case Start:
		s.startAttempt(f)
	case Stop:
		if cancel := s.attempts[attemptKey{f.Job, f.Shard, f.Attempt}]; cancel != nil {
			cancel()
		}
	case Accept:
		s.startAccept(f)
	case Finish:
		s.group.Go(func() {
			s.step(f.Job, func(ctx context.Context, r Record) (Event, error) { return s.finish(ctx, r, f.Digests) })
		})
	case Save:
		s.startSave(now, f)
	case Alarm:
		s.log.Error("results_differ", zap.String("job", f.Job), zap.Int("shard", f.Shard),
			zap.String("have", f.Have), zap.String("got", f.Got), zap.String("worker", f.Worker))
	}
}

// step does a job's work within this process, when it is its turn, and posts what comes of it. A panic is a bug that must not take the other jobs
// along, nor come up again at each restart: it fails the job.
func (s *Server) step(id string, do func(ctx context.Context, r Record) (Event, error)) {
	r, ctx, ok := s.job(id)
	if !ok {
		return
	}
	release, ok := s.turns.take(ctx, r.Namespace, r.Priority)
	if !ok {
		return
	}
	defer release()
	e, err := s.recovered(ctx, r, do)
	if err != nil {
		e = JobFailed{Job: id, Error: failureOf(err)}
	}
	s.post(e) // of no effect if the job has ended meanwhile, or the server has
}

func (s *Server) recovered(ctx context.Context, r Record, do func(ctx context.Context, r Record) (Event, error)) (e Event, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic", zap.String("job", r.ID), zap.Any("value", p), zap.ByteString("stack", debug.Stack()))
			err = &bug{fmt.Errorf("%v", p)}
		}
	}()
	return do(ctx, r)
}

// bug is an error that nothing but a fault of this program explains.
type bug struct{ err error }

func (b *bug) Error() string { return fmt.Sprintf("internal error: %v (please report this)", b.err) }
func (b *bug) Unwrap() error { return b.err }

// startAccept writes a shard's result to the journal. The caller holds the lock.
func (s *Server) startAccept(f Accept) {
	s.held[f.Digest]++
	s.group.Go(func() {
		var kept string
		err := s.persist(s.ctx, f.Job, func(ctx context.Context) (err error) {
			failpoint.Hit(failpoint.Accept)
			kept, err = s.Journal.Accept(ctx, f.Job, f.Number, f.Digest)
			return err
		})
		switch {
		case err == nil, errors.Is(err, ErrOver):
			failpoint.Hit(failpoint.Accepted)
			s.post(Accepted{Job: f.Job, Shard: f.Shard, Digest: kept, Offered: f.Digest, Worker: f.Worker})
		case errors.Is(err, ErrGone):
			s.post(JobFailed{Job: f.Job, Error: failureOf(err)})
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.release(f.Digest)
	})
}

// startSave changes a job's record, and has it written. The caller holds the lock.
func (s *Server) startSave(now time.Time, f Save) {
	e := s.jobs[f.Job]
	e.State = f.State
	if f.State == Failed {
		e.Error = &Failure{f.Error.Kind, clip(f.Error.Message), clip(f.Error.Sample)}
	}
	if f.State.Final() {
		e.Ended, e.Progress = s.stamp(), f.Progress
		e.cancel()
		s.unfinished.add(e.Namespace, -1)
		s.pace.ended(now)
	}
	if f.State == Failed && f.Error.Kind == Unavailable {
		ctx, r := s.ctx, e.Record
		s.group.Go(func() { s.inspect(ctx, r) })
	}
	s.saves = append(s.saves, e.Record)
	select {
	case s.saveReady <- struct{}{}:
	default:
	}
	s.log.Info("job_state", zap.String("job", f.Job), zap.String("state", string(f.State)), zap.String("error", f.Error.Message))
}
