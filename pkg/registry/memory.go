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
	workers map[string]*memoryRegistration // by the worker's ID
	changed chan struct{}                  // closed at each change
}

// NewMemory returns an empty registry.
func NewMemory() *Memory {
	return &Memory{workers: map[string]*memoryRegistration{}, changed: make(chan struct{})}
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
	r := &memoryRegistration{m, w}
	m.change(func() { m.workers[w.ID] = r })
	return r, nil
}

type memoryRegistration struct {
	registry *Memory
	worker   Worker
}

// Drain implements Registration.
func (r *memoryRegistration) Drain(context.Context) error {
	r.registry.change(func() { r.worker.Draining = true })
	return nil
}

// Close implements Registration. A worker that registered again under the same ID stays.
func (r *memoryRegistration) Close(context.Context) error {
	m := r.registry
	m.change(func() {
		if m.workers[r.worker.ID] == r {
			delete(m.workers, r.worker.ID)
		}
	})
	return nil
}

// set returns the registered workers. The caller holds the lock.
func (m *Memory) set() []Worker {
	workers := map[string]Worker{}
	for id, r := range m.workers {
		workers[id] = r.worker
	}
	return sorted(workers)
}

// Watch implements Registry.
func (m *Memory) Watch(ctx context.Context) (<-chan []Worker, error) {
	out := make(chan []Worker)
	go func() {
		defer close(out)
		for {
			m.mu.Lock()
			set, changed := m.set(), m.changed
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
