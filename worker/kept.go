package worker

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// kept keeps a number of values that are costly to load, the most recently used first. Callers that want the same one share its loading. Those that were not used for longest go when all
// together are larger than a bound; the latest stays, whatever its size.
type kept[K comparable, V any] struct {
	limit int
	bytes int64         // 0 for no bound
	size  func(V) int64 // nil without a bound
	mu    sync.Mutex
	all   []*loading[K, V]
}

type loading[K comparable, V any] struct {
	key   K
	done  chan struct{} // closed once value or err is set
	value V
	err   error
	size  int64 // once it is loaded
}

func newKept[K comparable, V any](limit int) *kept[K, V] { return &kept[K, V]{limit: limit} }

// errPanic is what those get who wait for a value whose loading panicked.
var errPanic = errors.New("its loading panicked")

// get returns the value of a key, loading one that is not there. An error is not kept, and when the caller that loads it leaves, another one loads it.
func (k *kept[K, V]) get(ctx context.Context, key K, load func(ctx context.Context) (V, error)) (value V, err error) {
	for {
		l, mine := k.find(key)
		if mine {
			k.load(ctx, l, load)
		}
		select {
		case <-l.done:
		case <-ctx.Done():
			return value, ctx.Err()
		}
		if mine || !errors.Is(l.err, context.Canceled) && !errors.Is(l.err, context.DeadlineExceeded) {
			return l.value, l.err
		}
		if err := ctx.Err(); err != nil {
			return value, err
		}
	}
}

func (k *kept[K, V]) load(ctx context.Context, l *loading[K, V], load func(ctx context.Context) (V, error)) {
	l.err = errPanic
	defer func() {
		if l.err != nil {
			k.remove(l)
		}
		close(l.done)
	}()
	if l.value, l.err = load(ctx); l.err == nil && k.bytes > 0 {
		k.shrink(l)
	}
}

// shrink takes note of the size of a value that was loaded, and lets go of others until there is room for it.
func (k *kept[K, V]) shrink(l *loading[K, V]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	l.size = k.size(l.value)
	total := int64(0)
	for _, x := range k.all {
		total += x.size
	}
	for i := len(k.all) - 1; i >= 0 && total > k.bytes; i-- {
		if x := k.all[i]; x != l && x.size > 0 {
			total -= x.size
			k.all = slices.Delete(k.all, i, i+1)
		}
	}
}

// find returns the value of a key and moves it to the front; mine if the caller has to load it.
func (k *kept[K, V]) find(key K) (l *loading[K, V], mine bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.IndexFunc(k.all, func(l *loading[K, V]) bool { return l.key == key }); i >= 0 {
		l = k.all[i]
		k.all = slices.Insert(slices.Delete(k.all, i, i+1), 0, l)
		return l, false
	}
	l = &loading[K, V]{key: key, done: make(chan struct{})}
	k.all = slices.Insert(k.all, 0, l)
	if len(k.all) > k.limit {
		k.all = slices.Delete(k.all, k.limit, len(k.all))
	}
	return l, true
}

func (k *kept[K, V]) remove(l *loading[K, V]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = slices.DeleteFunc(k.all, func(x *loading[K, V]) bool { return x == l })
}
