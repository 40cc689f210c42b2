package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// progressEvery is the least time between two progress messages.
const progressEvery = 200 * time.Millisecond

// RunShard implements the service.
func (s *Server) RunShard(req *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
	if int(s.busy.Add(1)) > s.config.Slots {
		s.busy.Add(-1)
		return status.Errorf(codes.ResourceExhausted, "all %d slots are in use", s.config.Slots)
	}
	s.running.Add(1)
	defer func() {
		s.busy.Add(-1)
		s.running.Done()
	}()
	task, err := taskFromWire(req)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if task.numerics != numerics.Version {
		return status.Errorf(codes.Aborted, "this worker has numerics version %d, the job %d", numerics.Version, task.numerics)
	}
	log := s.log.With(zap.String("job", task.job), zap.Int("shard", task.shard), zap.Int("attempt", task.attempt))
	log.Info("shard_started", zap.Int("first", task.samples.First), zap.Int("samples", task.samples.Len()))
	start := time.Now()
	ref, err := s.run(stream.Context(), task, progressTo(stream))
	if err != nil {
		log.Warn("shard_failed", zap.Error(err))
		return statusOf(err)
	}
	log.Info("shard_done", zap.Duration("took", time.Since(start)), zap.String("stats", string(ref.Digest)))
	return stream.Send(resultToWire(task, ref))
}

// progressTo returns a callback that counts samples and sends the count from time to time. A message that can't be sent means that the
// call is over, which the context tells.
func progressTo(stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) func() {
	done := int64(0)
	last := time.Now()
	return func() {
		done++
		if now := time.Now(); now.Sub(last) >= progressEvery {
			last = now
			_ = stream.Send(&octetv1.RunShardResponse{SamplesDone: done})
		}
	}
}

// run computes a shard's statistics and puts them into the coordinator's store.
func (s *Server) run(ctx context.Context, t task, progress func()) (client.Ref, error) {
	blobs, err := s.blobs(t.blobs)
	if err != nil {
		return client.Ref{}, err
	}
	source := &cached{s.cache, blobs.Fetch}
	model, err := s.models.get(string(t.model), t.signature, func() (*shard.Model, error) {
		data, err := source.readAll(ctx, t.model)
		if err != nil {
			return nil, err
		}
		m, err := shard.Load(data, t.signature)
		if err != nil {
			return nil, &fault{err}
		}
		return m, nil
	})
	if err != nil {
		return client.Ref{}, fmt.Errorf("model %.12s: %w", t.model, err)
	}
	reader, err := s.dataset(ctx, source, t)
	if err != nil {
		return client.Ref{}, err
	}
	defer reader.Close()
	stats, err := shard.Run(ctx, model, reader, shard.Spec{Range: t.samples, Dataset: string(t.dataset), SkipBad: t.skipBad}, progress)
	if err != nil {
		return client.Ref{}, err
	}
	return s.upload(ctx, blobs, stats)
}

func (s *Server) dataset(ctx context.Context, source *cached, t task) (*dataset.Reader, error) {
	text, err := source.readAll(ctx, t.dataset)
	if err != nil {
		return nil, fmt.Errorf("dataset %.12s: %w", t.dataset, err)
	}
	m, err := dataset.Decode(text)
	if err != nil {
		return nil, &fault{fmt.Errorf("dataset %.12s: %w", t.dataset, err)}
	}
	if t.samples.Last > m.Len() {
		return nil, &fault{fmt.Errorf("samples %d to %d of a dataset of %d", t.samples.First, t.samples.Last, m.Len())}
	}
	return dataset.Open(ctx, m, source)
}

func (s *Server) upload(ctx context.Context, blobs *client.Blobs, stats *calib.Stats) (client.Ref, error) {
	data, err := stats.Encode()
	if err != nil {
		return client.Ref{}, err
	}
	ref := client.Ref{Digest: store.Of(data), Size: int64(len(data))}
	return ref, blobs.Upload(ctx, ref, bytes.NewReader(data), nil)
}

// cached opens blobs by way of the cache.
type cached struct {
	cache *store.Cache
	fetch store.Fetch
}

// Open implements dataset's source of blobs.
func (c *cached) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	return c.cache.Open(ctx, d, c.fetch)
}

func (c *cached) readAll(ctx context.Context, d store.Digest) ([]byte, error) {
	return store.ReadAll(ctx, c, d)
}

// fault marks an error that is the job's own: it comes up on every worker.
type fault struct{ err error }

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// isFault reports whether an error is the job's own.
func isFault(err error) bool {
	var f *fault
	var sample *dataset.SampleError
	var run *shard.RunError
	return errors.As(err, &f) || errors.As(err, &sample) || errors.As(err, &run)
}
