package worker

import (
	"bytes"
	"context"
	"runtime/debug"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/failpoint"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
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
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	defer context.AfterFunc(term, cancel)()
	release, err := s.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	log.Info("shard_started", zap.Int("first", task.samples.First), zap.Int("samples", task.samples.Len()))
	failpoint.Hit(failpoint.Began)
	start := time.Now()
	measured := s.metrics.begin(task.samples.Len())
	report := &reporter{stream: stream, last: start}
	stop := s.reportMoves(ctx, report)
	ref, err := s.recovered(ctx, task, measured.counting(report.samples), log)
	stop()
	measured.end(err, ctx.Err() != nil)
	if err != nil {
		if ctx.Err() != nil {
			log.Info("shard_cancelled", zap.Duration("took", time.Since(start)))
		} else {
			log.Warn("shard_failed", zap.Error(err))
		}
		if s.life.Err() != nil {
			return errStopping
		}
		if term.Err() != nil {
			return errTermOver
		}
		return statusOf(err)
	}
	log.Info("shard_done", zap.Duration("took", time.Since(start)), zap.String("stats", string(ref.Digest)))
	failpoint.Hit(failpoint.Delivered)
	return stream.Send(resultToWire(task, ref))
}

// recovered is run for models that bring a bug to light: it must not take the other shards along.
func (s *Server) recovered(ctx context.Context, t task, progress func(done int64), log *zap.Logger) (ref client.Ref, err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", zap.Any("value", p), zap.ByteString("stack", debug.Stack()))
			err = status.Errorf(codes.Internal, "panic: %v", p)
		}
	}()
	return s.run(ctx, t, progress, log)
}

// run computes a shard's result, in the sandbox if there is one, and puts it into the coordinator's store.
func (s *Server) run(ctx context.Context, t task, progress func(done int64), log *zap.Logger) (client.Ref, error) {
	blobs, release, err := s.stores.open(t.blobs)
	if err != nil {
		return client.Ref{}, err
	}
	defer release()
	source := &cached{s.cache, tracedFetch(s.metrics.fetching(s.counted(blobs.Fetch)))}
	var data []byte
	err = traced(ctx, "run", func(ctx context.Context) (err error) {
		if s.config.Sandbox != nil {
			data, err = s.sandboxed(ctx, source, t, progress, log)
		} else {
			data, err = s.bench.result(ctx, source, s.config.Objects, t, progress)
		}
		return err
	})
	if err != nil {
		return client.Ref{}, err
	}
	failpoint.Hit(failpoint.Measured)
	ref := client.Ref{Digest: store.Of(data), Size: int64(len(data))}
	return ref, traced(ctx, "deliver", func(ctx context.Context) error {
		return blobs.Upload(ctx, ref, bytes.NewReader(data), func(n int64) { s.moved.Add(n) })
	})
}
