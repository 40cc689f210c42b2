package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/remote"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/verify"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// task is a shard to run.
type task struct {
	job            string
	shard, attempt int
	model, dataset store.Digest
	signature      string
	samples        shard.Range
	skipBad        bool
	observe        calib.Spec
	numerics       int
	blobs          string      // address of BlobService
	compare        *comparison // instead of statistics; nil if there is nothing to compare

	request *octetv1.RunShardRequest // what it was read from
}

// comparison is what a shard compares with the float model.
type comparison struct {
	quantized []store.Digest
	question  verify.Question
	labels    store.Digest // "" without
}

func taskFromWire(r *octetv1.RunShardRequest) (task, error) {
	t := task{
		job: r.GetJobId(), shard: int(r.GetShard()), attempt: int(r.GetAttempt()), signature: r.GetSignature(),
		samples: shard.Range{First: int(r.GetFirstSample()), Last: int(r.GetEndSample())}, skipBad: r.GetSkipBadSamples(),
		observe:  calib.Spec{Histogram: r.GetHistograms(), PerSample: r.GetSampleRanges()},
		numerics: int(r.GetNumericsVersion()), blobs: r.GetBlobEndpoint(), request: r,
	}
	var err error
	if t.model, err = store.Parse(r.GetModel().GetDigest()); err != nil {
		return task{}, fmt.Errorf("model: %w", err)
	}
	if t.dataset, err = store.Parse(r.GetDataset().GetDigest()); err != nil {
		return task{}, fmt.Errorf("dataset: %w", err)
	}
	if t.samples.First < 0 || t.samples.Len() < 1 {
		return task{}, fmt.Errorf("samples %d to %d", t.samples.First, t.samples.Last)
	}
	if t.blobs == "" {
		return task{}, errors.New("no blob_endpoint")
	}
	// What the dialler guards is where an address leads. Schemes that look it up elsewhere, at a name server of the caller's choice, go past it.
	if scheme, _, ok := strings.Cut(t.blobs, ":/"); ok && scheme != "passthrough" {
		return task{}, fmt.Errorf("blob_endpoint %q: want HOST:PORT", t.blobs)
	}
	if c := r.GetComparison(); c != nil {
		if t.compare, err = comparisonFromWire(c); err != nil {
			return task{}, fmt.Errorf("comparison: %w", err)
		}
	}
	return t, nil
}

// taskToBytes returns a task in the form in which a child is told it.
func taskToBytes(t task) ([]byte, error) { return proto.Marshal(t.request) }

func taskFromBytes(data []byte) (task, error) {
	r := &octetv1.RunShardRequest{}
	if err := proto.Unmarshal(data, r); err != nil {
		return task{}, err
	}
	return taskFromWire(r)
}

// verdictToBytes returns what became of a task, in the form in which a child tells it: the result behind a 0, or a status behind a 1.
func verdictToBytes(result []byte, err error) ([]byte, error) {
	if err == nil {
		return append([]byte{0}, result...), nil
	}
	data, err := proto.Marshal(status.Convert(statusOf(err)).Proto())
	return append([]byte{1}, data...), err
}

func verdictFromBytes(data []byte) ([]byte, error) {
	if len(data) == 0 || data[0] > 1 {
		return nil, errors.New("the sandbox has no verdict")
	}
	if data[0] == 0 {
		return data[1:], nil
	}
	s := &rpc.Status{}
	if err := proto.Unmarshal(data[1:], s); err != nil {
		return nil, err
	}
	return nil, &judged{status.FromProto(s)}
}

// judged is an error that has its status already.
type judged struct{ status *status.Status }

func (j *judged) Error() string { return j.status.Message() }

// questions are what the protocol calls tasks.
var questions = map[octetv1.Task]verify.Task{
	octetv1.Task_TASK_CLASSIFY: verify.Classify, octetv1.Task_TASK_SEGMENT: verify.Segment, octetv1.Task_TASK_DISTANCE: verify.Distance,
}

