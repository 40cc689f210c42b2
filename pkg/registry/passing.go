package registry

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Passes reports whether an error of etcd goes away by itself: its members elect a leader, are slow, busy or can't be reached; or a lease ran out before it was used, and the next try
// makes another. Whether a write that ends with such an error took place, now or later, is not known.
func Passes(err error) bool {
	if errors.Is(err, rpctypes.ErrLeaseNotFound) || errors.Is(err, rpctypes.ErrTooManyRequests) || errors.Is(err, rpctypes.ErrNotLeader) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	code := status.Code(err)
	if known, ok := errors.AsType[rpctypes.EtcdError](err); ok {
		code = known.Code()
	}
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}
