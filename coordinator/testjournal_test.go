package coordinator

import (
	"context"
	"encoding/json"
	"errors"
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

// set has before called in front of each operation: load, load streams, load clock, save clock, create, save, accept, accepted, delete, stream, history.
func (j *testJournal) set(before func(op, job string) error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.before = before
}

// unheard is an error of before for an operation that takes place all the same: its caller does not learn what came of it.
type unheard struct{ error }

func (u *unheard) Unwrap() error { return u.error }

// try does an operation as before has it.
func (j *testJournal) try(ctx context.Context, op, job string, do func() error) error {
	j.mu.Lock()
	before := j.before
	j.mu.Unlock()
	var err error
	if before != nil {
		err = before(op, job)
	}
	late, took := errors.AsType[*unheard](err)
	if err != nil && !took {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	if took {
		return late.error
	}
	return nil
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

func (j *testJournal) Load(ctx context.Context) (all []Record, err error) {
	err = j.try(ctx, "load", "", func() (err error) {
		all, err = j.MemoryJournal.Load(ctx)
		return err
	})
	return all, err
}

func (j *testJournal) LoadStreams(ctx context.Context) (all []StreamRecord, err error) {
	err = j.try(ctx, "load streams", "", func() (err error) {
		all, err = j.MemoryJournal.LoadStreams(ctx)
		return err
	})
	return all, err
}

func (j *testJournal) Create(ctx context.Context, r Record) (have Record, created bool, err error) {
	err = j.try(ctx, "create", r.ID, func() (err error) {
		have, created, err = j.MemoryJournal.Create(ctx, written(r))
		return err
	})
	return have, created, err
}

func (j *testJournal) Save(ctx context.Context, r Record) error {
	return j.try(ctx, "save", r.ID, func() error { return j.MemoryJournal.Save(ctx, written(r)) })
}

func (j *testJournal) Accept(ctx context.Context, job string, shard int, digest string) (kept string, err error) {
	err = j.try(ctx, "accept", job, func() (err error) {
		kept, err = j.MemoryJournal.Accept(ctx, job, shard, digest)
		return err
	})
	return kept, err
}

func (j *testJournal) Accepted(ctx context.Context, job string) (all map[int]string, err error) {
	err = j.try(ctx, "accepted", job, func() (err error) {
		all, err = j.MemoryJournal.Accepted(ctx, job)
		return err
	})
	return all, err
}

func (j *testJournal) SaveStream(ctx context.Context, r StreamRecord, chunks int) error {
	return j.try(ctx, "stream", r.ID, func() error {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		back := StreamRecord{Chunks: r.Chunks}
		if err := json.Unmarshal(text, &back); err != nil {
			return err
		}
		return j.MemoryJournal.SaveStream(ctx, back, chunks)
	})
}

func (j *testJournal) SaveHistory(ctx context.Context, job string, h HistoryRecord) error {
	return j.try(ctx, "history", job, func() error {
		text, err := json.Marshal(h)
		if err != nil {
			return err
		}
		back := HistoryRecord{}
		if err := json.Unmarshal(text, &back); err != nil {
			return err
		}
		return j.MemoryJournal.SaveHistory(ctx, job, back)
	})
}

func (j *testJournal) LoadClock(ctx context.Context) (r ClockRecord, err error) {
	err = j.try(ctx, "load clock", "", func() (err error) {
		r, err = j.MemoryJournal.LoadClock(ctx)
		return err
	})
	return r, err
}

func (j *testJournal) SaveClock(ctx context.Context, r ClockRecord) error {
	return j.try(ctx, "save clock", "", func() error { return j.MemoryJournal.SaveClock(ctx, r) })
}

func (j *testJournal) Delete(ctx context.Context, r Record) error {
	return j.try(ctx, "delete", r.ID, func() error { return j.MemoryJournal.Delete(ctx, r) })
}
