package coordinator

import (
	"context"
	"slices"
	"sync"
	"time"
)

// turns are places for work within this process, of which there are few. Who waits for one gets it when it is the turn of the job's namespace, and of its priority there, by what
// they had: a client with a thousand jobs keeps nobody else waiting. Work may take long, too: there is one place more for others while a single namespace has all.
type turns struct {
	mu      sync.Mutex
	places  int
	free    int // -1 while the one more is taken
	held    map[*turnSpace]int
	weights Weights
	waiting []*waiter // the oldest first
	spaces  map[string]*turnSpace
	clock   float64
}

// turnSpace is what a namespace had of turns.
type turnSpace struct {
	share   share
	weight  float64
	clock   float64
	classes map[Priority]*share
}

type waiter struct {
	space    *turnSpace
	priority Priority
	class    *share
	ready    chan struct{} // closed when it has a place
}

func newTurns(places int, w Weights) *turns {
	return &turns{places: places, free: places, held: map[*turnSpace]int{}, weights: w, spaces: map[string]*turnSpace{}}
}

// taken returns how many places are.
func (t *turns) taken() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.places - max(t.free, 0)
}

// take waits for a place, which release gives back; false if the context ends before.
func (t *turns) take(ctx context.Context, namespace string, p Priority) (release func(), ok bool) {
	w := t.enter(namespace, p)
	select {
	case <-w.ready:
	case <-ctx.Done():
		if t.leave(w) {
			return nil, false
		}
		// It got a place meanwhile.
	}
	begin := time.Now()
	return func() { t.release(w, time.Since(begin).Seconds()) }, true
}

func (t *turns) enter(namespace string, p Priority) *waiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.spaces[namespace]
	if s == nil {
		s = &turnSpace{weight: t.weights.of(namespace), classes: map[Priority]*share{Low: {}, Normal: {}, High: {}}}
		t.spaces[namespace] = s
	}
	if s.classes[p] == nil {
		p = Normal // of a later version
	}
	w := &waiter{s, p, s.classes[p], make(chan struct{})}
	t.waiting = append(t.waiting, w)
	t.next()
	return w
}

// leave takes back what waits; false if it waits no more.
func (t *turns) leave(w *waiter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.waiting, w)
	if i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
	}
	return i >= 0
}

// release gives a place back after so many seconds, of which one was paid for.
func (t *turns) release(w *waiter, took float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.space.share.tag += (took - unknownCost) / w.space.weight
	w.class.tag += (took - unknownCost) / w.priority.weight()
	t.free++
	if t.held[w.space]--; t.held[w.space] == 0 {
		delete(t.held, w.space)
	}
	t.next()
}

// may reports whether there is a place for who waits. The caller holds the lock.
func (t *turns) may(w *waiter) bool {
	return t.free > 0 || t.free == 0 && len(t.held) == 1 && t.held[w.space] == 0
}

// next gives out what is free. The caller holds the lock.
func (t *turns) next() {
	for {
		var best *waiter
		for _, w := range t.waiting {
			switch {
			case !t.may(w):
				continue
			case best == nil:
				best = w
				continue
			}
			a, b := w.space.share.start(t.clock), best.space.share.start(t.clock)
			if a < b || w.space == best.space && w.class.start(w.space.clock) < best.class.start(w.space.clock) {
				best = w
			}
		}
		if best == nil {
			return
		}
		t.clock = best.space.share.start(t.clock)
		best.space.clock = best.class.start(best.space.clock)
		best.space.share.take(t.clock, unknownCost, best.space.weight)
		best.class.take(best.space.clock, unknownCost, best.priority.weight())
		t.waiting = slices.DeleteFunc(t.waiting, func(w *waiter) bool { return w == best })
		t.free--
		t.held[best.space]++
		close(best.ready)
	}
}
