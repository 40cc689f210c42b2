package coordinator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// peer is the connection to a worker.
type peer struct {
	worker registry.Worker
	conn   *grpc.ClientConn
	inUse  int
	gone   bool // its lease is: the connection is closed when the last attempt on it ends
}

// probe is how a worker that vanished without a word is noticed.
var probe = keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 10 * time.Second}

// meet compares the present set of workers with those that are known.
func (s *Server) meet(set []registry.Worker) {
	present := map[string]bool{}
	for _, w := range set {
		present[w.ID] = true
		if s.greet(w) {
			s.post(WorkerUp{ID: w.ID, Slots: w.Slots, Numerics: w.Numerics})
		}
	}
	s.mu.Lock()
	var lost []string
	for id, p := range s.peers {
		if !present[id] && !p.gone {
			p.gone = true
			lost = append(lost, id)
		}
	}
	s.mu.Unlock()
	for _, id := range lost {
		s.log.Info("worker_gone", zap.String("worker", id))
		s.post(WorkerDown{ID: id})
		s.mu.Lock()
		s.closeIfIdle(id)
		s.mu.Unlock()
	}
}

// greet connects to a worker; it reports whether there is news of it.
func (s *Server) greet(w registry.Worker) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[w.ID]
	if p != nil && p.worker.Addr == w.Addr {
		news := p.gone || p.worker != w
		p.worker, p.gone = w, false
		return news
	}
	conn, err := grpc.NewClient(w.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithKeepaliveParams(probe))
	if err != nil {
		s.log.Warn("bad_worker_address", zap.String("worker", w.ID), zap.String("addr", w.Addr), zap.Error(err))
		return false
	}
	s.peers[w.ID] = &peer{worker: w, conn: conn}
	s.log.Info("worker_found", zap.String("worker", w.ID), zap.String("addr", w.Addr), zap.Int("slots", w.Slots), zap.Int("numerics", w.Numerics))
	return true
}

func (s *Server) closeIfIdle(id string) {
	if p := s.peers[id]; p != nil && p.gone && p.inUse == 0 {
		p.conn.Close()
		delete(s.peers, id)
	}
}

func (s *Server) closePeers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.peers {
		p.conn.Close()
	}
}

// startAttempt runs a shard on a worker. The caller holds the lock.
func (s *Server) startAttempt(f Start) {
	p := s.peers[f.Worker]
	r := *s.records[f.Job]
	if p == nil {
		s.start(func(context.Context) {
			s.post(attemptFailed(f, status.Error(codes.Unavailable, "not connected")))
		})
		return
	}
	p.inUse++
	key := attemptKey{f.Job, f.Shard, f.Attempt}
	ctx, cancel := context.WithCancel(s.ctx)
	s.attempts[key] = cancel
	s.start(func(context.Context) {
		e := s.attempt(ctx, p, r, f)
		cancel()
		s.mu.Lock()
		delete(s.attempts, key)
		p.inUse--
		s.closeIfIdle(f.Worker)
		s.mu.Unlock()
		s.post(e)
	})
}

// attempt calls a worker and returns how it went.
func (s *Server) attempt(ctx context.Context, p *peer, r Record, f Start) Event {
	stream, err := octetv1.NewWorkerServiceClient(p.conn).RunShard(ctx, &octetv1.RunShardRequest{
		JobId: f.Job, Shard: int32(f.Shard), Attempt: int32(f.Attempt), Model: blobToWire(r.Float), Signature: r.Spec.Options.Signature,
		Dataset: blobToWire(*r.Spec.Dataset), FirstSample: int64(f.Range.First), EndSample: int64(f.Range.Last),
		SkipBadSamples: r.Spec.Options.SkipBad, NumericsVersion: int32(r.Numerics), BlobEndpoint: s.config.Advertise,
	})
	if err != nil {
		return attemptFailed(f, err)
	}
	for {
		resp, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return attemptFailed(f, status.Error(codes.Internal, "the worker's stream ended without a result"))
		case err != nil:
			return attemptFailed(f, err)
		case resp.GetStats() == nil:
			s.post(ShardProgress{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Done: int(resp.GetSamplesDone())})
			continue
		}
		if err := s.check(ctx, r, f, store.Digest(resp.GetStats().GetDigest())); err != nil {
			return attemptFailed(f, err)
		}
		return ShardDone{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Digest: resp.GetStats().GetDigest()}
	}
}

// check reads a worker's statistics and compares what they say they are of with what was asked for.
func (s *Server) check(ctx context.Context, r Record, f Start, d store.Digest) error {
	data, err := store.ReadAll(ctx, s.folder, d)
	if err != nil {
		return fmt.Errorf("its result: %w", err)
	}
	stats, err := calib.Decode(data)
	if err != nil {
		return fmt.Errorf("its result: %w", err)
	}
	samples := int(stats.Samples) + len(stats.Skipped)
	if stats.Model != r.Float.Digest || stats.Dataset != r.Spec.Dataset.Digest || stats.Numerics != r.Numerics || samples != f.Range.Len() {
		return fmt.Errorf("its result is of %d samples of model %.12s and dataset %.12s, want %d of %.12s and %.12s",
			samples, stats.Model, stats.Dataset, f.Range.Len(), r.Float.Digest, r.Spec.Dataset.Digest)
	}
	return nil
}
