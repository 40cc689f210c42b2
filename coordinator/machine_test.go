package coordinator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/shard"
)

// world is a cluster in miniature around a machine. It keeps attempts and writes to the journal under way until the test ends them.
type world struct {
	t       *rapid.T
	m       *Machine
	now     time.Time
	plans   map[string][]shard.Range
	order   []string // jobs as they were created
	running map[attemptKey]Start
	writing []Accept
	journal map[string]map[int]string
	saved   map[string]State
	finish  map[string][][]string
	phases  map[string]int          // how many a job has
	faulty  map[string]map[int]bool // shards that can't be computed
	why     map[string]string       // the messages of jobs that failed
	grown   map[string]int          // shards of the first phase that growing jobs were told of
}

func newWorld(t *rapid.T) *world {
	return &world{
		t: t, m: newMachine(), now: epoch, plans: map[string][]shard.Range{}, running: map[attemptKey]Start{},
		journal: map[string]map[int]string{}, saved: map[string]State{}, finish: map[string][][]string{}, phases: map[string]int{},
		faulty: map[string]map[int]bool{}, why: map[string]string{}, grown: map[string]int{},
	}
}

// newMachine returns a machine that gives up what is stuck for an hour.
func newMachine() *Machine {
	m := NewMachine()
	m.Stall = time.Hour
	return m
}

func (w *world) step(e Event) {
	for _, f := range w.m.Step(w.now, e) {
		w.carryOut(f)
		if s, ok := f.(Start); ok {
			if wk := w.m.workers[s.Worker]; wk.slots == 0 || wk.busy > wk.slots+wk.backlog {
				w.t.Fatalf("%+v is on a worker of %d slots and %d beyond, which has %d attempts", s, wk.slots, wk.backlog, wk.busy)
			}
		}
	}
	w.check()
}

func (w *world) carryOut(f Effect) {
	switch f := f.(type) {
	case Start:
		key := attemptKey{f.Job, f.Shard, f.Attempt}
		if _, ok := w.journal[f.Job][w.number(f.Job, f.Shard)]; ok && !w.isWriting(f.Job, f.Shard) {
			w.t.Fatalf("%v was started after it was accepted", key)
		}
		if _, ok := w.running[key]; ok {
			w.t.Fatalf("%v was started twice", key)
		}
		if !w.saved[f.Job].runs() || f.Phase != f.Shard/len(w.plans[f.Job]) {
			w.t.Fatalf("%v was started while its job is %s", key, w.saved[f.Job])
		}
		w.running[key] = f
	case Stop:
		delete(w.running, attemptKey{f.Job, f.Shard, f.Attempt})
	case Accept:
		w.writing = append(w.writing, f)
	case Save:
		if w.saved[f.Job].Final() {
			w.t.Fatalf("%s is %s, and was %s before", f.Job, f.State, w.saved[f.Job])
		}
		w.saved[f.Job], w.why[f.Job] = f.State, f.Error.Message
	case Finish:
		w.finish[f.Job] = f.Digests
	case Alarm:
		w.t.Fatalf("alarm: %+v", f)
	}
}

// number returns the number of a shard in the journal. All phases of a job have the same plan.
func (w *world) number(job string, i int) int {
	n := len(w.plans[job])
	return i/n*phaseShards + i%n
}

// finished ends a phase of a job.
func (w *world) finished(id string) {
	if len(w.finish[id]) < w.phases[id] {
		w.step(Finished{Job: id, Next: w.plans[id]})
		return
	}
	w.step(Finished{Job: id})
}

func (w *world) isWriting(job string, i int) bool {
	return slices.ContainsFunc(w.writing, func(a Accept) bool { return a.Job == job && a.Shard == i })
}

