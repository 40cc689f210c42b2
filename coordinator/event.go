package coordinator

import (
	"fmt"
	"slices"
	"time"

	"github.com/octetlite/octet/pkg/shard"
)

// Event is something that happened.
type Event interface {
	apply(m *Machine, now time.Time) []Effect
}

// Effect is something to do. The server carries it out, and reports what came of it as an event.
type Effect interface{ effect() }

// The events.
type (
	// Created: a job is in the journal.
	Created struct{ Job string }
	// Prepared: a job's model is read and its shards are planned. Accepted holds results that the journal has from before a restart.
	Prepared struct {
		Job      string
		Numerics int
		Plan     []shard.Range
		Accepted map[int]string
	}
	// WorkerUp: a worker registered, or changed what it announces.
	WorkerUp struct {
		ID       string
		Slots    int
		Numerics int
	}
	// WorkerDown: a worker's lease is gone.
	WorkerDown struct{ ID string }
	// ShardProgress: an attempt has computed so many samples.
	ShardProgress struct {
		Job                  string
		Shard, Attempt, Done int
	}
	// ShardDone: an attempt's statistics are in the store.
	ShardDone struct {
		Job            string
		Shard, Attempt int
		Digest         string
	}
	// ShardFailed: an attempt ended without a result.
	ShardFailed struct {
		Job            string
		Shard, Attempt int
		Fault          bool // the job's own: it fails in the same way everywhere
		Busy           bool // the worker had no free slot
		Error          Failure
	}
	// Accepted: the journal holds a shard's result: the offered one, or another that came first.
	Accepted struct {
		Job             string
		Shard           int
		Digest, Offered string
	}
	// NotAccepted: the journal could not be written.
	NotAccepted struct {
		Job   string
		Shard int
		Error Failure
	}
	// Finished: a job's result is in the store.
	Finished struct{ Job string }
	// JobFailed: a job can't go on.
	JobFailed struct {
		Job   string
		Error Failure
	}
	// Cancel: somebody wants a job to end.
	Cancel struct{ Job string }
	// Deleted: a job that is over leaves the machine.
	Deleted struct{ Job string }
	// Tick: time went by.
	Tick struct{}
)

// Failure is why a job or an attempt failed.
type Failure struct {
	Kind    FailureKind
	Message string
}

// FailureKind says who has to act on a failure.
type FailureKind string

// The kinds of failures.
const (
	BadInput    FailureKind = "bad_input"
	Refused     FailureKind = "refused"
	Unavailable FailureKind = "unavailable"
	Internal    FailureKind = "internal"
)

// The effects.
type (
	// Prepare reads a job's model and plans its shards; then Prepared or JobFailed.
	Prepare struct{ Job string }
	// Start runs a shard on a worker; then ShardProgress, and ShardDone or ShardFailed.
	Start struct {
		Job     string
		Shard   int
		Range   shard.Range
		Attempt int
		Worker  string
	}
	// Stop ends an attempt, whose outcome no longer matters.
	Stop struct {
		Job            string
		Shard, Attempt int
	}
	// Accept writes a shard's result to the journal, unless it holds one; then Accepted.
	Accept struct {
		Job    string
		Shard  int
		Digest string
	}
	// Finish merges a job's results, given in shard order, and quantizes; then Finished or JobFailed.
	Finish struct {
		Job     string
		Digests []string
	}
	// Save writes a job's state to the journal.
	Save struct {
		Job   string
		State State
		Error Failure // with Failed
	}
	// Alarm reports two different results of one shard: the arithmetic of some worker is not what it announces.
	Alarm struct {
		Job       string
		Shard     int
		Have, Got string
	}
)

func (Prepare) effect() {}
func (Start) effect()   {}
func (Stop) effect()    {}
func (Accept) effect()  {}
func (Finish) effect()  {}
func (Save) effect()    {}
func (Alarm) effect()   {}

func (e Created) apply(m *Machine, _ time.Time) []Effect {
	if m.jobs[e.Job] != nil {
		return nil
	}
	m.jobs[e.Job] = &job{id: e.Job, state: Preparing}
	m.queue = append(m.queue, e.Job)
	return []Effect{Prepare(e)}
}

func (e Prepared) apply(m *Machine, _ time.Time) []Effect {
	j := m.jobs[e.Job]
	if j == nil || j.state != Preparing {
		return nil
	}
	j.state, j.numerics, j.plan = Calibrating, e.Numerics, e.Plan
	j.shards = make([]shardState, len(e.Plan))
	for i, digest := range e.Accepted {
		if i >= 0 && i < len(j.shards) {
			j.shards[i].digest = digest
			j.accepted++
		}
	}
	return append([]Effect{Save{Job: e.Job, State: Calibrating}}, m.complete(j)...)
}

// complete moves a job on when all its shards are accepted.
func (m *Machine) complete(j *job) []Effect {
	if j.state != Calibrating || j.accepted < len(j.plan) {
		return nil
	}
	j.state = Finishing
	digests := make([]string, len(j.shards))
	for i := range j.shards {
		digests[i] = j.shards[i].digest
	}
	return []Effect{Save{Job: j.id, State: Finishing}, Finish{Job: j.id, Digests: digests}}
}

func (e WorkerUp) apply(m *Machine, _ time.Time) []Effect {
	w := m.workers[e.ID]
	if w == nil {
		w = &worker{id: e.ID}
		m.workers[e.ID] = w
	}
	w.slots, w.numerics = e.Slots, e.Numerics
	return nil
}

