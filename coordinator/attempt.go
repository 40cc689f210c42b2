package coordinator

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// startAttempt runs a shard on a worker. The caller holds the lock.
func (s *Server) startAttempt(f Start) {
	p, job := s.peers[f.Worker], s.jobs[f.Job]
	r := job.measuring(f)
	p.inUse++
	key := attemptKey{f.Job, f.Shard, f.Attempt}
	ctx, cancel := context.WithCancel(s.ctx) // not the job's: a lost attempt may outlive it
	ctx, span := s.traceAttempt(ctx, job.ctx, f)
	s.attempts[key] = cancel
	s.group.Go(func() {
		traceError(span, s.attempt(ctx, p, r, f))
		span.End()
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.attempts, key)
		p.inUse--
		s.closeIfIdle(p)
	})
}

// attempt calls a worker and posts how it went. The error is for those who look on.
func (s *Server) attempt(ctx context.Context, p *peer, r Record, f Start) error {
	result, begun, err := s.call(ctx, p, r, f)
	if err != nil {
		failed := attemptFailed(r, f, err, begun)
		if s.lost(ctx, r, err) {
			s.post(JobFailed{Job: f.Job, Error: failed.Error})
		}
		s.post(failed)
		return err
	}
	defer s.hold(string(result))()
	err = s.folder.Touch(result)
	if err == nil {
		err = s.checked(ctx, r, f, result)
	}
	if err != nil {
		s.post(attemptFailed(r, f, fmt.Errorf("bad result: %w", err), true))
		return err
	}
	s.post(ShardDone{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Digest: string(result)})
	return nil
}

// call has a worker run a shard, and returns the digest of the result, and whether the worker began: its response has a header then.
func (s *Server) call(ctx context.Context, p *peer, r Record, f Start) (result store.Digest, begun bool, err error) {
	stream, err := octetv1.NewWorkerServiceClient(p.conn).RunShard(ctx, shardToWire(r, f, s.Number, s.config.Advertise))
	if err != nil {
		return "", false, err
	}
	header, err := stream.Header()
	if begun = err == nil && header != nil; begun {
		s.post(ShardBegun{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt})
	}
	for {
		resp, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return "", begun, status.Error(codes.Internal, "its stream ended without a result")
		case err != nil:
			return "", begun, err
		case resp.GetStats() != nil:
			return store.Digest(resp.GetStats().GetDigest()), begun, nil
		}
		s.post(ShardProgress{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Done: int(resp.GetSamplesDone())})
	}
}
