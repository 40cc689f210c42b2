package worker

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
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
	numerics       int
	blobs          string // address of BlobService
}

func taskFromWire(r *octetv1.RunShardRequest) (task, error) {
	t := task{
		job: r.GetJobId(), shard: int(r.GetShard()), attempt: int(r.GetAttempt()), signature: r.GetSignature(),
		samples: shard.Range{First: int(r.GetFirstSample()), Last: int(r.GetEndSample())}, skipBad: r.GetSkipBadSamples(),
		numerics: int(r.GetNumericsVersion()), blobs: r.GetBlobEndpoint(),
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
	return t, nil
}

func resultToWire(t task, ref client.Ref) *octetv1.RunShardResponse {
	return &octetv1.RunShardResponse{SamplesDone: int64(t.samples.Len()), Stats: &octetv1.Blob{Digest: string(ref.Digest), Size: ref.Size}}
}

// statusOf gives an error its status code: FAILED_PRECONDITION, with a JobError, if it is the job's own.
func statusOf(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	case !isFault(err):
		return status.Error(codes.Unavailable, err.Error())
	}
	kind := octetv1.ErrorKind_ERROR_KIND_BAD_INPUT
	if shard.Unsupported(err) {
		kind = octetv1.ErrorKind_ERROR_KIND_REFUSED
	}
	s, detailErr := status.New(codes.FailedPrecondition, err.Error()).WithDetails(&octetv1.JobError{Kind: kind, Message: err.Error()})
	if detailErr != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	return s.Err()
}
