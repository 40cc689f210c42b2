package coordinator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/internal/failpoint"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// maxMissing bounds how many missing blobs an error names.
const maxMissing = 10

// conversionService serves jobs.
type conversionService struct {
	octetv1.UnimplementedConversionServiceServer
	server *Server
}

// CreateJob implements the service.
func (c *conversionService) CreateJob(ctx context.Context, req *octetv1.CreateJobRequest) (*octetv1.CreateJobResponse, error) {
	s := c.server
	if err := s.serves(); err != nil {
		return nil, err
	}
	spec, err := requestFromWire(req)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	priority, err := priorityFromWire(req.GetPriority())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	r := Record{
		ID: "j-" + strings.ToLower(rand.Text()[:16]), RequestID: req.GetRequestId(), Namespace: credential.CallerOf(ctx).Namespace, Spec: spec, State: Preparing,
		Numerics: numerics.Version, Created: s.stamp(), Priority: priority, Trace: traceOf(ctx),
	}
	// A repeat needs neither a place nor the blobs, which may be gone.
	s.mu.Lock()
	have, repeated := s.published.requested(r.request())
	s.mu.Unlock()
	if !repeated {
		if have, err = s.enter(ctx, r); err != nil {
			return nil, err
		}
	}
	if r = have; !reflect.DeepEqual(r.Spec, spec) {
		return nil, status.Errorf(codes.AlreadyExists, "request_id %q made job %s with another specification", req.GetRequestId(), r.ID)
	}
	return &octetv1.CreateJobResponse{Job: s.show(r)}, nil
}

// enter writes a job into the journal if there is room for it and its blobs are there, takes it up, and returns it, or the one that its request had made.
func (s *Server) enter(ctx context.Context, r Record) (Record, error) {
	leave, err := s.admit(r)
	if err != nil {
		return r, err
	}
	defer leave()
	release, err := s.complete(ctx, r.Spec)
	if err != nil {
		return r, err
	}
	defer release()
	// Not cut off when the client leaves, since a job must not be in the journal and unknown here.
	err = s.once(ctx, func(ctx context.Context) (err error) {
		r, _, err = s.writer().Create(ctx, r)
		return err
	})
	if err != nil {
		return r, status.Error(codes.Unavailable, err.Error())
	}
	failpoint.Hit(failpoint.Created)
	if !r.State.Final() { // an earlier call may have failed after it wrote to the journal
		s.adopt(r)
	}
	return r, nil
}

