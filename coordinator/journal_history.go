package coordinator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// HistoryJournal keeps what became of jobs, for those who look on.
type HistoryJournal interface {
	// SaveHistory replaces what is kept of a job; ErrGone if the job is not there.
	SaveHistory(ctx context.Context, job string, h HistoryRecord) error
	// Histories returns what is kept, by job.
	Histories(ctx context.Context) (map[string]HistoryRecord, error)
}

func (j *EtcdJournal) history(id string) string { return j.prefix + "/history/" + id }

// SaveHistory implements HistoryJournal.
func (j *EtcdJournal) SaveHistory(ctx context.Context, job string, h HistoryRecord) error {
	value, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	resp, err := j.commit(ctx, []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(j.job(job)), ">", 0)}, []clientv3.Op{clientv3.OpPut(j.history(job), string(value))}, nil)
	switch {
	case err != nil:
		return fmt.Errorf("journal: history of %s: %w", job, err)
	case !resp.Succeeded:
		return fmt.Errorf("journal: history of %s: %w", job, ErrGone)
	}
	return nil
}

// Histories implements HistoryJournal. What a later version wrote and this one can't read is left out.
func (j *EtcdJournal) Histories(ctx context.Context) (map[string]HistoryRecord, error) {
	all := map[string]HistoryRecord{}
	err := j.each(ctx, j.history(""), func(key string, value []byte) error {
		var h HistoryRecord
		if json.Unmarshal(value, &h) == nil {
			all[strings.TrimPrefix(key, j.history(""))] = h
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("journal: histories: %w", err)
	}
	return all, nil
}

// SaveHistory implements HistoryJournal.
func (j *MemoryJournal) SaveHistory(_ context.Context, job string, h HistoryRecord) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, ok := j.jobs[job]; !ok {
		return fmt.Errorf("history of %s: %w", job, ErrGone)
	}
	j.histories[job] = h
	return nil
}

// Histories implements HistoryJournal.
func (j *MemoryJournal) Histories(context.Context) (map[string]HistoryRecord, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.histories), nil
}
