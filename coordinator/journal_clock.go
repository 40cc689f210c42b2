package coordinator

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// ClockRecord is what the wall clock of the coordinator that leads said last, and by how much it, or those before, went ahead of the time that went by.
type ClockRecord struct {
	Wall  time.Time   `json:"wall"` // zero if there is no record
	Jumps []ClockJump `json:"jumps,omitempty"`
}

// ClockJump is a jump forward of the wall clock.
type ClockJump struct {
	By  time.Duration `json:"by"`
	Ago time.Duration `json:"ago"` // of the time in which coordinators led
}

// ClockJournal keeps the clock that times in the journal and in the store are of.
type ClockJournal interface {
	// LoadClock returns what is kept. It is fenced as a write is: ErrDeposed for a coordinator that leads no longer.
	LoadClock(ctx context.Context) (ClockRecord, error)
	// SaveClock replaces what is kept.
	SaveClock(ctx context.Context, r ClockRecord) error
}

func (j *EtcdJournal) clock() string { return j.prefix + "/clock" }

// LoadClock implements ClockJournal. What a later version wrote and this one can't read is no record.
func (j *EtcdJournal) LoadClock(ctx context.Context) (r ClockRecord, err error) {
	resp, err := j.commit(ctx, nil, []clientv3.Op{clientv3.OpGet(j.clock())}, nil)
	if err != nil {
		return r, fmt.Errorf("journal: load clock: %w", err)
	}
	kvs := resp.Responses[0].GetResponseRange().Kvs
	if len(kvs) == 0 {
		j.seen.set(j.clock(), 0)
		return r, nil
	}
	j.seen.set(j.clock(), kvs[0].ModRevision)
	if json.Unmarshal(kvs[0].Value, &r) != nil {
		return ClockRecord{}, nil //nolint:nilerr // as if there were none
	}
	return r, nil
}

// SaveClock implements ClockJournal.
func (j *EtcdJournal) SaveClock(ctx context.Context, r ClockRecord) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.replace(ctx, j.clock(), true, string(value), []clientv3.Op{clientv3.OpPut(j.clock(), string(value))}); err != nil {
		return fmt.Errorf("journal: save clock: %w", err)
	}
	return nil
}

// LoadClock implements ClockJournal.
func (j *MemoryJournal) LoadClock(context.Context) (ClockRecord, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.clock, nil
}

// SaveClock implements ClockJournal.
func (j *MemoryJournal) SaveClock(_ context.Context, r ClockRecord) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.clock = r
	return nil
}