// check looks at what must be true of a machine between two steps.
func (w *world) check() {
	busy, spare, running := map[string]int{}, map[string]int{}, map[*space]int{}
	for id, j := range w.m.jobs {
		if j.state.Final() && w.journal[id] == nil {
			w.t.Fatalf("%s is deleted and still there", id)
		}
		if j.state.Final() && (len(j.open) == 0 || slices.Contains(w.m.queue, id)) {
			w.t.Fatalf("%s is %s and still there, or in the queue", id, j.state)
		}
		for i, s := range j.open {
			live := 0
			for _, a := range s.running {
				if !a.settled {
					running[j.space]++
				}
				if !a.lost {
					live++
					busy[a.worker]++
					if a.spare {
						spare[a.worker]++
					}
				}
			}
			over := j.digests[s.index] != "" || s.index >= j.limit || j.state.Final()
			_, waits := j.waiting.search(s.index)
			if live > 2 || waits != (!over && live == 0 && s.accepting == 0) || over && len(s.running) == 0 && s.accepting == 0 ||
				i > 0 && j.open[i-1].index >= s.index || s.index >= j.next {
				w.t.Fatalf("%s/%d is in a bad state: %+v", id, s.index, s)
			}
		}
		for _, s := range j.waiting {
			if _, ok := j.open.search(s.index); !ok {
				w.t.Fatalf("%s/%d waits, and is not open", id, s.index)
			}
		}
		accepted, missing := 0, 0
		for i, d := range j.digests {
			if d != "" {
				accepted++
			} else if i < j.limit {
				missing++
			}
		}
		if accepted != j.accepted || missing != j.missing {
			w.t.Fatalf("%s counts %d shards accepted and %d missing, it has %d and %d", id, j.accepted, j.missing, accepted, missing)
		}
	}
	for name, s := range w.m.spaces {
		if s.running != running[s] || w.m.NamespaceShards > 0 && s.running > w.m.NamespaceShards {
			w.t.Fatalf("namespace %s counts %d shards that run, it has %d, and its quota is %d", name, s.running, running[s], w.m.NamespaceShards)
		}
	}
	for id, wk := range w.m.workers {
		if wk.busy != busy[id] || wk.spare != spare[id] || wk.slow < 0 || wk.slow > wk.busy {
			w.t.Fatalf("worker %s counts %d attempts, %d of them spare, and has %d and %d: %+v", id, wk.busy, wk.spare, busy[id], spare[id], wk)
		}
	}
}

func (w *world) create(samples int) {
	id := fmt.Sprintf("j%d", len(w.order))
	w.order = append(w.order, id)
	w.plans[id], w.journal[id], w.faulty[id] = shard.Plan(samples), map[int]string{}, map[int]bool{}
	w.phases[id] = rapid.IntRange(1, 3).Draw(w.t, "phases")
	if rapid.Bool().Draw(w.t, "growing") {
		w.grown[id] = 0
	}
	if rapid.IntRange(0, 3).Draw(w.t, "bad") == 0 {
		for i := range len(w.plans[id]) * w.phases[id] {
			w.faulty[id][i] = rapid.Bool().Draw(w.t, "faulty")
		}
	}
	w.take(id)
}

// take has the machine take up a job of the journal.
func (w *world) take(id string) {
	w.step(Created{Job: id, Namespace: "n" + id[len(id)-1:], Priority: []Priority{Low, Normal, High}[len(w.plans[id])%3]})
	if _, growing := w.grown[id]; growing {
		w.grown[id] = 0
		w.step(Prepared{Job: id, Numerics: 1, Accepted: maps.Clone(w.journal[id]), Growing: true})
		return
	}
	w.step(Prepared{Job: id, Numerics: 1, Plan: w.plans[id], Accepted: maps.Clone(w.journal[id])})
}

// restart puts a new machine, which knows what is in the journal, in the place of the old one. Writes under way may or may not come to their end.
func (w *world) restart(written bool) {
	if written {
		for _, a := range w.writing {
			if w.journal[a.Job] != nil {
				w.keep(a)
			}
		}
	}
	quota := w.m.NamespaceShards
	w.m, w.writing = newMachine(), nil
	w.m.NamespaceShards = quota
	clear(w.running)
	for _, id := range w.order {
		if !w.saved[id].Final() {
			w.take(id)
		}
	}
}

