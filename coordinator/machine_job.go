package coordinator

import (
	"cmp"
	"slices"
	"time"

	"github.com/octetlite/octet/pkg/shard"
)

type job struct {
	id       string
	space    *space
	weight   float64 // among the jobs of its namespace
	model    string  // what its shards run: jobs of one model profit from each other's workers
	share    share
	costs    costs // of the present phase
	state    State
	numerics int
	plan     []shard.Range  // of all phases that were begun
	phases   []int          // where the shards of each phase end
	kept     map[int]string // results that the journal has from before a restart, by the shards' numbers
	digests  []string       // of the accepted results by shard, empty until then
	accepted int            // shards
	samples  int            // in all
	done     int            // samples of accepted shards
	before   Progress       // of what was measured and merged before a restart
	need     Need           // of a shard of the present phase
	next     int            // no shard from here on was begun
	limit    int            // shards from here on do not matter: all of them, or those in front of the first fault
	missing  int            // shards below the limit that are not accepted
	audits   int            // shards that are accepted, and computed once more
	fault    *Failure       // of the shard at the limit
	growing  bool           // shards are added to the first phase as samples arrive
	open     shards         // begun, and not over: a result is missing, or an attempt runs
	waiting  shards         // those of open that must be begun again
}

// shardState is a shard that was begun.
type shardState struct {
	index     int
	attempts  int // begun
	running   []attempt
	accepting int // results on their way to the journal
	failures  int
	failedOn  []string // workers that failed it, in order
	lastError string
	notBefore time.Time
	done      int    // samples computed by the attempt that is furthest
	maker     string // of an audited shard: the worker whose result was accepted
}

type attempt struct {
	number  int
	worker  string
	since   time.Time // of its last progress
	began   time.Time // when its worker took it up, as far as is known
	begun   bool      // that is known
	done    int       // samples
	quick   bool      // it was expected to be over in a moment
	charged float64   // seconds of a slot that it was expected to take, and that were paid for
	model   string    // that it runs
	need    Need
	settled bool // it is paid for, and counts no more
	lost    bool // its worker's lease is gone; a result that comes all the same is welcome
	spare   bool // another attempt's result was accepted: it goes on, for comparison, until somebody else wants the slot
}

// shards are shards in the order of their indices.
type shards []*shardState

func (l shards) search(index int) (int, bool) {
	return slices.BinarySearchFunc(l, index, func(s *shardState, index int) int { return cmp.Compare(s.index, index) })
}

func (l *shards) insert(s *shardState) {
	if i, ok := l.search(s.index); !ok {
		*l = slices.Insert(*l, i, s)
	}
}

func (l *shards) remove(s *shardState) {
	if i, ok := l.search(s.index); ok {
		*l = slices.Delete(*l, i, i+1)
	}
}

// shard returns a job and one of its open shards; nil if there is none, since then nothing that happens to it matters.
func (m *Machine) shard(id string, index int) (*job, *shardState) {
	j := m.jobs[id]
	if j == nil {
		return nil, nil
	}
	i, ok := j.open.search(index)
	if !ok {
		return nil, nil
	}
	return j, j.open[i]
}

// fresh returns the next shard that was never begun, nil if there is none.
func (j *job) fresh() *shardState {
	for j.next < j.limit && j.digests[j.next] != "" {
		j.next++ // accepted before a restart
	}
	if j.next >= j.limit {
		return nil
	}
	return &shardState{index: j.next}
}

// accept takes a shard's result.
func (j *job) accept(index int, digest string) {
	j.digests[index] = digest
	j.accepted++
	if index < j.limit {
		j.missing--
	}
	j.done += j.plan[index].Len()
}

// live reports whether an attempt runs on a worker that is there.
func (s *shardState) live() bool { return s.alive() > 0 }

// alive counts the attempts that run on workers that are there.
func (s *shardState) alive() (n int) {
	for _, a := range s.running {
		if !a.lost {
			n++
		}
	}
	return n
}

// on reports whether an attempt runs on a worker.
func (s *shardState) on(worker string) bool {
	return slices.ContainsFunc(s.running, func(a attempt) bool { return a.worker == worker && !a.lost })
}

// find returns an attempt's place among those that run, or -1.
func (s *shardState) find(number int) int {
	return slices.IndexFunc(s.running, func(a attempt) bool { return a.number == number })
}

// drop removes an attempt and frees its worker's slot. ok is false if it was not running.
func (m *Machine) drop(j *job, s *shardState, number int) (a attempt, ok bool) {
	i := s.find(number)
	if i < 0 {
		return attempt{}, false
	}
	m.pay(j, &s.running[i])
	a = s.running[i]
	s.running = slices.Delete(s.running, i, i+1)
	if w := m.workers[a.worker]; w != nil && !a.lost {
		w.release(a)
	}
	return a, true
}

// settle puts a shard where it belongs after something happened to it, and forgets a job that is over once nothing of it runs.
func (m *Machine) settle(j *job, s *shardState) {
	over := j.digests[s.index] != "" && !s.audited() || s.index >= j.limit || j.state.Final()
	if over || s.live() || s.accepting > 0 {
		j.waiting.remove(s)
	} else {
		j.waiting.insert(s)
	}
	if over && len(s.running) == 0 && s.accepting == 0 {
		j.open.remove(s)
	}
	if j.state.Final() && len(j.open) == 0 {
		delete(m.jobs, j.id)
	}
}

