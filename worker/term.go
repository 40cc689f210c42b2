package worker

import (
	"context"
	"sync"
)

// terms tells calls of the coordinator that leads from those of one that led before.
type terms struct {
	mu     sync.Mutex
	latest int64
	ctx    context.Context // of the calls of the latest term
	end    context.CancelFunc
}

// admit returns the context of a term's calls, which ends when a later term is known; false if one is.
func (t *terms) admit(term int64) (context.Context, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if term < t.latest {
		return nil, false
	}
	if t.ctx == nil || term > t.latest {
		if t.end != nil {
			t.end()
		}
		t.latest = term
		t.ctx, t.end = context.WithCancel(context.Background())
	}
	return t.ctx, true
}
