package coordinator

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
)

// testJournal is a MemoryJournal whose records go through JSON, as etcd's do, and whose operations can be made to fail, to block or to panic.
type testJournal struct {
	*MemoryJournal
	mu     sync.Mutex
	before func(op, job string) error
}

func newTestJournal() *testJournal { return &testJournal{MemoryJournal: NewMemoryJournal()} }

// set has before called in front of each operation: load, create, save, accept, accepted, delete, stream, history.
func (j *testJournal) set(before func(op, job string) error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.before = before
}

func (j *testJournal) ask(ctx context.Context, op, job string) error {
	j.mu.Lock()
	before := j.before
	j.mu.Unlock()
	if before != nil {
		if err := before(op, job); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// written returns a record as it comes back from JSON.
func written(r Record) Record {
	text, err := json.Marshal(r)
	if err == nil {
		r = Record{}
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		panic(fmt.Sprintf("%+v: %v", r, err))
	}
	return r
}

func (j *testJournal) Load(ctx context.Context) ([]Record, error) {
	if err := j.ask(ctx, "load", ""); err != nil {
		return nil, err
	}
	return j.MemoryJournal.Load(ctx)
}

func (j *testJournal) Create(ctx context.Context, r Record) (Record, bool, error) {
	if err := j.ask(ctx, "create", r.ID); err != nil {
		return Record{}, false, err
	}
	return j.MemoryJournal.Create(ctx, written(r))
}

func (j *testJournal) Save(ctx context.Context, r Record) error {
	if err := j.ask(ctx, "save", r.ID); err != nil {
		return err
	}
	return j.MemoryJournal.Save(ctx, written(r))
}

func (j *testJournal) Accept(ctx context.Context, job string, shard int, digest string) (string, error) {
	if err := j.ask(ctx, "accept", job); err != nil {
		return "", err
	}
	return j.MemoryJournal.Accept(ctx, job, shard, digest)
}

func (j *testJournal) Accepted(ctx context.Context, job string) (map[int]string, error) {
	if err := j.ask(ctx, "accepted", job); err != nil {
		return nil, err
	}
	return j.MemoryJournal.Accepted(ctx, job)
}

func (j *testJournal) SaveStream(ctx context.Context, r StreamRecord, chunks int) error {
	if err := j.ask(ctx, "stream", r.ID); err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	back := StreamRecord{Chunks: r.Chunks}
	if err := json.Unmarshal(text, &back); err != nil {
		return err
	}
	return j.MemoryJournal.SaveStream(ctx, back, chunks)
}

func (j *testJournal) SaveHistory(ctx context.Context, job string, h HistoryRecord) error {
	if err := j.ask(ctx, "history", job); err != nil {
		return err
	}
	text, err := json.Marshal(h)
	if err == nil {
		h = HistoryRecord{}
		err = json.Unmarshal(text, &h)
	}
	if err != nil {
		return err
	}
	return j.MemoryJournal.SaveHistory(ctx, job, h)
}

func (j *testJournal) Delete(ctx context.Context, r Record) error {
	if err := j.ask(ctx, "delete", r.ID); err != nil {
		return err
	}
	return j.MemoryJournal.Delete(ctx, r)
}
