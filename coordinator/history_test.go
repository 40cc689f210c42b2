package coordinator

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/shard"
)

// told is a machine whose history is kept.
type told struct {
	m     *Machine
	h     *history
	now   time.Time
	ended []string
}

// newTold has job j of so many shards of 4 samples, and workers a and b with one slot each.
func newTold(shards int) *told {
	w := &told{m: NewMachine(), h: newHistory(epoch), now: epoch}
	w.m.Stall = time.Hour
	w.step(WorkerUp{ID: "a", Slots: 1, Numerics: 1})
	w.step(WorkerUp{ID: "b", Slots: 1, Numerics: 1})
	w.create("j", shards)
	return w
}

func (w *told) create(job string, shards int) {
	var plan []shard.Range
	for i := range shards {
		plan = append(plan, shard.Range{First: 4 * i, Last: 4*i + 4})
	}
	w.step(Created{Job: job})
	w.step(Prepared{Job: job, Numerics: 1, Plan: plan})
}

func (w *told) step(e Event) {
	w.now = w.now.Add(time.Second)
	ended, _ := w.h.note(w.now, e, w.m.Step(w.now, e))
	for _, a := range ended {
		w.ended = append(w.ended, fmt.Sprintf("%d#%d on %s: %s", a.Shard, a.Number, a.Worker, a.Outcome))
	}
}

// done delivers and accepts a result.
func (w *told) done(shard, attempt int, worker string) {
	w.step(ShardDone{Job: "j", Shard: shard, Attempt: attempt, Digest: "d"})
	w.step(Accepted{Job: "j", Shard: shard, Digest: "d", Offered: "d", Worker: worker})
}

func TestHistory(t *testing.T) {
	trouble := Failure{Kind: Unavailable, Message: "trouble"}
	for name, tt := range map[string]struct {
		shards int
		events func(w *told)
		want   string
	}{
		"accepted": {2, func(w *told) {
			w.step(ShardProgress{Job: "j", Shard: 0, Attempt: 1, Done: 3})
			w.done(0, 1, "a")
			w.done(1, 1, "b")
		}, "0#1 on a: accepted; 1#1 on b: accepted"},
		"failed, and again elsewhere": {1, func(w *told) {
			w.step(ShardFailed{Job: "j", Attempt: 1, Error: trouble})
			w.done(0, 2, "b")
		}, "0#1 on a: failed; 0#2 on b: accepted"},
		"busy": {1, func(w *told) {
			w.step(ShardFailed{Job: "j", Attempt: 1, Busy: true})
		}, "0#1 on a: busy"},
		"unreachable": {1, func(w *told) {
			w.step(ShardFailed{Job: "j", Attempt: 1, Unbegun: true, Error: trouble})
		}, "0#1 on a: unreachable"},
		"a fault stops what lies behind it": {2, func(w *told) {
			w.step(ShardFailed{Job: "j", Attempt: 1, Fault: true, Error: trouble})
			w.step(ShardFailed{Job: "j", Shard: 1, Attempt: 1, Error: trouble}) // its stream, which was cut
		}, "0#1 on a: fault; 1#1 on b: stopped"},
		"cancelled": {1, func(w *told) { w.step(Cancel{Job: "j"}) }, "0#1 on a: stopped"},
		"stuck": {1, func(w *told) {
			w.now = w.now.Add(2 * time.Hour)
			w.step(Tick{})
			w.done(0, 2, "b")
		}, "0#1 on a: stuck; 0#2 on b: accepted"},
		"lost for good": {1, func(w *told) {
			w.step(WorkerDown{ID: "a"})
			w.step(ShardFailed{Job: "j", Attempt: 1, Error: trouble})
			w.done(0, 2, "b")
		}, "0#1 on a: lost; 0#2 on b: accepted"},
		"lost, and late with the same": {1, func(w *told) {
			w.step(WorkerDown{ID: "a"})
			w.done(0, 2, "b")
			w.step(ShardDone{Job: "j", Attempt: 1, Digest: "d"})
		}, "0#2 on b: accepted; 0#1 on a: duplicate"},
		"lost, and late with another": {1, func(w *told) {
			w.step(WorkerDown{ID: "a"})
			w.done(0, 2, "b")
			w.step(ShardDone{Job: "j", Attempt: 1, Digest: "other"})
		}, "0#2 on b: accepted; 0#1 on a: different"},
		"lost, and first all the same": {1, func(w *told) {
			w.step(WorkerDown{ID: "a"})
			w.done(0, 1, "a")
			w.step(ShardDone{Job: "j", Attempt: 2, Digest: "d"})
		}, "0#1 on a: accepted; 0#2 on b: duplicate"},
		"lost, and back at once": {2, func(w *told) {
			w.step(WorkerDown{ID: "a"})
			w.step(WorkerUp{ID: "a", Slots: 1, Numerics: 1})
			w.step(ShardFailed{Job: "j", Attempt: 1, Error: trouble})
		}, "0#1 on a: lost"},
		"two at once": {1, func(w *told) {
			w.step(WorkerDown{ID: "a"})
			w.step(ShardDone{Job: "j", Attempt: 1, Digest: "d"})
			w.step(ShardDone{Job: "j", Attempt: 2, Digest: "d"})
			w.step(Accepted{Job: "j", Digest: "d", Offered: "d", Worker: "b"})
			w.step(Accepted{Job: "j", Digest: "d", Offered: "d", Worker: "a"})
		}, "0#2 on b: accepted; 0#1 on a: duplicate"},
		"the journal has another": {1, func(w *told) {
			w.step(ShardDone{Job: "j", Attempt: 1, Digest: "d"})
			w.step(Accepted{Job: "j", Digest: "other", Offered: "d", Worker: "a"})
		}, "0#1 on a: different"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTold(tt.shards)
			tt.events(w)
			if got := strings.Join(w.ended, "; "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			for id, h := range w.h.workers {
				if m := w.m.workers[id]; h.running != m.busy {
					t.Errorf("%d attempts run on %s, the machine has %d", h.running, id, m.busy)
				}
			}
		})
	}
}