func (e WorkerDown) apply(m *Machine, now time.Time) []Effect {
	if m.workers[e.ID] == nil {
		return nil
	}
	delete(m.workers, e.ID)
	var effects []Effect
	for _, id := range slices.Clone(m.queue) {
		j := m.jobs[id]
		for i := range j.shards {
			s := &j.shards[i]
			for k := range s.running {
				if a := &s.running[k]; a.worker == e.ID && !a.lost {
					a.lost = true
					effects = append(effects, m.failed(j, i, e.ID, now, Failure{Unavailable, fmt.Sprintf("worker %s is gone", e.ID)})...)
				}
			}
		}
	}
	return effects
}

func (e ShardProgress) apply(m *Machine, _ time.Time) []Effect {
	if s := m.shard(e.Job, e.Shard); s != nil {
		s.done = max(s.done, e.Done)
	}
	return nil
}

func (e ShardDone) apply(m *Machine, _ time.Time) []Effect {
	s := m.shard(e.Job, e.Shard)
	if s == nil {
		return nil
	}
	if _, ok := m.drop(s, e.Attempt); !ok {
		return nil
	}
	j := m.jobs[e.Job]
	if s.digest != "" {
		return differ(e.Job, e.Shard, s.digest, e.Digest)
	}
	if j.state != Calibrating {
		return nil
	}
	s.accepting = true
	return []Effect{Accept{Job: e.Job, Shard: e.Shard, Digest: e.Digest}}
}

func differ(job string, shard int, have, got string) []Effect {
	if have == got {
		return nil
	}
	return []Effect{Alarm{Job: job, Shard: shard, Have: have, Got: got}}
}

func (e Accepted) apply(m *Machine, _ time.Time) []Effect {
	s := m.shard(e.Job, e.Shard)
	if s == nil {
		return nil
	}
	s.accepting = false
	effects := differ(e.Job, e.Shard, e.Digest, e.Offered)
	if s.digest != "" {
		return effects
	}
	j := m.jobs[e.Job]
	s.digest = e.Digest
	j.accepted++
	effects = append(effects, m.abort(j, e.Shard, true)...)
	return append(effects, m.complete(j)...)
}

func (e NotAccepted) apply(m *Machine, now time.Time) []Effect {
	s := m.shard(e.Job, e.Shard)
	if s == nil {
		return nil
	}
	s.accepting = false
	return m.failed(m.jobs[e.Job], e.Shard, "", now, e.Error)
}

func (e ShardFailed) apply(m *Machine, now time.Time) []Effect {
	s := m.shard(e.Job, e.Shard)
	if s == nil {
		return nil
	}
	a, ok := m.drop(s, e.Attempt)
	if !ok || s.digest != "" || a.lost {
		return nil
	}
	j := m.jobs[e.Job]
	switch {
	case j.state != Calibrating:
		return nil
	case e.Fault:
		return m.end(j, Failed, e.Error)
	case e.Busy:
		if w := m.workers[a.worker]; w != nil {
			w.rest = now.Add(busyRest)
		}
		s.attempts--
		return nil
	}
	if w := m.workers[a.worker]; w != nil {
		w.rest = now.Add(failedRest)
	}
	return m.failed(j, e.Shard, a.worker, now, e.Error)
}

// How long a worker that refused or failed a shard gets no other.
const (
	busyRest   = 100 * time.Millisecond
	failedRest = 500 * time.Millisecond
)

// failed counts a failure of a shard that is not the job's fault, and fails the job when there were too many.
func (m *Machine) failed(j *job, i int, worker string, now time.Time, f Failure) []Effect {
	s := &j.shards[i]
	if s.digest != "" || j.state != Calibrating {
		return nil
	}
	s.failures++
	s.lastError, s.avoid, s.done = f.Message, worker, 0
	if s.failures >= maxAttempts {
		f.Message = fmt.Sprintf("shard %d failed %d times, last: %s", i, s.failures, f.Message)
		return m.end(j, Failed, f)
	}
	if s.failures > 1 {
		s.notBefore = now.Add(min(200*time.Millisecond<<(s.failures-2), 5*time.Second))
	}
	return nil
}

func (e Finished) apply(m *Machine, _ time.Time) []Effect {
	j := m.jobs[e.Job]
	if j == nil || j.state.Final() {
		return nil
	}
	return m.end(j, Succeeded, Failure{})
}

func (e JobFailed) apply(m *Machine, _ time.Time) []Effect {
	j := m.jobs[e.Job]
	if j == nil || j.state.Final() {
		return nil
	}
	return m.end(j, Failed, e.Error)
}

func (e Cancel) apply(m *Machine, _ time.Time) []Effect {
	j := m.jobs[e.Job]
	if j == nil || j.state.Final() {
		return nil
	}
	return m.end(j, Cancelled, Failure{})
}

func (e Deleted) apply(m *Machine, _ time.Time) []Effect {
	if j := m.jobs[e.Job]; j != nil && j.state.Final() {
		delete(m.jobs, e.Job)
	}
	return nil
}

func (Tick) apply(*Machine, time.Time) []Effect { return nil }

// shard returns a shard's state, nil if the job or the shard is unknown.
func (m *Machine) shard(id string, i int) *shardState {
	j := m.jobs[id]
	if j == nil || i < 0 || i >= len(j.shards) {
		return nil
	}
	return &j.shards[i]
}
