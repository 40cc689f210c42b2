package convert

import (
	"context"
	"sync"
)

// front hands out the items of a list in order to whoever works on them. Once one has failed, those behind it are cancelled and no more are handed out,
// while those before it go on: that one of them fails too would be the list's first failure.
type front struct {
	ctx context.Context
	n   int

	mu      sync.Mutex
	at      int // the next item
	running map[int]context.CancelFunc
	failed  int // the first item that failed; n if none did
	failure error
}

func newFront(ctx context.Context, n int) *front {
	return &front{ctx: ctx, n: n, running: map[int]context.CancelFunc{}, failed: n}
}

// next returns the next item and the context to work on it in; false if there is none.
func (f *front) next() (int, context.Context, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at >= f.failed || f.ctx.Err() != nil {
		return 0, nil, false
	}
	i := f.at
	f.at++
	ctx, cancel := context.WithCancel(f.ctx)
	f.running[i] = cancel
	return i, ctx, true
}

// finished takes note of how an item went.
func (f *front) finished(i int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running[i]()
	delete(f.running, i)
	if err == nil || i >= f.failed {
		return
	}
	f.failed, f.failure = i, err
	for k, cancel := range f.running {
		if k > i {
			cancel()
		}
	}
}

// err returns the error of the list: that of the context if it ended, else of the first item that failed. All items must have finished.
func (f *front) err() error {
	if err := context.Cause(f.ctx); err != nil {
		return err
	}
	return f.failure
}
