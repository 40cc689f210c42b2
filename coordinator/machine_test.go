package coordinator

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/shard"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// world is a cluster in miniature around a machine: it carries out effects at once, or keeps attempts running until a test ends them.
type world struct {
	t       interface{ Fatalf(string, ...any) }
	m       *Machine
	now     time.Time
	running map[string]Start
	journal map[int]string
	saved   []State
	alarms  int
	finish  [][]string
	failure Failure
}

func newWorld(t interface{ Fatalf(string, ...any) }) *world {
	return &world{t: t, m: NewMachine(), now: epoch, running: map[string]Start{}, journal: map[int]string{}}
}

func key(shard, attempt int) string { return fmt.Sprintf("%d/%d", shard, attempt) }

func (w *world) step(e Event) {
	for _, f := range w.m.Step(w.now, e) {
		switch f := f.(type) {
		case Start:
			if _, ok := w.journal[f.Shard]; ok {
				w.t.Fatalf("shard %d was started after it was accepted", f.Shard)
			}
			w.running[key(f.Shard, f.Attempt)] = f
		case Stop:
			delete(w.running, key(f.Shard, f.Attempt))
		case Accept:
			have, ok := w.journal[f.Shard]
			if !ok {
				have = f.Digest
				w.journal[f.Shard] = have
			}
			w.step(Accepted{Job: f.Job, Shard: f.Shard, Digest: have, Offered: f.Digest})
		case Save:
			w.saved = append(w.saved, f.State)
			w.failure = f.Error
		case Finish:
			w.finish = append(w.finish, f.Digests)
			w.step(Finished{Job: f.Job})
		case Alarm:
			w.alarms++
		}
	}
}

func (w *world) job(shards int) {
	w.step(Created{Job: "j"})
	var plan []shard.Range
	for i := range shards {
		plan = append(plan, shard.Range{First: 4 * i, Last: 4*i + 4})
	}
	w.step(Prepared{Job: "j", Numerics: 1, Plan: plan})
}

func (w *world) done(shard, attempt int, digest string) {
	delete(w.running, key(shard, attempt))
	w.step(ShardDone{Job: "j", Shard: shard, Attempt: attempt, Digest: digest})
}

func TestJobRunsToTheEnd(t *testing.T) {
	w := newWorld(t)
	w.step(WorkerUp{ID: "a", Slots: 2, Numerics: 1})
	w.job(3)
	if len(w.running) != 2 {
		t.Fatalf("%d attempts run on two slots", len(w.running))
	}
	w.done(1, 1, "d1")
	w.done(0, 1, "d0")
	w.done(2, 1, "d2")
	if diff := cmp.Diff([]State{Calibrating, Finishing, Succeeded}, w.saved); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"d0", "d1", "d2"}}, w.finish); diff != "" {
		t.Error(diff)
	}
}

func TestShardsGoToWorkersOfTheSameNumericsOnly(t *testing.T) {
	w := newWorld(t)
	w.step(WorkerUp{ID: "old", Slots: 8, Numerics: 0})
	w.job(2)
	if len(w.running) != 0 {
		t.Fatal("a shard went to a worker of another version")
	}
	if p := w.m.Progress("j"); p.Waiting != "none of 1 workers has numerics version 1" {
		t.Errorf("waiting: %q", p.Waiting)
	}
	w.step(WorkerUp{ID: "new", Slots: 1, Numerics: 1})
	if len(w.running) != 1 {
		t.Error("the new worker got nothing")
	}
}

func TestLostWorkersShardRunsElsewhereAndALateResultIsCompared(t *testing.T) {
	for late, alarms := range map[string]int{"same": 0, "other": 1} {
		w := newWorld(t)
		w.step(WorkerUp{ID: "a", Slots: 1, Numerics: 1})
		w.job(1)
		w.step(WorkerUp{ID: "b", Slots: 1, Numerics: 1})
		w.step(WorkerDown{ID: "a"})
		if s := w.running[key(0, 2)]; s.Worker != "b" {
			t.Fatalf("the shard did not move: %+v", w.running)
		}
		w.done(0, 2, "same")
		w.done(0, 1, late)
		if w.alarms != alarms {
			t.Errorf("late result %q: %d alarms, want %d", late, w.alarms, alarms)
		}
	}
}

func TestLateResultOfALostWorkerIsWelcome(t *testing.T) {
	w := newWorld(t)
	w.step(WorkerUp{ID: "a", Slots: 1, Numerics: 1})
	w.job(1)
	w.step(WorkerDown{ID: "a"})
	w.done(0, 1, "d")
	if diff := cmp.Diff([][]string{{"d"}}, w.finish); diff != "" {
		t.Error(diff)
	}
}

func TestFaultOfTheJobFailsItAtOnce(t *testing.T) {
	w := newWorld(t)
	w.step(WorkerUp{ID: "a", Slots: 2, Numerics: 1})
	w.job(2)
	w.step(ShardFailed{Job: "j", Shard: 1, Attempt: 1, Fault: true, Error: Failure{BadInput, "sample 5: NaN"}})
	delete(w.running, key(1, 1))
	if len(w.running) != 0 || !slices.Contains(w.saved, Failed) {
		t.Errorf("running %v, saved %v", w.running, w.saved)
	}
	if w.failure.Message != "sample 5: NaN" {
		t.Errorf("failure is %+v", w.failure)
	}
}

