package coordinator

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/octetlite/octet/pkg/credential"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

const (
	defaultPageSize = 100
	maxPageSize     = 1000
	maxPageBytes    = 1 << 20                // a page ends early behind so many
	watchInterval   = 100 * time.Millisecond // between two states that a watcher is sent
)

// pageSizeOf returns how many entries a page may hold.
func pageSizeOf(asked int32) (int, error) {
	if asked < 0 {
		return 0, status.Errorf(codes.InvalidArgument, "page_size %d", asked)
	}
	return min(int(cmp.Or(asked, defaultPageSize)), maxPageSize), nil
}

// ListJobs implements the service. A page token is the position of the last job of the page before.
func (c *conversionService) ListJobs(ctx context.Context, req *octetv1.ListJobsRequest) (*octetv1.ListJobsResponse, error) {
	s := c.server
	if err := s.serves(); err != nil {
		return nil, err
	}
	size, err := pageSizeOf(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	token := req.GetPageToken()
	if token != "" && !positions.MatchString(token) {
		return nil, status.Errorf(codes.InvalidArgument, "page_token %q is none that ListJobs returned", token)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	caller := credential.CallerOf(ctx)
	resp := &octetv1.ListJobsResponse{}
	bytes := 0
	for r := range s.published.before(token) {
		if len(resp.GetJobs()) == size || bytes > maxPageBytes {
			resp.NextPageToken = token
			break
		}
		if !caller.Sees(r.Namespace) {
			continue
		}
		j := s.shown(r)
		resp.Jobs = append(resp.Jobs, j)
		bytes += proto.Size(j)
		token = position(r)
	}
	return resp, nil
}

// WatchJob implements the service.
func (c *conversionService) WatchJob(req *octetv1.WatchJobRequest, stream grpc.ServerStreamingServer[octetv1.WatchJobResponse]) error {
	s := c.server
	ctx := stream.Context()
	var last *octetv1.Job
	for {
		changed := s.changes()
		r, err := s.find(ctx, req.GetId())
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
		case <-changed:
		}
		// Events come faster than anybody looks.
		if !sleep(ctx, watchInterval) {
			return status.FromContextError(ctx.Err()).Err()
		}
	}
}
