package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// progressEvery is the least time between two progress messages.
const progressEvery = 200 * time.Millisecond

// What is read as a whole is bounded, in bytes, as the coordinator bounds it.
const (
	maxModel    = 1 << 36
	maxManifest = 1 << 28
)

// RunShard implements the service.
func (s *Server) RunShard(req *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
	term, ok := s.terms.admit(req.GetTerm())
	if !ok {
		return errTermOver
	}
	if err := s.begin(); err != nil {
		return status.Error(codes.ResourceExhausted, err.Error())
	}
	defer s.end()
	task, err := taskFromWire(req)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if task.numerics != numerics.Version {
		return status.Errorf(codes.Aborted, "this worker has numerics version %d, the job %d", numerics.Version, task.numerics)
	}
	log := s.log.With(zap.String("job", task.job), zap.Int("shard", task.shard), zap.Int("attempt", task.attempt), traceField(stream.Context()))
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	log.Info("shard_started", zap.Int("first", task.samples.First), zap.Int("samples", task.samples.Len()))
	start := time.Now()
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	defer context.AfterFunc(term, cancel)()
	ref, err := s.recovered(ctx, task, s.metrics.counting(progressTo(stream)), log)
	s.metrics.done(err, ctx.Err() != nil, time.Since(start))
	if err != nil {
		if ctx.Err() != nil {
			log.Info("shard_cancelled", zap.Duration("took", time.Since(start)))
		} else {
			log.Warn("shard_failed", zap.Error(err))
		}
		if s.life.Err() != nil {
			return status.Error(codes.Unavailable, "the worker is stopping")
		}
		if term.Err() != nil {
			return errTermOver
		}
		return statusOf(err)
	}
	log.Info("shard_done", zap.Duration("took", time.Since(start)), zap.String("stats", string(ref.Digest)))
	return stream.Send(resultToWire(task, ref))
}

// recovered is run for models that bring a bug to light: it must not take the other shards along.
func (s *Server) recovered(ctx context.Context, t task, progress func(), log *zap.Logger) (ref client.Ref, err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", zap.Any("value", p), zap.ByteString("stack", debug.Stack()))
			err = status.Errorf(codes.Internal, "panic: %v", p)
		}
	}()
	return s.run(ctx, t, progress)
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

// run computes a shard's result and puts it into the coordinator's store.
func (s *Server) run(ctx context.Context, t task, progress func()) (_ client.Ref, err error) {
	blobs, release, err := s.stores.open(t.blobs)
	if err != nil {
		return client.Ref{}, err
	}
	defer release()
	source := &cached{s.cache, s.metrics.fetching(blobs.Fetch)}
	work := s.calibration
	if t.compare != nil {
		work = s.comparison
	}
	var do runner
	var reader *dataset.Reader
	err = traced(ctx, "fetch", func(ctx context.Context) (err error) {
		if do, err = work(ctx, source, t); err != nil {
			return err
		}
		if reader, err = s.dataset(ctx, source, t); err != nil {
			return fmt.Errorf("dataset %.12s: %w", t.dataset, err)
		}
		return nil
	})
	if err != nil {
		return client.Ref{}, err
	}
	defer reader.Close()
	var data []byte
	err = traced(ctx, "run", func(ctx context.Context) error {
		result, err := do(ctx, reader, shard.Spec{Range: t.samples, Dataset: string(t.dataset), SkipBad: t.skipBad, Observe: t.observe}, progress)
		if err != nil {
			return err
		}
		data, err = result.Encode()
		return err
	})
	if err != nil {
		return client.Ref{}, err
	}
	ref := client.Ref{Digest: store.Of(data), Size: int64(len(data))}
	return ref, traced(ctx, "deliver", func(ctx context.Context) error { return blobs.Upload(ctx, ref, bytes.NewReader(data), nil) })
}

// result is what a shard yields.
type result interface{ Encode() ([]byte, error) }

