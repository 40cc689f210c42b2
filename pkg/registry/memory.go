package registry

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
)

// Memory is a Registry within one process.
type Memory struct {
	mu      sync.Mutex
	workers map[string]Worker
	changed chan struct{} // closed at each change
}

// NewMemory returns an empty registry.
func NewMemory() *Memory {
	return &Memory{workers: map[string]Worker{}, changed: make(chan struct{})}
}

func (m *Memory) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	close(m.changed)
	m.changed = make(chan struct{})
}

// Register implements Registry.
func (m *Memory) Register(_ context.Context, w Worker) (Registration, error) {
	m.change(func() { m.workers[w.ID] = w })
	return &memoryRegistration{m, w.ID}, nil
}

type memoryRegistration struct {
	registry *Memory
	id       string
}

func (r *memoryRegistration) Close(context.Context) error {
	r.registry.change(func() { delete(r.registry.workers, r.id) })
	return nil
}

// Watch implements Registry.
func (m *Memory) Watch(ctx context.Context) (<-chan []Worker, error) {
	out := make(chan []Worker)
	go func() {
		defer close(out)
		for {
			m.mu.Lock()
			set, changed := sorted(m.workers), m.changed
			m.mu.Unlock()
			select {
			case out <- set:
			case <-ctx.Done():
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func sorted(workers map[string]Worker) []Worker {
	return slices.SortedFunc(maps.Values(workers), func(a, b Worker) int { return cmp.Compare(a.ID, b.ID) })
}