func TestTroubleIsTriedAgainElsewhereAndBounded(t *testing.T) {
	w := newWorld(t)
	w.step(WorkerUp{ID: "a", Slots: 1, Numerics: 1})
	w.step(WorkerUp{ID: "b", Slots: 1, Numerics: 1})
	w.job(1)
	last := ""
	for n := 1; n <= maxAttempts; n++ {
		s, ok := w.running[key(0, n)]
		if !ok {
			t.Fatalf("attempt %d did not start: %v", n, w.m.Progress("j"))
		}
		if s.Worker == last {
			t.Errorf("attempt %d went to the worker that had just failed it", n)
		}
		last = s.Worker
		delete(w.running, key(0, n))
		w.step(ShardFailed{Job: "j", Shard: 0, Attempt: n, Error: Failure{Unavailable, "disk full"}})
		for range 100 {
			if len(w.running) > 0 {
				break
			}
			if at, ok := w.m.Wake(w.now); ok {
				w.now = at
				w.step(Tick{})
			}
		}
	}
	if w.failure.Message != "shard 0 failed 8 times, last: disk full" {
		t.Errorf("failure is %+v", w.failure)
	}
}

func TestBusyIsNoFailure(t *testing.T) {
	w := newWorld(t)
	w.step(WorkerUp{ID: "a", Slots: 1, Numerics: 1})
	w.job(1)
	for range 3 * maxAttempts {
		delete(w.running, key(0, 1))
		w.step(ShardFailed{Job: "j", Shard: 0, Attempt: 1, Busy: true})
		w.now = w.now.Add(busyRest)
		w.step(Tick{})
	}
	w.done(0, 1, "d")
	if !slices.Contains(w.saved, Succeeded) {
		t.Errorf("saved %v", w.saved)
	}
}

func TestRestartGoesOnWhereItWas(t *testing.T) {
	w := newWorld(t)
	w.journal[0], w.journal[2] = "d0", "d2"
	w.step(WorkerUp{ID: "a", Slots: 4, Numerics: 1})
	w.step(Created{Job: "j"})
	w.step(Prepared{Job: "j", Numerics: 1, Plan: shard.Plan(12), Accepted: map[int]string{0: "d0", 2: "d2"}})
	if len(w.running) != 1 {
		t.Fatalf("running: %v", w.running)
	}
	w.done(1, 1, "d1")
	if diff := cmp.Diff([][]string{{"d0", "d1", "d2"}}, w.finish); diff != "" {
		t.Error(diff)
	}
}

// Whatever workers do, each shard is accepted once, never started again after that, no worker gets more than its slots, and once
// a healthy worker stays the job ends.
func TestMachineUnderFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		names := []string{"a", "b", "c"}
		up := map[string]bool{}
		shards := rapid.IntRange(1, 6).Draw(t, "shards")
		w.job(shards)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			keys := make([]string, 0, len(w.running))
			for k := range w.running {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				n := rapid.SampledFrom(names).Draw(t, "up")
				up[n] = true
				w.step(WorkerUp{ID: n, Slots: 2, Numerics: 1})
			case 1:
				n := rapid.SampledFrom(names).Draw(t, "down")
				up[n] = false
				w.step(WorkerDown{ID: n})
			case 2, 3:
				if len(keys) > 0 {
					s := w.running[rapid.SampledFrom(keys).Draw(t, "done")]
					w.done(s.Shard, s.Attempt, fmt.Sprint("d", s.Shard))
				}
			case 4:
				if len(keys) > 0 {
					s := w.running[rapid.SampledFrom(keys).Draw(t, "busy")]
					delete(w.running, key(s.Shard, s.Attempt))
					w.step(ShardFailed{Job: "j", Shard: s.Shard, Attempt: s.Attempt, Busy: true})
				}
			case 5:
				w.now = w.now.Add(time.Second)
				w.step(Tick{})
			}
			for _, wk := range w.m.workers {
				if wk.busy < 0 || wk.busy > wk.slots {
					t.Fatalf("worker %s has %d of %d slots in use", wk.id, wk.busy, wk.slots)
				}
			}
		}
		if slices.Contains(w.saved, Failed) {
			return // too many lost workers: the budget of a shard is spent
		}
		w.step(WorkerUp{ID: "z", Slots: 1, Numerics: 1})
		for range 1000 {
			if slices.Contains(w.saved, Succeeded) {
				break
			}
			for _, s := range w.running {
				w.done(s.Shard, s.Attempt, fmt.Sprint("d", s.Shard))
				break
			}
			w.now = w.now.Add(time.Second)
			w.step(Tick{})
		}
		if !slices.Contains(w.saved, Succeeded) || w.alarms > 0 || len(w.finish) != 1 {
			t.Fatalf("saved %v, alarms %d, finish %v", w.saved, w.alarms, w.finish)
		}
	})
}
