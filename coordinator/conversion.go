package coordinator

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

const (
	maxRequestID    = 128
	defaultPageSize = 100
	maxPageSize     = 1000
	watchInterval   = 100 * time.Millisecond // between two states that a watcher is sent
)

// conversionService serves jobs.
type conversionService struct {
	octetv1.UnimplementedConversionServiceServer
	server *Server
}

// CreateJob implements the service.
func (c *conversionService) CreateJob(ctx context.Context, req *octetv1.CreateJobRequest) (*octetv1.CreateJobResponse, error) {
	if n := len(req.GetRequestId()); n < 1 || n > maxRequestID {
		return nil, status.Errorf(codes.InvalidArgument, "request_id has %d characters, want 1 to %d", n, maxRequestID)
	}
	spec, err := specFromWire(req.GetSpec())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	s := c.server
	if err := s.complete(ctx, spec); err != nil {
		return nil, err
	}
	r := Record{
		ID: "j-" + strings.ToLower(rand.Text()[:16]), RequestID: req.GetRequestId(), Spec: spec, State: Preparing,
		Numerics: numerics.Version, Created: time.Now().UTC(),
	}
	have, created, err := s.journal.Create(ctx, r)
	if err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	if created {
		s.adopt(r)
		return &octetv1.CreateJobResponse{Job: s.show(r)}, nil
	}
	if !reflect.DeepEqual(have.Spec, spec) {
		return nil, status.Errorf(codes.AlreadyExists, "request_id %q made job %s with another specification", req.GetRequestId(), have.ID)
	}
	return &octetv1.CreateJobResponse{Job: s.show(have)}, nil
}

// complete reports blobs that a job would need and the store does not hold.
func (s *Server) complete(ctx context.Context, spec Spec) error {
	var missing []string
	need := func(what string, d store.Digest) error {
		switch err := s.folder.Touch(d); {
		case errors.Is(err, store.ErrNotFound):
			missing = append(missing, fmt.Sprintf("%s %s", what, d))
		case err != nil:
			return storeStatus(err)
		}
		return nil
	}
	if err := need("source", store.Digest(spec.Source.Digest)); err != nil {
		return err
	}
	if spec.Ranges != nil {
		if err := need("ranges", store.Digest(spec.Ranges.Digest)); err != nil {
			return err
		}
	}
	if spec.Dataset != nil {
		if err := need("dataset", store.Digest(spec.Dataset.Digest)); err != nil {
			return err
		}
	}
	if spec.Dataset != nil && missing == nil {
		data, err := store.ReadAll(ctx, s.folder, store.Digest(spec.Dataset.Digest))
		if err != nil {
			return storeStatus(err)
		}
		m, err := dataset.Decode(data)
		if err != nil {
			return status.Errorf(codes.InvalidArgument, "dataset: %v", err)
		}
		for _, b := range m.Refs() {
			if err := need("dataset blob "+b.Name, b.Digest); err != nil {
				return err
			}
		}
	}
	if missing != nil {
		return status.Errorf(codes.FailedPrecondition, "%d blobs must be uploaded first: %s", len(missing), strings.Join(missing[:min(len(missing), 10)], ", "))
	}
	return nil
}

// show returns a job as clients see it.
func (s *Server) show(r Record) *octetv1.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return jobToWire(r, s.machine.Progress(r.ID))
}

// find returns a job's published record.
func (s *Server) find(id string) (Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.published[id]
	if !ok {
		return Record{}, status.Errorf(codes.NotFound, "no job %q", id)
	}
	return r, nil
}

// GetJob implements the service.
func (c *conversionService) GetJob(_ context.Context, req *octetv1.GetJobRequest) (*octetv1.GetJobResponse, error) {
	r, err := c.server.find(req.GetId())
	if err != nil {
		return nil, err
	}
	return &octetv1.GetJobResponse{Job: c.server.show(r)}, nil
}

// ListJobs implements the service. A page token is the id of the last job of the page before, behind its time.
func (c *conversionService) ListJobs(_ context.Context, req *octetv1.ListJobsRequest) (*octetv1.ListJobsResponse, error) {
	size := int(cmp.Or(req.GetPageSize(), defaultPageSize))
	if size < 0 {
		return nil, status.Errorf(codes.InvalidArgument, "page_size %d", size)
	}
	size = min(size, maxPageSize)
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Record
	for _, r := range s.published {
		if token := req.GetPageToken(); token == "" || position(r) < token {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b Record) int { return cmp.Compare(position(b), position(a)) })
	resp := &octetv1.ListJobsResponse{}
	for _, r := range all[:min(size, len(all))] {
		resp.Jobs = append(resp.Jobs, jobToWire(r, s.machine.Progress(r.ID)))
	}
	if len(all) > size {
		resp.NextPageToken = position(all[size-1])
	}
	return resp, nil
}

// position orders jobs by their time, as text.
func position(r Record) string { return fmt.Sprintf("%020d-%s", r.Created.UnixNano(), r.ID) }

// WatchJob implements the service.
func (c *conversionService) WatchJob(req *octetv1.WatchJobRequest, stream grpc.ServerStreamingServer[octetv1.WatchJobResponse]) error {
	s := c.server
	ctx := stream.Context()
	var last *octetv1.Job
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		r, err := s.find(req.GetId())
		if err != nil {
			return err
		}
		if j := s.show(r); !proto.Equal(j, last) {
			if err := stream.Send(&octetv1.WatchJobResponse{Job: j}); err != nil {
				return err
			}
			last = j
		}
		if r.State.Final() {
			return nil
		}
		select {
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		case <-s.ctx.Done():
			return status.Error(codes.Unavailable, "the coordinator is stopping")
		case <-changed:
		}
		if !sleep(ctx, watchInterval) {
			return status.FromContextError(ctx.Err()).Err()
		}
	}
}

// CancelJob implements the service.
func (c *conversionService) CancelJob(ctx context.Context, req *octetv1.CancelJobRequest) (*octetv1.CancelJobResponse, error) {
	s := c.server
	if _, err := s.find(req.GetId()); err != nil {
		return nil, err
	}
	s.post(Cancel{Job: req.GetId()})
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		r, err := s.find(req.GetId())
		if err != nil {
			return nil, err
		}
		if r.State.Final() {
			return &octetv1.CancelJobResponse{Job: s.show(r)}, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		case <-s.ctx.Done():
			return nil, status.Error(codes.Unavailable, "the coordinator is stopping")
		}
	}
}

// DeleteJob implements the service.
func (c *conversionService) DeleteJob(ctx context.Context, req *octetv1.DeleteJobRequest) (*octetv1.DeleteJobResponse, error) {
	r, err := c.server.find(req.GetId())
	if err != nil {
		return nil, err
	}
	if !r.State.Final() {
		return nil, status.Errorf(codes.FailedPrecondition, "job %s is %s: cancel it first", r.ID, r.State)
	}
	if err := c.server.forget(ctx, r); err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	return &octetv1.DeleteJobResponse{}, nil
}
