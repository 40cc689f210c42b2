package coordinator

import (
	"container/heap"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/shard"
)

var (
	seed        = flag.Int64("seed", -1, "the one seed that TestSimulation runs with; by default it runs with several")
	simulations = flag.Int("simulations", 40, "the number of seeds that TestSimulation runs with")
)

// simulation is a cluster in virtual time around a machine: workers of different speeds that come, go, drain, die, hang and straggle; messages that are late, lost or
// doubled; a journal that takes its time; and coordinators that succeed each other. Everything follows from a seed.
type simulation struct {
	t        checker
	rng      *rand.Rand
	m        *Machine
	term     int // messages to an earlier coordinator reach nobody
	now      time.Time
	due      queue
	quota    int
	workers  map[string]*simWorker
	serial   int
	jobs     map[string]*simJob
	order    []string
	expected int                  // jobs
	calls    map[attemptKey]*call // that run, as the workers have them
	wake     time.Time            // of the next tick
	light    bool                 // what is checked at each step is left out
	faults   bool
	elects   bool                     // coordinators succeed each other by themselves
	used     map[string]time.Duration // by job
	stats    simStats
	audit    float64    // the share of shards that are computed once more
	queues   bool       // shards beyond a worker's slots wait for one, which they do only where nothing fails; else they run at once
	memory   *rand.Rand // of workers and jobs follows from it; nil if it plays no part
}

// checker is a test, or one that rapid makes.
type checker interface {
	Helper()
	Fatalf(format string, args ...any)
}

// simStats are what a run came to.
type simStats struct {
	steps, starts, deaths, terms, audits int
	cost                                 time.Duration // of all steps, really
	work                                 time.Duration // of all attempts that were begun, without what goes wrong
}

type simWorker struct {
	WorkerUp
	speed    float64
	draining bool
	dead     bool
	until    []time.Time // when each slot is free, if shards queue up
}

type simJob struct {
	Created
	plan      []shard.Range
	phases    int
	perSample time.Duration
	need      Need
	state     State
	journal   map[int]string
	created   time.Time
	ended     time.Time
	digests   [][]string
}

// call is an attempt on a worker.
type call struct {
	Start
	term    int
	worker  *simWorker
	stopped bool
}

// queue is what is due, the earliest first.
type queue []due

type due struct {
	at   time.Time
	turn int // among those of the same time
	do   func()
}

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, k int) bool {
	return q[i].at.Before(q[k].at) || q[i].at.Equal(q[k].at) && q[i].turn < q[k].turn
}
func (q queue) Swap(i, k int) { q[i], q[k] = q[k], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(due)) }
func (q *queue) Pop() any     { x := (*q)[len(*q)-1]; *q = (*q)[:len(*q)-1]; return x }

func newSimulation(t checker, seed int64) *simulation {
	s := &simulation{
		t: t, rng: rand.New(rand.NewPCG(uint64(seed), 1)), now: epoch, workers: map[string]*simWorker{}, jobs: map[string]*simJob{}, calls: map[attemptKey]*call{},
		used: map[string]time.Duration{},
	}
	s.elect()
	return s
}

// after has something done after a while.
func (s *simulation) after(d time.Duration, do func()) {
	s.serial++
	heap.Push(&s.due, due{s.now.Add(d), s.serial, do})
}

// between is a random time.
func (s *simulation) between(low, high time.Duration) time.Duration {
	return low + time.Duration(s.rng.Int64N(int64(high-low)+1))
}

// chance is true once in n times, with faults.
func (s *simulation) chance(n int) bool { return s.faults && s.rng.IntN(n) == 0 }

func (s *simulation) net() time.Duration { return s.between(time.Millisecond, 20*time.Millisecond) }

// post brings an event to the coordinator of a term.
func (s *simulation) post(term int, e Event) {
	if term != s.term {
		return
	}
	begin := time.Now()
	effects := s.m.Step(s.now, e)
	s.stats.cost += time.Since(begin)
	s.stats.steps++
	for _, f := range effects {
		s.carryOut(term, f)
	}
	if !s.light {
		s.conserves()
	}
	if at, ok := s.m.Wake(s.now); ok && (!s.wake.After(s.now) || at.Before(s.wake)) {
		s.wake = at
		s.after(at.Sub(s.now), func() { s.post(term, Tick{}) })
	}
}

