package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// How long something is tried without any progress, and the pauses between two tries.
const (
	patience        = time.Minute
	contactPatience = 10 * time.Second // while nobody has answered yet: the address may be wrong
	endless         = time.Duration(1<<63 - 1)
	quietTries      = 4 // those that are made before anybody is told
	firstPause      = 100 * time.Millisecond
	maxPause        = 2 * time.Second
)

// tries decides how long something is tried that may be cut off.
type tries struct {
	patience time.Duration
	since    time.Time // of the last progress
	n        int       // failures since then
}

func newTries(patience time.Duration) *tries { return &tries{patience: patience, since: time.Now()} }

// answered takes note that there is somebody.
func (t *tries) answered() { t.patience = patience }

// progress starts the patience anew.
func (t *tries) progress() { t.since, t.n = time.Now(), 0 }

// pass has some time that passed not count.
func (t *tries) pass(d time.Duration) { t.since = t.since.Add(d) }

// again waits a while after a failure, longer each time, and reports whether there is any point in another try.
func (t *tries) again(ctx context.Context, err error) bool {
	d := min(firstPause<<min(t.n, 10), maxPause)
	if after, ok := retryAfter(err); ok {
		d = max(d, after)
	}
	if ctx.Err() != nil || !transient(err) || time.Since(t.since)+d > t.patience {
		return false
	}
	t.n++
	return pause(ctx, d/2+rand.N(d/2))
}

// pause waits a while; false if the context ends before.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// transient reports whether a repeat may succeed.
func transient(err error) bool {
	if _, ok := errors.AsType[*UnreachableError](err); ok {
		return true
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.Aborted, codes.ResourceExhausted:
		return true
	}
	return false
}

// away reports whether nobody serves for the present: in time somebody will, whatever is wrong now.
func away(err error) bool {
	_, unreachable := errors.AsType[*UnreachableError](err)
	return unreachable || status.Code(err) == codes.Unavailable
}