func TestHistoryAddsUp(t *testing.T) {
	w := newTold(3)
	w.step(ShardProgress{Job: "j", Shard: 0, Attempt: 1, Done: 3})
	w.step(ShardProgress{Job: "j", Shard: 0, Attempt: 1, Done: 2}) // late news
	w.step(ShardFailed{Job: "j", Shard: 0, Attempt: 1, Error: Failure{Message: strings.Repeat("x", 10*maxErrorText)}})
	w.done(1, 1, "b")
	w.now = w.now.Add(time.Minute) // a has rested
	w.step(Tick{})
	j := w.h.jobs["j"]
	if w.h.samples != 3+4 || j.share("a").Samples != 3 || j.share("b").Samples != 4 {
		t.Errorf("%d samples, of which a %d and b %d", w.h.samples, j.share("a").Samples, j.share("b").Samples)
	}
	if got, want := *j.share("b"), (Share{Attempts: 2, Accepted: 1, Samples: 4, Busy: 4 * time.Second}); got != want {
		t.Errorf("b did %+v, want %+v", got, want)
	}
	if n := len(j.attempts[0].Error); n > maxErrorText+len("…") {
		t.Errorf("an error of %d bytes", n)
	}
	var states []State
	for _, c := range j.changes {
		states = append(states, c.State)
	}
	if d := cmp.Diff([]State{Preparing, Calibrating}, states); d != "" {
		t.Error(d)
	}
	w.step(Cancel{Job: "j"})
	w.step(Deleted{Job: "j"})
	if len(w.h.jobs) != 0 || len(w.h.live) != 0 || w.h.kept != 0 || len(w.h.order) != 0 {
		t.Errorf("something is left of a job that was deleted: %+v", w.h)
	}
}