// conserves checks that no slot is free that a shard could have which nobody has begun, and that quotas hold.
func (s *simulation) conserves() {
	if s.memory != nil {
		s.fits()
		return // a worker may be kept free
	}
	free := s.m.free(s.now)
	for _, id := range s.m.queue {
		j := s.m.jobs[id]
		if q := s.m.NamespaceShards; q > 0 && j.space.running > q {
			s.t.Fatalf("%d shards of %q run, the quota is %d", j.space.running, s.jobs[id].Namespace, q)
		}
		if len(free.workers) == 0 || !j.state.runs() || !s.m.within(j.space) || j.fresh() == nil {
			continue
		}
		for _, w := range free.workers {
			if w.numerics == j.numerics && free.room(w, 0) > 0 {
				s.t.Fatalf("worker %s has %d of %d slots in use, and shard %d of %s waits", w.id, w.busy, w.slots, j.next, id)
			}
		}
	}
}

// send is post by way of the network, which may double a message.
func (s *simulation) send(term int, e Event) {
	s.after(s.net(), func() { s.post(term, e) })
	if s.chance(50) {
		s.after(s.net()*10, func() { s.post(term, e) })
	}
}

// elect makes another coordinator lead, which finds jobs in the journal and workers in the registry. Its predecessor's calls end.
func (s *simulation) elect() {
	s.term++
	s.stats.terms++
	s.m, s.wake = newMachine(), time.Time{}
	s.m.Stall, s.m.NamespaceShards = 5*time.Minute, s.quota
	s.m.Audit = Audit{s.audit, [16]byte{byte(s.term)}}
	for _, c := range s.calls {
		c.stopped = true
	}
	clear(s.calls)
	term := s.term
	for _, id := range slices.Sorted(maps.Keys(s.workers)) {
		s.post(term, s.workers[id].up())
	}
	for _, id := range s.order {
		if !s.jobs[id].state.Final() {
			s.post(term, s.jobs[id].Created)
		}
	}
}

func (w *simWorker) up() WorkerUp {
	up := w.WorkerUp
	if w.draining {
		up.Slots = 0
	}
	return up
}

func (s *simulation) carryOut(term int, f Effect) {
	switch f := f.(type) {
	case Prepare:
		j := s.jobs[f.Job]
		s.after(s.between(10*time.Millisecond, time.Second), func() {
			s.post(term, Prepared{Job: f.Job, Model: fmt.Sprint("m", len(f.Job)%3), Numerics: 1, Plan: j.plan, Accepted: maps.Clone(j.journal), Need: j.need})
		})
	case Start:
		s.begin(term, f)
	case Stop:
		if c := s.calls[attemptKey{f.Job, f.Shard, f.Attempt}]; c != nil {
			c.stopped = true
			delete(s.calls, attemptKey{f.Job, f.Shard, f.Attempt})
		}
	case Accept:
		s.after(s.between(time.Millisecond, 50*time.Millisecond), func() { s.write(term, f) })
	case Finish:
		s.after(s.between(10*time.Millisecond, time.Second), func() { s.finish(term, f) })
	case Save:
		j := s.jobs[f.Job]
		if j.state.Final() {
			s.t.Fatalf("%s is %s, and was %s before", f.Job, f.State, j.state)
		}
		if j.state = f.State; f.State.Final() {
			j.ended = s.now
		}
		if f.State == Failed {
			s.t.Fatalf("%s failed: %+v", f.Job, f.Error)
		}
	case Alarm:
		s.t.Fatalf("%+v", f)
	}
}