// grow tells of at most n more shards of a growing job.
func (w *world) grow(id string, n int) {
	from, growing := w.grown[id]
	if !growing || from > len(w.plans[id]) {
		return
	}
	to := min(from+n, len(w.plans[id]))
	w.grown[id] = to
	if to == len(w.plans[id]) {
		w.grown[id]++ // it is told that this was the last
	}
	w.step(Extended{Job: id, Plan: w.plans[id][from:to], Last: to == len(w.plans[id])})
}

func (w *world) keep(a Accept) string {
	if want := w.number(a.Job, a.Shard); a.Number != want {
		w.t.Fatalf("shard %d of %s is written as %d, want %d", a.Shard, a.Job, a.Number, want)
	}
	if _, ok := w.journal[a.Job][a.Number]; !ok {
		w.journal[a.Job][a.Number] = a.Digest
	}
	return w.journal[a.Job][a.Number]
}

func (w *world) write() {
	a := w.writing[0]
	w.writing = w.writing[1:]
	if w.journal[a.Job] == nil {
		w.step(JobFailed{Job: a.Job, Error: Failure{Kind: Unavailable, Message: "deleted"}})
		return
	}
	w.step(Accepted{Job: a.Job, Shard: a.Shard, Digest: w.keep(a), Offered: a.Digest, Worker: a.Worker})
}

// digest is what each attempt of a shard comes to, wherever it runs.
func digest(job string, i int) string { return fmt.Sprintf("%s-%d", job, i) }

func faultIn(i int) string { return fmt.Sprint("fault in shard ", i) }

func (w *world) end(s Start, e Event) {
	delete(w.running, attemptKey{s.Job, s.Shard, s.Attempt})
	w.step(e)
}

// done ends an attempt as it must end when nothing disturbs it.
func (w *world) done(s Start) {
	if w.faulty[s.Job][s.Shard] {
		w.end(s, ShardFailed{Job: s.Job, Shard: s.Shard, Attempt: s.Attempt, Fault: true, Error: Failure{Kind: BadInput, Message: faultIn(s.Shard)}})
		return
	}
	w.end(s, ShardDone{Job: s.Job, Shard: s.Shard, Attempt: s.Attempt, Digest: digest(s.Job, s.Shard)})
}

// any returns an attempt that runs.
func (w *world) any(label string) (Start, bool) {
	keys := slices.SortedFunc(maps.Keys(w.running), func(a, b attemptKey) int {
		return slices.Compare([]int{len(a.job), a.shard, a.attempt}, []int{len(b.job), b.shard, b.attempt})
	})
	if len(keys) == 0 {
		return Start{}, false
	}
	slices.SortStableFunc(keys, func(a, b attemptKey) int { return slices.Compare([]byte(a.job), []byte(b.job)) })
	return w.running[rapid.SampledFrom(keys).Draw(w.t, label)], true
}

