// Package coordinator runs conversions on a cluster: it plans shards, gives them to workers, accepts each result once, merges, and quantizes.
//
// The Machine decides; it does no I/O and reads no clock. The Server around it talks to clients, workers, the journal and the store, and feeds
// what happens back as events.
package coordinator

import (
	"slices"
	"time"
)

// State is where a job stands.
type State string

// The states of a job. The last three are final. A job that compares what it made is Finishing before and after it is Comparing.
const (
	Preparing   State = "preparing"
	Calibrating State = "calibrating"
	Finishing   State = "finishing"
	Comparing   State = "comparing"
	Succeeded   State = "succeeded"
	Failed      State = "failed"
	Cancelled   State = "cancelled"
)

// Final reports whether a job in this state is over.
func (s State) Final() bool { return s == Succeeded || s == Failed || s == Cancelled }

// runs reports whether a job in this state has shards that run or wait.
func (s State) runs() bool { return s == Calibrating || s == Comparing }

// What the machine does about failures.
const (
	// maxFailures bounds the failures of one shard, so that a shard that kills its workers fails its job instead of the cluster.
	maxFailures = 8
	// A shard's second failure makes it wait, each further one twice as long.
	firstBackoff = 200 * time.Millisecond
	maxBackoff   = 5 * time.Second
	// A worker that failed a shard gets no other for a while, twice as long after each further failure in a row: one that fails at once
	// is always free, and would draw all shards.
	failedRest = 500 * time.Millisecond
	maxRest    = time.Minute
	// A worker that had no free slot is asked again after this.
	busyRest = 100 * time.Millisecond
)

// Machine is the state of all jobs and workers. A step costs time in proportion to the workers, the jobs that are not over and their shards that run or
// failed, not to those that wait for their first attempt or are done.
type Machine struct {
	Stall           time.Duration // an attempt without progress for so long is given up; 0 for never
	NamespaceShards int           // that run at a time of all jobs of a namespace; 0 for no bound
	Weights         Weights       // of namespaces
	Audit           Audit         // of results

	now     time.Time       // of the present step
	behind  time.Duration   // by which the clock went back in all: the machine's time stands still instead
	jobs    map[string]*job // those that are not over, and those of which an attempt still runs
	queue   []string        // jobs that are not over, the oldest first
	workers map[string]*worker
	roster  []*worker         // the workers by their ids
	slots   map[int]int       // of all workers, by their arithmetic
	spaces  map[string]*space // namespaces that ever had a job
	clock   float64           // the virtual time of namespaces: see share
	typical float64           // what an attempt took in general, in seconds; 0 until one ended
}

// NewMachine returns a machine without jobs and workers.
func NewMachine() *Machine {
	return &Machine{jobs: map[string]*job{}, workers: map[string]*worker{}, slots: map[int]int{}, spaces: map[string]*space{}}
}

// Step takes in what happened and returns what must be done about it, in order.
func (m *Machine) Step(now time.Time, e Event) []Effect {
	if back := m.now.Sub(m.steady(now)); back > 0 {
		m.behind += back
	}
	now = m.steady(now)
	m.now = now
	effects := e.apply(m, now)
	if _, ok := e.(ShardProgress); ok {
		return effects // by far the most frequent event, and it frees nobody
	}
	effects = append(effects, m.waive()...)
	return append(effects, m.assign(now)...)
}

// steady returns a time by the machine's clock, which never goes back.
func (m *Machine) steady(now time.Time) time.Time { return now.Add(m.behind) }

// Wake returns the earliest time at which a shard or worker that waits may go on, or an attempt is given up; false if there is none.
func (m *Machine) Wake(now time.Time) (time.Time, bool) {
	now = m.steady(now)
	var first time.Time
	consider := func(t time.Time) {
		if t.After(now) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	// Where no slot is free nobody waits for a straggler to become one.
	idle := slices.ContainsFunc(m.roster, func(w *worker) bool { return w.busy < w.slots })
	for _, id := range m.queue {
		for _, s := range m.jobs[id].waiting {
			consider(s.notBefore)
		}
		if idle {
			m.straggles(m.jobs[id], consider)
		}
	}
	for _, j := range m.jobs {
		if at, ok := m.stalls(j, now); ok {
			consider(at)
		}
	}
	for _, w := range m.roster {
		consider(w.rest)
	}
	return first.Add(-m.behind), !first.IsZero()
}