// begin has a worker take up a shard.
func (s *simulation) begin(term int, f Start) {
	j, w := s.jobs[f.Job], s.workers[f.Worker]
	s.stats.starts++
	if w == nil {
		s.t.Fatalf("%+v is on a worker that is gone", f)
	}
	key := attemptKey{f.Job, f.Shard, f.Attempt}
	running, others := 0, 0
	for k, c := range s.calls {
		if s.light {
			break
		}
		if c.Worker == f.Worker {
			running++
		}
		if c.Job == f.Job && k.shard == f.Shard && s.workers[c.Worker] != nil {
			others++
		}
	}
	n := len(j.plan)
	number := f.Shard/n*phaseShards + f.Shard%n
	switch {
	case running >= w.Slots+w.Backlog || w.draining:
		s.t.Fatalf("%+v is the %d-th on a worker of %d slots and %d beyond", f, running+1, w.Slots, w.Backlog)
	case others > 1:
		s.t.Fatalf("%+v is begun, and %d others run", f, others)
	case s.calls[key] != nil:
		s.t.Fatalf("%+v is begun twice", f)
	case j.journal[number] != "" && s.m.jobs[f.Job].digests[f.Shard] != "":
		_, o := s.m.shard(f.Job, f.Shard)
		if !o.audited() || o.maker == f.Worker {
			s.t.Fatalf("%+v is begun, and accepted", f)
		}
		s.stats.audits++
	}
	c := &call{Start: f, term: term, worker: w}
	s.calls[key] = c
	switch { // what goes wrong before it begins
	case w.dead:
		s.after(s.net(), func() { s.fail(c, true) })
		return
	case s.chance(100):
		s.after(s.net(), func() { s.over(c, ShardFailed{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Busy: true}) })
		return
	}
	took := time.Duration(float64(time.Duration(f.Range.Len())*j.perSample) / w.speed)
	took = max(took+took/10*time.Duration(s.rng.IntN(3)), time.Millisecond)
	s.stats.work += took
	s.used[f.Job] += took
	if s.chance(40) {
		took *= 20 // a straggler
	}
	if s.queues {
		wait := w.queue(s.now, took)
		s.after(wait, func() { s.send(term, ShardBegun{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt}) })
		s.after(wait+took, func() {
			s.over(c, ShardDone{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Digest: digest(f.Job, f.Shard)})
		})
		return
	}
	s.send(term, ShardBegun{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt})
	if s.chance(300) {
		return // it hangs for ever
	}
	if s.chance(60) {
		s.after(took/2, func() { s.fail(c, false) })
		return
	}
	s.after(took/2, func() {
		if !c.stopped && !w.dead {
			s.send(term, ShardProgress{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Done: f.Range.Len() / 2})
		}
	})
	s.after(took, func() {
		if !w.dead {
			s.over(c, ShardDone{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Digest: digest(f.Job, f.Shard)})
		}
	})
}

func (s *simulation) over(c *call, e Event) {
	if c.stopped {
		if s.chance(2) {
			s.send(c.term, e) // it was on its way
		}
		return
	}
	c.stopped = true
	delete(s.calls, attemptKey{c.Job, c.Shard, c.Attempt})
	s.send(c.term, e)
}

func (s *simulation) fail(c *call, unbegun bool) {
	s.over(c, ShardFailed{Job: c.Job, Shard: c.Shard, Attempt: c.Attempt, Unbegun: unbegun, Error: Failure{Kind: Unavailable, Message: "trouble"}})
}

// write puts a result into the journal. A write of a coordinator that leads no longer changes nothing.
func (s *simulation) write(term int, f Accept) {
	if term != s.term {
		return
	}
	j := s.jobs[f.Job]
	kept := j.journal[f.Number]
	if kept == "" {
		kept = f.Digest
		j.journal[f.Number] = kept
		if s.elects && s.chance(200) {
			s.elect() // who wrote it dies before it learns that it is written
			return
		}
	}
	s.post(term, Accepted{Job: f.Job, Shard: f.Shard, Digest: kept, Offered: f.Digest, Worker: f.Worker})
}

func (s *simulation) finish(term int, f Finish) {
	j := s.jobs[f.Job]
	if term != s.term || j.state != Finishing {
		return
	}
	j.digests = f.Digests
	if len(f.Digests) < j.phases {
		s.post(term, Finished{Job: f.Job, Next: j.plan})
		return
	}
	s.post(term, Finished{Job: f.Job})
}

// join adds a worker.
func (s *simulation) join(slots int) *simWorker {
	s.serial++
	id := fmt.Sprintf("w%06d", s.serial)
	w := &simWorker{WorkerUp: WorkerUp{ID: id, Slots: slots, Backlog: s.rng.IntN(slots + 1), Numerics: 1}, speed: 0.5 + s.rng.Float64()}
	if s.memory != nil && s.memory.IntN(4) > 0 {
		w.Memory = 2000 + s.memory.Int64N(4000)
	}
	s.workers[id] = w
	s.post(s.term, w.up())
	return w
}