// A history of many attempts stays small, and keeps those that failed.
func TestHistoryIsBounded(t *testing.T) {
	w := newTold(maxAttempts + 100)
	w.step(WorkerDown{ID: "b"})
	w.step(ShardFailed{Job: "j", Shard: 1, Attempt: 1, Error: Failure{Message: "lost"}}) // b's stream
	w.step(ShardFailed{Job: "j", Shard: 0, Attempt: 1, Error: Failure{Message: "trouble"}})
	w.now = w.now.Add(time.Minute)
	w.step(Tick{})
	for len(w.m.jobs) > 0 && len(w.h.live) > 0 {
		for key, all := range w.h.live {
			w.done(key.shard, all[0].Number, "a")
		}
	}
	j := w.h.jobs["j"]
	if j.begun != maxAttempts+102 || j.share("a").Accepted != maxAttempts+100 {
		t.Errorf("%d attempts, %d accepted", j.begun, j.share("a").Accepted)
	}
	if len(j.attempts) != maxAttempts || w.h.kept != maxAttempts {
		t.Errorf("%d attempts are kept, %d counted, want %d", len(j.attempts), w.h.kept, maxAttempts)
	}
	var outcomes []Outcome
	for _, a := range j.attempts[:3] {
		outcomes = append(outcomes, a.Outcome)
	}
	if d := cmp.Diff([]Outcome{OutcomeFailed, OutcomeLost, OutcomeAccepted}, outcomes); d != "" {
		t.Errorf("kept first: %s", d)
	}
	// Others push out those of the job that is over.
	w.step(Finished{Job: "j"})
	for i := range maxAllAttempts / 4 {
		id := fmt.Sprint(i)
		w.h.note(w.now, Created{Job: id}, nil)
		for n := range 5 {
			w.h.note(w.now, Tick{}, []Effect{Start{Job: id, Shard: n, Attempt: 1, Worker: "a"}})
		}
	}
	if w.h.kept > maxAllAttempts || len(j.attempts) != 0 {
		t.Errorf("%d attempts are kept, %d of the first job", w.h.kept, len(j.attempts))
	}
	kept := 0
	for _, j := range w.h.jobs {
		kept += len(j.attempts)
	}
	if kept != w.h.kept {
		t.Errorf("%d attempts are kept, %d counted", kept, w.h.kept)
	}
}

// What a history costs beside the machine that it is told of.
func BenchmarkHistory(b *testing.B) {
	const shards = 20_000
	for b.Loop() {
		w := newTold(shards)
		for i := range shards {
			w.done(i, 1, []string{"a", "b"}[i%2])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*shards), "ns/shard")
}

// set returns a time as it is read after the wall clock was set by so many seconds: the monotonic reading is the same. Package time has no way to say so; the seconds of a time with
// such a reading begin at bit 30 of its first word.
func set(at time.Time, seconds int64) time.Time {
	word := (*int64)(unsafe.Pointer(&at))
	*word += seconds << 30
	return at
}

// An attempt lasts as long as it takes, though the wall clock is set back or forward meanwhile: times that are written down differ by what the monotonic clock says.
func TestAttemptsOverASetClock(t *testing.T) {
	for _, by := range []int64{0, 3600, -3600} {
		a := Attempt{Begin: time.Now()}
		now := set(a.Begin.Add(3*time.Second), by)
		if off := now.Round(0).Sub(a.Begin.Round(0)) - 3*time.Second; off != time.Duration(by)*time.Second {
			t.Fatalf("the clock was not set by %d seconds, but by %v", by, off)
		}
		if took := a.ends(now).Round(0).Sub(a.Begin.Round(0)); took != 3*time.Second {
			t.Errorf("with a clock that was set by %d seconds it took %v", by, took)
		}
	}
	if begin := epoch; !latest(begin, begin.Add(-time.Hour)).Equal(begin) {
		t.Error("an attempt of an earlier term ends before it began")
	}
}