// act does one thing at random.
func (w *world) act() {
	worker := rapid.SampledFrom([]string{"a", "b", "c"})
	switch what := rapid.IntRange(0, 15).Draw(w.t, "what"); what {
	case 0, 1:
		w.step(WorkerUp{ID: worker.Draw(w.t, "up"), Slots: rapid.IntRange(0, 3).Draw(w.t, "slots"), Backlog: rapid.IntRange(0, 2).Draw(w.t, "backlog"), Numerics: 1})
	case 2:
		w.step(WorkerDown{ID: worker.Draw(w.t, "down")})
	case 3, 4, 5, 6, 7:
		s, ok := w.any("attempt")
		switch {
		case !ok:
		case what == 6:
			w.end(s, ShardFailed{Job: s.Job, Shard: s.Shard, Attempt: s.Attempt, Busy: true})
		case what == 7:
			w.end(s, ShardFailed{Job: s.Job, Shard: s.Shard, Attempt: s.Attempt, Error: Failure{Kind: Unavailable, Message: "trouble"}})
		default:
			w.done(s)
		}
	case 8, 9:
		if len(w.writing) > 0 {
			w.write()
		}
	case 10:
		w.now = w.now.Add(rapid.SampledFrom([]time.Duration{50 * time.Millisecond, time.Second, time.Minute, time.Hour, 100 * time.Hour, -time.Second, -time.Hour, -100 * time.Hour}).Draw(w.t, "time"))
		w.step(Tick{})
	case 14, 15:
		if s, ok := w.any("attempt"); ok {
			w.step(ShardBegun{Job: s.Job, Shard: s.Shard, Attempt: s.Attempt})
			w.step(ShardProgress{Job: s.Job, Shard: s.Shard, Attempt: s.Attempt, Done: rapid.IntRange(0, s.Range.Len()).Draw(w.t, "done")})
		}
	case 12:
		if s, ok := w.any("attempt"); ok {
			w.end(s, ShardFailed{Job: s.Job, Shard: s.Shard, Attempt: s.Attempt, Unbegun: true, Error: Failure{Kind: Unavailable, Message: "unreachable"}})
		}
	case 13:
		w.grow(rapid.SampledFrom(w.order).Draw(w.t, "grow"), rapid.IntRange(0, 3).Draw(w.t, "by"))
	case 11:
		switch rapid.IntRange(0, 3).Draw(w.t, "rare") {
		case 0:
			w.restart(rapid.Bool().Draw(w.t, "written"))
		case 1:
			w.create(rapid.IntRange(1, 20).Draw(w.t, "samples"))
		case 2:
			w.step(Cancel{Job: rapid.SampledFrom(w.order).Draw(w.t, "cancel")})
		case 3:
			id := rapid.SampledFrom(w.order).Draw(w.t, "delete")
			if w.saved[id].Final() {
				delete(w.journal, id)
				w.step(Deleted{Job: id})
			} else if w.saved[id] == Finishing {
				w.finished(id)
			}
		}
	}
}

// Whatever workers, the journal and the clock do, and whenever the coordinator restarts: each shard is accepted once and never started after that, no worker gets
// more than its slots, and once a healthy worker stays all jobs end with the results of their shards in order, but for those that were cancelled or
// whose shards failed too often; a job with faulty shards fails with the first of them.
func TestMachineUnderFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.m.NamespaceShards = rapid.IntRange(0, 3).Draw(t, "quota")
		w.create(rapid.IntRange(1, 20).Draw(t, "samples"))
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			w.act()
		}
		w.step(WorkerUp{ID: "z", Slots: 1, Numerics: 1})
		for range 2000 {
			for _, s := range w.running {
				w.done(s)
				break
			}
			for len(w.writing) > 0 {
				w.write()
			}
			for _, id := range w.order {
				w.grow(id, 1)
				if w.saved[id] == Finishing {
					w.finished(id)
				}
			}
			w.now = w.now.Add(time.Second)
			w.step(Tick{})
			if len(w.m.jobs) == 0 {
				break
			}
		}
		for _, id := range w.order {
			all := len(w.plans[id]) * w.phases[id]
			first := 0
			for first < all && !w.faulty[id][first] {
				first++
			}
			if first == all {
				first = -1
			}
			switch w.saved[id] {
			case Cancelled:
			case Failed:
				if why := w.why[id]; !strings.Contains(why, "failed 8 times") && (first < 0 || why != faultIn(first)) {
					t.Fatalf("%s failed with %q, its first faulty shard is %d", id, why, first)
				}
			case Succeeded:
				if first >= 0 {
					t.Fatalf("%s succeeded, though shard %d can't be computed", id, first)
				}
				got := slices.Concat(w.finish[id]...)
				if len(got) != all || len(w.finish[id]) != w.phases[id] {
					t.Fatalf("%s came out with %d results in %d phases, want %d in %d", id, len(got), len(w.finish[id]), all, w.phases[id])
				}
				for i, got := range got {
					if got != digest(id, i) {
						t.Fatalf("shard %d of %s came out as %q", i, id, got)
					}
				}
			default:
				t.Fatalf("%s is %s in the end: %+v", id, w.saved[id], w.m.jobs[id])
			}
		}
		if len(w.m.jobs) > 0 {
			t.Fatalf("%d jobs are not forgotten", len(w.m.jobs))
		}
	})
}
