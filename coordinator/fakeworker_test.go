package coordinator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/verify"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// runShard is what a fake worker does when it is called.
type runShard func(w *fakeWorker, req *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error

// fakeWorker serves WorkerService. It computes with the real shard.Run, unless it is told to do something else.
type fakeWorker struct {
	octetv1.UnimplementedWorkerServiceServer
	c     *cluster
	id    string
	blobs octetv1.BlobServiceClient
	stop  func() // ends it as SIGKILL does: connections break, the lease stays
	reg   registry.Registration

	mu    sync.Mutex
	run   runShard
	calls []*octetv1.RunShardRequest
	full  bool // no slot is free
}

// worker starts a worker with one slot and registers it.
func (c *cluster) worker(id string, run runShard) *fakeWorker {
	return c.workerWith(registry.Worker{ID: id, Slots: 1, Numerics: numerics.Version, Version: "test"}, run)
}

func (c *cluster) workerWith(w registry.Worker, run runShard) *fakeWorker {
	c.t.Helper()
	f := &fakeWorker{c: c, id: w.ID, run: run, blobs: octetv1.NewBlobServiceClient(c.net.connect(c.t, "coordinator"))}
	f.stop = c.net.serve(c.t, w.ID, func(g grpc.ServiceRegistrar) { octetv1.RegisterWorkerServiceServer(g, f) })
	w.Addr = target(w.ID)
	var err error
	if f.reg, err = c.registry.Register(c.t.Context(), w); err != nil {
		c.t.Fatal(err)
	}
	return f
}

// lose takes the worker's lease away.
func (w *fakeWorker) lose() {
	w.c.t.Helper()
	if err := w.reg.Close(w.c.t.Context()); err != nil {
		w.c.t.Fatal(err)
	}
}

func (w *fakeWorker) set(run runShard) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run = run
}

// fill has the worker have no slot free, or some again.
func (w *fakeWorker) fill(full bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.full = full
}

// called returns the calls so far.
func (w *fakeWorker) called() []*octetv1.RunShardRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls
}

func (w *fakeWorker) RunShard(req *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
	w.mu.Lock()
	w.calls = append(w.calls, req)
	run, full := w.run, w.full
	w.mu.Unlock()
	if full {
		return status.Error(codes.ResourceExhausted, "all 1 slots are in use")
	}
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	if run == nil {
		run = honest
	}
	return run(w, req, stream)
}

// honest computes what it is asked for.
func honest(w *fakeWorker, req *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
	stats, err := w.compute(stream.Context(), req)
	if err != nil {
		return err
	}
	return w.deliver(stream, req, stats)
}

// faultOfSample answers as a worker that found a bad sample, or one on which a model fails.
func faultOfSample(w *fakeWorker, req *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
	stats, err := w.compute(stream.Context(), req)
	if bad, ok := errors.AsType[*dataset.SampleError](err); ok {
		s, _ := status.New(codes.FailedPrecondition, err.Error()).WithDetails(&octetv1.JobError{
			Kind: octetv1.ErrorKind_ERROR_KIND_BAD_INPUT, Message: bad.Reason, Sample: bad.Source,
		})
		return s.Err()
	}
	if r, ok := errors.AsType[*shard.RunError](err); ok {
		s, _ := status.New(codes.FailedPrecondition, err.Error()).WithDetails(&octetv1.JobError{Kind: octetv1.ErrorKind_ERROR_KIND_BAD_INPUT, Message: r.Error()})
		return s.Err()
	}
	if err != nil {
		return err
	}
	return w.deliver(stream, req, stats)
}

// deliver uploads statistics and answers with them.
func (w *fakeWorker) deliver(stream grpc.ServerStreamingServer[octetv1.RunShardResponse], req *octetv1.RunShardRequest, stats []byte) error {
	b, err := upload(stream.Context(), w.blobs, stats)
	if err != nil {
		return err
	}
	return stream.Send(&octetv1.RunShardResponse{SamplesDone: req.GetEndSample() - req.GetFirstSample(), Stats: b})
}

// compute fetches the model and the dataset and runs the shard.
func (w *fakeWorker) compute(ctx context.Context, req *octetv1.RunShardRequest) ([]byte, error) {
	float, err := fetch(ctx, w.blobs, req.GetModel().GetDigest())
	if err != nil {
		return nil, err
	}
	m, err := shard.Load(float, req.GetSignature())
	if err != nil {
		return nil, err
	}
	text, err := fetch(ctx, w.blobs, req.GetDataset().GetDigest())
	if err != nil {
		return nil, err
	}
	manifest, err := dataset.Decode(text)
	if err != nil {
		return nil, err
	}
	r, err := dataset.Open(ctx, manifest, remote{w.blobs})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	spec := shard.Spec{
		Range: shard.Range{First: int(req.GetFirstSample()), Last: int(req.GetEndSample())}, Dataset: req.GetDataset().GetDigest(), SkipBad: req.GetSkipBadSamples(),
		Observe: calib.Spec{Histogram: req.GetHistograms(), PerSample: req.GetSampleRanges()},
	}
	if req.GetComparison() != nil {
		return w.compare(ctx, req, float, r, spec)
	}
	stats, err := shard.Run(ctx, m, r, spec, nil)
	if err != nil {
		return nil, err
	}
	return stats.Encode()
}

// compare is compute for a shard that compares.
func (w *fakeWorker) compare(ctx context.Context, req *octetv1.RunShardRequest, float []byte, samples shard.Samples, spec shard.Spec) ([]byte, error) {
	c := req.GetComparison()
	var quantized [][]byte
	for _, b := range c.GetQuantized() {
		data, err := fetch(ctx, w.blobs, b.GetDigest())
		if err != nil {
			return nil, err
		}
		quantized = append(quantized, data)
	}
	var labels *dataset.Labels
	if c.GetLabels() != nil {
		data, err := fetch(ctx, w.blobs, c.GetLabels().GetDigest())
		if err != nil {
			return nil, err
		}
		if labels, err = dataset.DecodeLabels(data); err != nil {
			return nil, err
		}
		spec.Labels = labels.Digest()
	}
	task, _ := keyOf(taskToWire, c.GetTask())
	compared, err := shard.LoadComparison(float, quantized, req.GetSignature(), verify.Question{
		Task: verify.Task(task), Output: int(c.GetOutput()), Labels: labels != nil, Tensors: c.GetAllTensors(),
	})
	if err != nil {
		return nil, err
	}
	part, err := shard.Compare(ctx, compared, samples, labels, spec, nil)
	if err != nil {
		return nil, err
	}
	return part.Encode()
}

// remote opens blobs of the coordinator's store.
type remote struct{ api octetv1.BlobServiceClient }

func (r remote) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	data, err := fetch(ctx, r.api, string(d))
	if err != nil {
		return nil, fmt.Errorf("open %.12s: %w", d, err)
	}
	return memoryBlob{bytes.NewReader(data)}, nil
}

type memoryBlob struct{ *bytes.Reader }

func (memoryBlob) Close() error { return nil }

// after makes a worker wait for the channel to be closed before it runs.
func after(goOn <-chan struct{}, run runShard) runShard {
	return func(w *fakeWorker, req *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
		select {
		case <-goOn:
			return run(w, req, stream)
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		}
	}
}