func comparisonFromWire(c *octetv1.Comparison) (*comparison, error) {
	kind, ok := questions[c.GetTask()]
	switch {
	case !ok:
		return nil, fmt.Errorf("unknown task %d", c.GetTask())
	case len(c.GetQuantized()) == 0:
		return nil, errors.New("no quantized model")
	case c.GetOutput() < 0:
		return nil, fmt.Errorf("output %d", c.GetOutput())
	}
	out := &comparison{question: verify.Question{Task: kind, Output: int(c.GetOutput()), Labels: c.GetLabels() != nil, Tensors: c.GetAllTensors()}}
	for _, b := range c.GetQuantized() {
		d, err := store.Parse(b.GetDigest())
		if err != nil {
			return nil, fmt.Errorf("quantized model: %w", err)
		}
		out.quantized = append(out.quantized, d)
	}
	if c.GetLabels() != nil {
		var err error
		if out.labels, err = store.Parse(c.GetLabels().GetDigest()); err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
	}
	return out, nil
}

func resultToWire(t task, ref client.Ref) *octetv1.RunShardResponse {
	return &octetv1.RunShardResponse{SamplesDone: int64(t.samples.Len()), Stats: &octetv1.Blob{Digest: string(ref.Digest), Size: ref.Size}}
}

// fault marks an error that is the job's own: it comes up on every worker.
type fault struct{ err error }

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// crash marks an error that is a bug that the job brings to light: it comes up on every worker, too.
type crash struct{ err error }

func (c *crash) Error() string { return c.err.Error() }
func (c *crash) Unwrap() error { return c.err }

// errTermOver refuses a call of a coordinator that leads no longer.
var errTermOver = func() error {
	s, err := status.New(codes.FailedPrecondition, "another coordinator leads by now").WithDetails(&errdetails.ErrorInfo{Reason: "TERM_OVER", Domain: "octet"})
	if err != nil {
		panic(err) // an ErrorInfo can be marshalled
	}
	return s.Err()
}()

// errStopping ends calls of a worker that stops: they say nothing about their shards.
var errStopping = func() error {
	s, err := status.New(codes.Unavailable, "the worker is stopping").WithDetails(&errdetails.ErrorInfo{Reason: "STOPPING", Domain: "octet"})
	if err != nil {
		panic(err) // an ErrorInfo can be marshalled
	}
	return s.Err()
}()

// statusOf gives an error its status code: FAILED_PRECONDITION, with a JobError, if it is the job's own.
func statusOf(err error) error {
	if j, ok := errors.AsType[*judged](err); ok && j.status.Code() != codes.OK {
		return j.status.Err()
	}
	if e := faultOf(err); e != nil {
		s, detailErr := status.New(codes.FailedPrecondition, err.Error()).WithDetails(e)
		if detailErr != nil {
			return status.Error(codes.Internal, detailErr.Error())
		}
		return s.Err()
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	case status.Code(err) == codes.Internal:
		return err
	}
	return status.Error(codes.Unavailable, err.Error())
}

// elsewhere reports whether data can't be read where they lie, on whichever worker: they are gone or others by now, or workers may not read there.
func elsewhere(err error) bool {
	for _, e := range []error{remote.ErrNotFound, remote.ErrChanged, remote.ErrRefused, remote.ErrNoRanges, dataset.ErrElsewhere} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// faultOf describes an error that is the job's own; nil for others. Where the error came up does not belong into the message, since it is the same everywhere.
func faultOf(err error) *octetv1.JobError {
	if bad, ok := errors.AsType[*dataset.SampleError](err); ok {
		return &octetv1.JobError{Kind: octetv1.ErrorKind_ERROR_KIND_BAD_INPUT, Message: bad.Reason, Sample: bad.Source}
	}
	e := &octetv1.JobError{Kind: octetv1.ErrorKind_ERROR_KIND_BAD_INPUT}
	if c, ok := errors.AsType[*crash](err); ok {
		return &octetv1.JobError{Kind: octetv1.ErrorKind_ERROR_KIND_INTERNAL, Message: c.Error()}
	}
	if f, ok := errors.AsType[*fault](err); ok {
		e.Message = f.Error()
	} else if r, ok := errors.AsType[*shard.RunError](err); ok {
		e.Message = r.Error()
	} else if elsewhere(err) {
		e.Message = err.Error()
	} else {
		return nil
	}
	if shard.Unsupported(err) {
		e.Kind = octetv1.ErrorKind_ERROR_KIND_REFUSED
	}
	return e
}
