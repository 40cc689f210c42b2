// Package coordinator runs conversions on a cluster: it plans shards, gives them to workers, accepts each result once, merges, and quantizes.
//
// The Machine decides; it does no I/O and reads no clock. The Server around it talks to clients, workers, the journal and the store, and feeds
// what happens back as events.
package coordinator

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/octetlite/octet/pkg/shard"
)

// State is where a job stands.
type State string

// The states of a job. The last three are final.
const (
	Preparing   State = "preparing"
	Calibrating State = "calibrating"
	Finishing   State = "finishing"
	Succeeded   State = "succeeded"
	Failed      State = "failed"
	Cancelled   State = "cancelled"
)

// Final reports whether a job in this state is over.
func (s State) Final() bool { return s == Succeeded || s == Failed || s == Cancelled }

// maxAttempts bounds the tries of one shard, so that a shard that kills its workers fails its job instead of the cluster.
const maxAttempts = 8

// Machine is the state of all jobs and workers.
type Machine struct {
	jobs    map[string]*job
	queue   []string // jobs that are not over, the oldest first
	workers map[string]*worker
}

type job struct {
	id       string
	state    State
	numerics int
	plan     []shard.Range
	shards   []shardState
	accepted int
}

type shardState struct {
	digest    string // of the accepted statistics; empty until then
	attempts  int    // tries begun
	running   []attempt
	accepting bool // a result is on its way to the journal
	failures  int
	notBefore time.Time
	lastError string
	avoid     string // the worker that failed it last
	done      int    // samples computed by the attempt that is furthest
}

type attempt struct {
	number int
	worker string
	lost   bool // its worker's lease is gone; a result that comes all the same is welcome
}

type worker struct {
	id       string
	slots    int
	busy     int
	numerics int
	rest     time.Time // no new shards before that, after a failure
}

// NewMachine returns a machine without jobs and workers.
func NewMachine() *Machine {
	return &Machine{jobs: map[string]*job{}, workers: map[string]*worker{}}
}

// Step takes in what happened and returns what must be done about it, in order.
func (m *Machine) Step(now time.Time, e Event) []Effect {
	effects := e.apply(m, now)
	return append(effects, m.assign(now)...)
}

// assign gives waiting shards to free workers: the oldest job first, its shards in order, each to the least busy worker of the job's arithmetic.
func (m *Machine) assign(now time.Time) (effects []Effect) {
	for _, id := range m.queue {
		j := m.jobs[id]
		if j.state != Calibrating {
			continue
		}
		for i := range j.shards {
			s := &j.shards[i]
			if s.digest != "" || s.accepting || s.live() || now.Before(s.notBefore) {
				continue
			}
			w := m.free(now, j.numerics, s.avoid)
			if w == nil {
				continue
			}
			s.attempts++
			w.busy++
			s.running = append(s.running, attempt{number: s.attempts, worker: w.id})
			effects = append(effects, Start{Job: id, Shard: i, Range: j.plan[i], Attempt: s.attempts, Worker: w.id})
		}
	}
	return effects
}

// free returns the worker with the most free slots, or nil; the one to avoid only if there is no other with the job's arithmetic.
func (m *Machine) free(now time.Time, numerics int, avoid string) *worker {
	var best *worker
	others := false
	for _, w := range m.workers {
		if w.numerics != numerics {
			continue
		}
		others = others || w.id != avoid
		if w.busy >= w.slots || now.Before(w.rest) || w.id == avoid {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(best.slots-best.busy, w.slots-w.busy), cmp.Compare(w.id, best.id)) < 0 {
			best = w
		}
	}
	if best == nil && !others {
		if w := m.workers[avoid]; w != nil && w.numerics == numerics && w.busy < w.slots && !now.Before(w.rest) {
			return w
		}
	}
	return best
}

// live reports whether an attempt runs on a worker that is there.
func (s *shardState) live() bool {
	return slices.ContainsFunc(s.running, func(a attempt) bool { return !a.lost })
}

// drop removes an attempt and frees its worker's slot. ok is false if it was not running.
func (m *Machine) drop(s *shardState, number int) (a attempt, ok bool) {
	i := slices.IndexFunc(s.running, func(a attempt) bool { return a.number == number })
	if i < 0 {
		return attempt{}, false
	}
	a = s.running[i]
	s.running = slices.Delete(s.running, i, i+1)
	if w := m.workers[a.worker]; w != nil && !a.lost {
		w.busy--
	}
	return a, true
}

// end puts a job into a final state: its attempts are stopped, and it leaves the queue. Lost attempts of a job that succeeded go on, so that a
// late result can be compared with the one that was accepted.
func (m *Machine) end(j *job, state State, f Failure) (effects []Effect) {
	j.state = state
	m.queue = slices.DeleteFunc(m.queue, func(id string) bool { return id == j.id })
	for i := range j.shards {
		effects = append(effects, m.abort(j, i, state == Succeeded)...)
	}
	return append(effects, Save{Job: j.id, State: state, Error: f})
}

// abort stops the attempts of a shard, but for lost ones if they are to be kept.
func (m *Machine) abort(j *job, i int, keepLost bool) (effects []Effect) {
	s := &j.shards[i]
	for _, a := range slices.Clone(s.running) {
		if keepLost && a.lost {
			continue
		}
		m.drop(s, a.number)
		effects = append(effects, Stop{Job: j.id, Shard: i, Attempt: a.number})
	}
	return effects
}

// Wake returns the earliest time at which a shard or worker that waits may go on, and false if none waits.
func (m *Machine) Wake(now time.Time) (time.Time, bool) {
	var first time.Time
	consider := func(t time.Time) {
		if t.After(now) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	for _, id := range m.queue {
		for i := range m.jobs[id].shards {
			if s := &m.jobs[id].shards[i]; s.digest == "" {
				consider(s.notBefore)
			}
		}
	}
	for _, w := range m.workers {
		consider(w.rest)
	}
	return first, !first.IsZero()
}

// Progress is how far a job is.
type Progress struct {
	SamplesDone, SamplesTotal int
	ShardsDone, ShardsTotal   int
	Running                   int
	Waiting                   string // why nothing runs, if nothing does
}

// Progress returns how far a job is; the zero value for an unknown one.
func (m *Machine) Progress(id string) Progress {
	j := m.jobs[id]
	if j == nil {
		return Progress{}
	}
	p := Progress{ShardsDone: j.accepted, ShardsTotal: len(j.plan)}
	lastError := ""
	for i := range j.shards {
		s := &j.shards[i]
		p.SamplesTotal += j.plan[i].Len()
		switch {
		case s.digest != "":
			p.SamplesDone += j.plan[i].Len()
		case s.live():
			p.Running++
			p.SamplesDone += min(s.done, j.plan[i].Len())
		case s.lastError != "":
			lastError = s.lastError
		}
	}
	if j.state == Calibrating && p.Running == 0 {
		p.Waiting = m.waiting(j, lastError)
	}
	return p
}

func (m *Machine) waiting(j *job, lastError string) string {
	same := 0
	for _, w := range m.workers {
		if w.numerics == j.numerics {
			same++
		}
	}
	switch {
	case len(m.workers) == 0:
		return "no worker is registered"
	case same == 0:
		return fmt.Sprintf("none of %d workers has numerics version %d", len(m.workers), j.numerics)
	case lastError != "":
		return "a shard is tried again after: " + lastError
	}
	return "all workers are busy"
}
