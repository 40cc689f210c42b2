package coordinator

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// MemoryJournal is a Journal that lives as long as the process.
type MemoryJournal struct {
	mu        sync.Mutex
	jobs      map[string]Record
	request   map[string]string
	results   map[string]map[int]string
	histories map[string]HistoryRecord
	streams   map[string]StreamRecord
	clock     ClockRecord
}

// NewMemoryJournal returns an empty journal.
func NewMemoryJournal() *MemoryJournal {
	return &MemoryJournal{jobs: map[string]Record{}, request: map[string]string{}, results: map[string]map[int]string{}, histories: map[string]HistoryRecord{}, streams: map[string]StreamRecord{}}
}

// Load implements Journal.
func (j *MemoryJournal) Load(context.Context) ([]Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.SortedFunc(maps.Values(j.jobs), func(a, b Record) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// Create implements Journal.
func (j *MemoryJournal) Create(_ context.Context, r Record) (Record, bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if id, ok := j.request[r.request()]; ok {
		return j.jobs[id], false, nil
	}
	j.jobs[r.ID], j.request[r.request()], j.results[r.ID] = r, r.ID, map[int]string{}
	return r, true, nil
}

// Save implements Journal.
func (j *MemoryJournal) Save(_ context.Context, r Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, ok := j.jobs[r.ID]; !ok {
		return fmt.Errorf("save %s: %w", r.ID, ErrGone)
	}
	j.jobs[r.ID] = r
	if r.State.Final() {
		clear(j.results[r.ID])
	}
	return nil
}

// Accept implements Journal.
func (j *MemoryJournal) Accept(_ context.Context, job string, shard int, digest string) (string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	results, ok := j.results[job]
	if !ok {
		return "", fmt.Errorf("accept shard %d of %s: %w", shard, job, ErrGone)
	}
	if have, ok := results[shard]; ok {
		return have, nil
	}
	if j.jobs[job].State.Final() {
		return "", fmt.Errorf("accept shard %d of %s: %w", shard, job, ErrOver)
	}
	results[shard] = digest
	return digest, nil
}

// Accepted implements Journal.
func (j *MemoryJournal) Accepted(_ context.Context, job string) (map[int]string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.results[job]), nil
}

// Delete implements Journal.
func (j *MemoryJournal) Delete(_ context.Context, r Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.jobs, r.ID)
	delete(j.request, r.request())
	delete(j.results, r.ID)
	delete(j.histories, r.ID)
	return nil
}