// runner computes a shard's result.
type runner func(ctx context.Context, samples shard.Samples, spec shard.Spec, progress func()) (result, error)

// calibration returns what gathers statistics of the task's model.
func (s *Server) calibration(ctx context.Context, source *cached, t task) (runner, error) {
	model, err := s.models.get(ctx, modelKey{t.model, t.signature}, func(ctx context.Context) (*shard.Model, error) {
		data, err := source.readAll(ctx, t.model, maxModel)
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
		return nil, fmt.Errorf("model %.12s: %w", t.model, err)
	}
	return func(ctx context.Context, samples shard.Samples, spec shard.Spec, progress func()) (result, error) {
		return shard.Run(ctx, model, samples, spec, progress)
	}, nil
}

// labelled is a comparison, and the labels that it is about, if there are any.
type labelled struct {
	*shard.Comparison
	labels *dataset.Labels
}

// comparison returns what compares the task's models.
func (s *Server) comparison(ctx context.Context, source *cached, t task) (runner, error) {
	key := comparisonKey{modelKey{t.model, t.signature}, fmt.Sprint(t.compare.quantized), t.compare.question, t.compare.labels}
	loaded, err := s.comparisons.get(ctx, key, func(ctx context.Context) (*labelled, error) {
		var all [][]byte
		for _, d := range append([]store.Digest{t.model}, t.compare.quantized...) {
			data, err := source.readAll(ctx, d, maxModel)
			if err != nil {
				return nil, err
			}
			all = append(all, data)
		}
		c, err := shard.LoadComparison(all[0], all[1:], t.signature, t.compare.question)
		if err != nil {
			return nil, &fault{err}
		}
		if t.compare.labels == "" {
			return &labelled{c, nil}, nil
		}
		data, err := source.readAll(ctx, t.compare.labels, maxModel)
		if err != nil {
			return nil, fmt.Errorf("labels %.12s: %w", t.compare.labels, err)
		}
		labels, err := dataset.DecodeLabels(data)
		if err != nil {
			return nil, &fault{err}
		}
		return &labelled{c, labels}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("comparison with %.12s: %w", t.model, err)
	}
	return func(ctx context.Context, samples shard.Samples, spec shard.Spec, progress func()) (result, error) {
		spec.Labels = string(t.compare.labels)
		return shard.Compare(ctx, loaded.Comparison, samples, loaded.labels, spec, progress)
	}, nil
}

func (s *Server) dataset(ctx context.Context, source *cached, t task) (*dataset.Reader, error) {
	m, err := s.manifests.get(ctx, t.dataset, func(ctx context.Context) (*dataset.Manifest, error) {
		text, err := source.readAll(ctx, t.dataset, maxManifest)
		if err != nil {
			return nil, err
		}
		m, err := dataset.Decode(text)
		if err != nil {
			return nil, &fault{err}
		}
		return m, nil
	})
	if err != nil {
		return nil, err
	}
	if t.samples.Last > m.Len() {
		return nil, &fault{fmt.Errorf("samples %d to %d of a dataset of %d", t.samples.First, t.samples.Last, m.Len())}
	}
	return dataset.Open(ctx, m, source)
}

// cached opens blobs by way of the cache.
type cached struct {
	cache *store.Cache
	fetch store.Fetch
}

// Open implements dataset's source of blobs.
func (c *cached) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	b, err := c.cache.Open(ctx, d, c.fetch)
	if errors.Is(err, store.ErrTooLarge) {
		return nil, fmt.Errorf("this worker's cache is too small: %w", err)
	}
	return b, err
}

// readAll returns a whole blob of at most limit bytes.
func (c *cached) readAll(ctx context.Context, d store.Digest, limit int64) ([]byte, error) {
	b, err := c.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if b.Size() > limit {
		return nil, &fault{fmt.Errorf("%d bytes: the limit is %d", b.Size(), limit)}
	}
	return store.ReadAll(ctx, c, d)
}
