package client

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// A coordinator has no room for a job and says when to come back: the client does, tells its user, and gives up when its context ends.
func TestCreateWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		full, err := status.New(codes.ResourceExhausted, "no room").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(7 * time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		f.down = func() error {
			if n++; n < 4 {
				return full.Err()
			}
			return nil
		}
		var told []string
		c.Waits = func(why string, again time.Duration) { told = append(told, why+" "+again.String()) }
		start := time.Now()
		if j, err := c.Create(t.Context(), "r", Spec{Priority: "high"}); err != nil || j.ID != "j-1" {
			t.Fatal(j, err)
		}
		if took := time.Since(start); took < 21*time.Second || took > 25*time.Second || len(told) != 3 || told[0] != "no room 7s" {
			t.Errorf("took %v, told %q", took, told)
		}
		if len(f.creates) != 4 || f.creates[3].GetPriority() != 3 {
			t.Errorf("calls: %v", f.creates)
		}
		n = -1000
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := c.Create(ctx, "s", Spec{}); ctx.Err() == nil || status.Code(err) != codes.ResourceExhausted {
			t.Errorf("ended with %v", err)
		}
		if _, err := c.Create(t.Context(), "t", Spec{Priority: "urgent"}); err == nil {
			t.Error("an unknown priority is taken")
		}
	})
}