// leave takes a worker away, in order or not, and has another join.
func (s *simulation) leave(w *simWorker) {
	gone := func() {
		delete(s.workers, w.ID)
		w.dead = true
		s.post(s.term, WorkerDown{ID: w.ID})
		s.join(w.Slots)
	}
	s.stats.deaths++
	if s.rng.IntN(2) == 0 {
		w.draining = true
		s.post(s.term, w.up())
		s.after(30*time.Second, gone)
		return
	}
	w.dead = true // and its lease lives on for a while
	s.after(s.between(time.Second, 10*time.Second), gone)
	for _, key := range slices.SortedFunc(maps.Keys(s.calls), func(a, b attemptKey) int { return compareKeys(a, b) }) {
		if c := s.calls[key]; c.worker == w && s.rng.IntN(2) == 0 {
			s.after(s.net(), func() { s.fail(c, false) })
		}
	}
}

func compareKeys(a, b attemptKey) int {
	return slices.Compare([]string{a.job, fmt.Sprintf("%08d-%08d", a.shard, a.attempt)}, []string{b.job, fmt.Sprintf("%08d-%08d", b.shard, b.attempt)})
}

// create adds a job.
func (s *simulation) create(namespace string, priority Priority, samples, phases int, perSample time.Duration) *simJob {
	id := fmt.Sprintf("j%0*d", 3+len(s.order)%3, len(s.order))
	j := &simJob{
		Created: Created{Job: id, Namespace: namespace, Priority: priority}, plan: shard.Plan(samples), phases: phases, perSample: perSample, state: Preparing,
		journal: map[int]string{}, created: s.now,
	}
	if s.memory != nil {
		j.need = Need{Model: 1 + s.memory.Int64N(500), Shard: 1 + s.memory.Int64N(500)}
	}
	s.order, s.jobs[id] = append(s.order, id), j
	s.post(s.term, j.Created)
	return j
}

// run goes on until all jobs are over, or for so long.
func (s *simulation) run(limit time.Duration) {
	end := s.now.Add(limit)
	for len(s.due) > 0 {
		d := heap.Pop(&s.due).(due)
		if d.at.After(end) {
			break
		}
		s.now = d.at
		d.do()
		if len(s.order) >= s.expected && !slices.ContainsFunc(s.order, func(id string) bool { return !s.jobs[id].state.Final() }) {
			return
		}
	}
}

// Clusters that fail in all ways at once: each job ends with the results of its shards in order, each of which was written to the journal once, no worker gets more than it
// takes, or has memory for, and no shard is begun more than twice at a time.
func TestSimulation(t *testing.T) {
	seeds := []int64{*seed}
	if *seed < 0 {
		seeds = nil
		for i := range int64(*simulations) {
			seeds = append(seeds, i)
		}
	}
	for _, n := range seeds {
		t.Run(fmt.Sprintf("seed=%d", n), func(t *testing.T) {
			s := newSimulation(t, n)
			s.faults, s.elects = true, true
			if n%2 == 1 {
				s.memory = rand.New(rand.NewPCG(uint64(n), 2))
			}
			if s.rng.IntN(2) == 0 {
				s.quota = 1 + s.rng.IntN(8)
				s.m.NamespaceShards = s.quota
			}
			if n%3 == 0 {
				s.audit = 0.3
				s.m.Audit.Share = s.audit
			}
			for range 2 + s.rng.IntN(12) {
				s.join(1 + s.rng.IntN(4))
			}
			s.expected = 3 + s.rng.IntN(6)
			for range s.expected {
				s.after(s.between(0, 5*time.Minute), func() {
					s.create([]string{"x", "y", "z"}[s.rng.IntN(3)], []Priority{Low, Normal, High}[s.rng.IntN(3)], 1+s.rng.IntN(300), 1+s.rng.IntN(2), s.between(time.Millisecond, time.Second))
				})
			}
			for range 12 {
				s.after(s.between(0, 10*time.Minute), func() {
					ids := slices.Sorted(maps.Keys(s.workers))
					if w := s.workers[ids[s.rng.IntN(len(ids))]]; !w.dead && !w.draining {
						s.leave(w)
					}
				})
			}
			for range s.rng.IntN(4) {
				s.after(s.between(0, 10*time.Minute), s.elect)
			}
			s.run(48 * time.Hour)
			s.check()
			t.Logf("%v: %+v", s.now.Sub(epoch), s.stats)
		})
	}
}