// end puts a job into a final state: its attempts are stopped, and it leaves the queue. Lost and spare attempts of a job that succeeded go on, so that a
// late result can be compared with the one that was accepted.
func (m *Machine) end(j *job, state State, f Failure) (effects []Effect) {
	p := m.progress(j)
	p.Running, p.Waiting = 0, ""
	j.state = state
	m.queue = slices.DeleteFunc(m.queue, func(id string) bool { return id == j.id })
	for _, s := range slices.Clone(j.open) {
		effects = append(effects, m.abort(j, s, state == Succeeded)...)
		m.settle(j, s)
	}
	if len(j.open) == 0 {
		delete(m.jobs, j.id)
	}
	return append(effects, Save{Job: j.id, State: state, Error: f, Progress: p})
}

// abort stops the attempts of a shard, but for lost and spare ones if those are to be kept.
func (m *Machine) abort(j *job, s *shardState, keep bool) (effects []Effect) {
	for _, a := range slices.Clone(s.running) {
		if keep && (a.lost || a.spare) {
			continue
		}
		m.drop(j, s, a.number)
		effects = append(effects, Stop{Job: j.id, Shard: s.index, Attempt: a.number})
	}
	return effects
}

// phaseShards lies between the numbers that the first shards of two phases have in the journal. A restart may find that the first phase need not run any more; the numbers
// of later phases' shards stay.
const phaseShards = 1 << 20

// extend begins a phase with its shards.
func (j *job) extend(state State, plan []shard.Range) {
	j.state, j.costs = state, costs{}
	j.phases = append(j.phases, len(j.plan))
	j.missing = 0
	j.grow(plan)
}

// grow adds shards to the last phase.
func (j *job) grow(plan []shard.Range) {
	first := len(j.plan)
	j.plan = append(j.plan, plan...)
	j.phases[len(j.phases)-1] = len(j.plan)
	j.digests = append(j.digests, make([]string, len(plan))...)
	if j.fault == nil {
		j.limit = len(j.plan)
		j.missing += len(plan)
	}
	for i, r := range plan {
		j.samples += r.Len()
		if digest := j.kept[j.number(first+i)]; digest != "" {
			j.accept(first+i, digest)
		}
	}
}

// phase returns the phase that a shard belongs to, and the first shard of it.
func (j *job) phase(shard int) (phase, first int) {
	phase, _ = slices.BinarySearch(j.phases, shard+1)
	if phase > 0 {
		first = j.phases[phase-1]
	}
	return phase, first
}

// number returns the number that a shard has in the journal.
func (j *job) number(shard int) int {
	phase, first := j.phase(shard)
	return phase*phaseShards + shard - first
}

// results returns the digests of all shards by phase.
func (j *job) results() (all [][]string) {
	first := 0
	for _, end := range j.phases {
		all = append(all, slices.Clone(j.digests[first:end]))
		first = end
	}
	return all
}

// complete moves a job on when all shards of its phase are accepted, or ends it when those in front of a fault are.
func (m *Machine) complete(j *job) []Effect {
	switch {
	case !j.state.runs() || j.missing > 0 || j.fault == nil && (j.growing || j.audits > 0):
		return nil
	case j.fault != nil:
		return m.end(j, Failed, *j.fault)
	}
	j.state = Finishing
	return []Effect{Save{Job: j.id, State: Finishing}, Finish{Job: j.id, Digests: j.results()}}
}

// blame takes note of a fault. The job fails with the fault of its first shard that has one, so that the same job always fails in the same way: the shards
// behind this one are stopped, those in front of it go on.
func (m *Machine) blame(j *job, s *shardState, f Failure) (effects []Effect) {
	j.limit, j.fault, j.missing = s.index, &f, 0
	for _, digest := range j.digests[:j.limit] {
		if digest == "" {
			j.missing++
		}
	}
	i, _ := j.open.search(s.index)
	for _, s := range slices.Clone(j.open[i:]) {
		effects = append(effects, m.abort(j, s, false)...)
		m.settle(j, s)
	}
	return append(effects, m.complete(j)...)
}

// avoid has a worker be the last that the shard is given to.
func (s *shardState) avoid(worker string) {
	s.failedOn = append(slices.DeleteFunc(s.failedOn, func(id string) bool { return id == worker }), worker)
}

// failed counts a failure of a shard that is not the job's fault, and fails the job when there were too many.
func (m *Machine) failed(j *job, s *shardState, worker string, now time.Time, f Failure) []Effect {
	switch {
	case !j.state.runs():
		return nil
	case s.audited():
		return m.unaudited(j, s, worker)
	case j.digests[s.index] != "":
		return nil
	}
	s.failures++
	s.avoid(worker)
	s.lastError, s.done = f.Message, 0
	if s.failures >= maxFailures {
		return m.end(j, Failed, tooMany(s, f))
	}
	if s.failures > 1 {
		s.notBefore = now.Add(min(firstBackoff<<(s.failures-2), maxBackoff))
	}
	return nil
}
