package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"
)

// Memory keeps blobs in memory.
type Memory struct {
	mu    sync.RWMutex
	blobs map[Digest]memoryBlob
}

type memoryBlob struct {
	data []byte
	when time.Time
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{blobs: map[Digest]memoryBlob{}} }

// Stat implements Store.
func (m *Memory) Stat(_ context.Context, d Digest) (int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	b, ok := m.blobs[d]
	if !ok {
		return 0, fmt.Errorf("store: %w: %s", ErrNotFound, d)
	}
	return int64(len(b.data)), nil
}

// Open implements Store.
func (m *Memory) Open(_ context.Context, d Digest) (Blob, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	b, ok := m.blobs[d]
	if !ok {
		return nil, fmt.Errorf("store: %w: %s", ErrNotFound, d)
	}
	return readerBlob{bytes.NewReader(b.data)}, nil
}

// Put implements Store.
func (m *Memory) Put(ctx context.Context, want Digest, r io.Reader) (Digest, int64, error) {
	data, err := io.ReadAll(contextReader{ctx, r})
	if err != nil {
		return "", 0, fmt.Errorf("store: put: %w", err)
	}
	d := Of(data)
	if want != "" && d != want {
		return "", 0, fmt.Errorf("store: put: %w: got %s, want %s", ErrCorrupt, d, want)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blobs[d] = memoryBlob{data, time.Now()}
	return d, int64(len(data)), nil
}

// Delete implements Store.
func (m *Memory) Delete(_ context.Context, d Digest) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.blobs, d)
	return nil
}

// List implements Store.
func (m *Memory) List(context.Context) iter.Seq2[Info, error] {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var all []Info
	for d, b := range maps.All(m.blobs) {
		all = append(all, Info{d, int64(len(b.data)), b.when})
	}
	slices.SortFunc(all, func(a, b Info) int { return cmp.Compare(a.Digest, b.Digest) })
	return func(yield func(Info, error) bool) {
		for _, i := range all {
			if !yield(i, nil) {
				return
			}
		}
	}
}

type readerBlob struct{ *bytes.Reader }

func (readerBlob) Close() error { return nil }
