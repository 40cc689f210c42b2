package worker

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func wantTermOver(t *testing.T, what string, err error) {
	t.Helper()
	wantCode(t, what, err, codes.FailedPrecondition)
	for _, d := range status.Convert(err).Details() {
		if d, ok := d.(*errdetails.ErrorInfo); ok && d.GetReason() == "TERM_OVER" {
			return
		}
	}
	t.Errorf("%s: %v does not say that the term is over", what, err)
}

// Calls of a coordinator that leads no longer are refused, and the one that runs ends when its successor calls: the slot is the successor's.
func TestTermOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		req := r.conv()
		stuck := make(chan struct{})
		r.store.before(func(ctx context.Context, _ string) error {
			close(stuck)
			<-ctx.Done()
			return errors.New("too late")
		})
		ended := make(chan error, 1)
		req.Term = 5
		go func() {
			_, err := r.run(t.Context(), req)
			ended <- err
		}()
		<-stuck
		r.store.before(nil)
		old, next := r.conv(), r.conv()
		old.Term, next.Term = 4, 6
		_, err := r.run(t.Context(), old)
		wantTermOver(t, "an earlier term", err)
		select {
		case err := <-ended:
			t.Fatalf("the call that runs ended with %v", err)
		default:
		}
		_, err = r.run(t.Context(), next)
		if code := status.Code(err); code != codes.OK && code != codes.ResourceExhausted { // the slot may not be free yet
			t.Errorf("a later term: %v", err)
		}
		wantTermOver(t, "the call that ran", <-ended)
		if _, err = r.run(t.Context(), next); err != nil {
			t.Errorf("a later term: %v", err)
		}
		_, err = r.run(t.Context(), r.conv()) // of a coordinator that knows no terms
		wantTermOver(t, "no term", err)
	})
}
