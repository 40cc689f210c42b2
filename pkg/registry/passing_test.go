package registry

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestPasses(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{rpctypes.ErrTimeout, true},
		{rpctypes.ErrTimeoutDueToLeaderFail, true},
		{rpctypes.ErrTimeoutDueToConnectionLost, true},
		{rpctypes.ErrTimeoutWaitAppliedIndex, true},
		{rpctypes.ErrLeaderChanged, true},
		{rpctypes.ErrNoLeader, true},
		{rpctypes.ErrNotLeader, true},
		{rpctypes.ErrStopped, true},
		{rpctypes.ErrUnhealthy, true},
		{rpctypes.ErrTooManyRequests, true},
		{rpctypes.ErrLeaseNotFound, true},
		{status.Error(codes.Unavailable, "connection refused"), true},
		{context.DeadlineExceeded, true},
		{context.Canceled, false},
		{rpctypes.ErrNoSpace, false},
		{rpctypes.ErrCorrupt, false},
		{rpctypes.ErrCompacted, false},
		{rpctypes.ErrPermissionDenied, false},
		{status.Error(codes.Unauthenticated, "who is that"), false},
		{errors.New("invalid character"), false},
		{nil, false},
	} {
		if got := Passes(tt.err); got != tt.want {
			t.Errorf("%v: %v", tt.err, got)
		}
		if tt.err == nil {
			continue
		}
		if got := Passes(fmt.Errorf("journal: %w", tt.err)); got != tt.want {
			t.Errorf("%v, wrapped: %v", tt.err, got)
		}
	}
}