// complete checks that the store holds the blobs that a job needs, and keeps them from being collected until release.
func (s *Server) complete(ctx context.Context, spec Spec) (release func(), err error) {
	var missing []string
	var holds []func()
	drop := func() {
		for _, h := range holds {
			h()
		}
	}
	defer func() {
		if err != nil {
			drop()
		}
	}()
	need := func(what string, b Blob) error {
		holds = append(holds, s.hold(b.Digest))
		d := store.Digest(b.Digest)
		sees, err := s.sees(ctx, d)
		switch {
		case err != nil:
			return storeStatus(err)
		case !sees: // that somebody else has it is no business of this caller's
			err = store.ErrNotFound
		default:
			err = s.folder.Touch(d)
		}
		if errors.Is(err, store.ErrNotFound) {
			missing = append(missing, fmt.Sprintf("%s %s", what, d))
			return nil
		}
		size, statErr := s.folder.Stat(ctx, d)
		switch {
		case err != nil || statErr != nil:
			return storeStatus(errors.Join(err, statErr))
		case size != b.Size:
			return status.Errorf(codes.InvalidArgument, "%s %s has %d bytes, not %d", what, d, size, b.Size)
		}
		return nil
	}
	for _, b := range []struct {
		what string
		*Blob
	}{{"source", &spec.Source}, {"ranges", spec.Ranges}, {"dataset", spec.Dataset}, {"quantized", spec.Quantized}, {"labels", spec.labels()}} {
		if b.Blob != nil {
			if err := need(b.what, *b.Blob); err != nil {
				return nil, err
			}
		}
	}
	if spec.Stream != "" {
		if _, err := s.stream(ctx, spec.Stream); err != nil {
			return nil, err
		}
	}
	if spec.Dataset != nil && missing == nil {
		leave, ok := s.manifests(spec.Dataset.Size).take(ctx, credential.CallerOf(ctx).Namespace, Normal)
		if !ok {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		defer leave()
		var m *dataset.Manifest
		err := s.vetManifest(ctx, *spec.Dataset)
		if err == nil {
			m, err = s.manifest(ctx, spec.Dataset.Digest)
		}
		switch {
		case err == nil && m.Partial():
			return nil, status.Error(codes.InvalidArgument, "dataset: the manifest is of a part of a stream")
		case convert.KindOf(err) == convert.BadInput:
			return nil, status.Error(codes.InvalidArgument, err.Error())
		case err != nil:
			return nil, storeStatus(err)
		}
		for _, o := range m.Objects() {
			if err := s.allowed(o.URL); err != nil {
				return nil, status.Errorf(codes.PermissionDenied, "this cluster reads no data there: %v", err)
			}
		}
		for _, b := range m.Refs() {
			if err := need("dataset blob "+b.Name, Blob{string(b.Digest), b.Size}); err != nil {
				return nil, err
			}
		}
	}
	if missing != nil {
		return nil, missingStatus(missing)
	}
	return drop, nil
}

// allowed returns an error for the URL of an object that workers may not read.
func (s *Server) allowed(url string) error {
	if s.config.Allow == nil {
		return fmt.Errorf("%s: no data but those that are uploaded", url)
	}
	return s.config.Allow(url)
}

func missingStatus(missing []string) error {
	more := ""
	if n := len(missing) - maxMissing; n > 0 {
		missing, more = missing[:maxMissing], fmt.Sprintf(", and %d more", n)
	}
	return status.Errorf(codes.FailedPrecondition, "blobs must be uploaded first: %s%s", strings.Join(missing, ", "), more)
}

// show returns a job as clients see it.
func (s *Server) show(r Record) *octetv1.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown(r)
}

// shown is show for callers that hold the lock.
func (s *Server) shown(r Record) *octetv1.Job {
	p, ok := s.machine.Progress(r.ID)
	if !ok {
		p = r.Progress
		if e := s.jobs[r.ID]; e != nil {
			p = e.Progress // maybe not in the journal yet
		}
	}
	return jobToWire(r, p)
}

// find returns a job's published record, if it is the caller's to see.
func (s *Server) find(ctx context.Context, id string) (Record, error) {
	if err := s.serves(); err != nil {
		return Record{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.published.get(id)
	if !ok || !credential.CallerOf(ctx).Sees(r.Namespace) {
		return Record{}, status.Errorf(codes.NotFound, "no job %q", id)
	}
	return r, nil
}

// GetJob implements the service.
func (c *conversionService) GetJob(ctx context.Context, req *octetv1.GetJobRequest) (*octetv1.GetJobResponse, error) {
	r, err := c.server.find(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	return &octetv1.GetJobResponse{Job: c.server.show(r)}, nil
}

// CancelJob implements the service. It answers when the journal knows.
func (c *conversionService) CancelJob(ctx context.Context, req *octetv1.CancelJobRequest) (*octetv1.CancelJobResponse, error) {
	s := c.server
	if _, err := s.find(ctx, req.GetId()); err != nil {
		return nil, err
	}
	s.post(Cancel{Job: req.GetId()})
	for {
		changed := s.changes()
		r, err := s.find(ctx, req.GetId())
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
		}
	}
}

// DeleteJob implements the service.
func (c *conversionService) DeleteJob(ctx context.Context, req *octetv1.DeleteJobRequest) (*octetv1.DeleteJobResponse, error) {
	r, err := c.server.find(ctx, req.GetId())
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
