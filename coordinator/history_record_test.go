package coordinator

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// What is recorded of a job stays small, whatever happens to it, and its sums are exact. A history that takes it up goes on from there, and takes up as many jobs as it may keep.
func TestHistoryRecord(t *testing.T) {
	w := newTold(3000)
	for w.m.jobs["j"] != nil && len(w.h.live) > 0 && w.m.jobs["j"].accepted < 2990 {
		for key, all := range w.h.live {
			if a := all[0]; key.shard%50 == 7 && a.Number < 3 {
				w.step(ShardFailed{Job: "j", Shard: key.shard, Attempt: a.Number, Error: Failure{Message: strings.Repeat("trouble ", 1000)}})
				w.now = w.now.Add(time.Minute)
			} else {
				w.done(key.shard, a.Number, a.Worker)
			}
			break
		}
	}
	j := w.h.jobs["j"]
	r, ok := w.h.record("j")
	text, err := json.Marshal(r)
	if err != nil || !ok || len(text) > 24<<10 {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	count := map[Outcome]int{}
	for i, a := range r.Attempts {
		count[a.Outcome]++
		if i > 0 && a.Begin.Before(r.Attempts[i-1].Begin) {
			t.Errorf("attempt %d began before the one in front of it", i)
		}
	}
	if count[OutcomeFailed] != recordedTroubles || count[OutcomeAccepted]+count[OutcomeRunning] != recordedOthers || count[OutcomeRunning] != 2 {
		t.Errorf("kept: %v", count)
	}
	var back HistoryRecord
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	next := newHistory(w.now.Add(time.Minute))
	next.note(w.now.Add(2*time.Minute), Created{Job: "j"}, []Effect{Start{Job: "j", Shard: 2999, Attempt: 1, Worker: "c"}}) // before the journal was read
	next.restore(map[string]HistoryRecord{"j": back}, func(string) bool { return false })
	k := next.jobs["j"]
	if k.begun != j.begun+1 || len(k.attempts) != len(r.Attempts)+1 || next.kept != len(k.attempts) || k.since != epoch {
		t.Errorf("%d attempts begun, %d there, %d counted, since %v", k.begun, len(k.attempts), next.kept, k.since)
	}
	for _, worker := range []string{"a", "b"} {
		if d := cmp.Diff(j.shares[worker], k.shares[worker]); d != "" {
			t.Error(d)
		}
	}
	stopped := 0
	for _, a := range k.attempts {
		if a.Outcome == OutcomeStopped && a.Error == succeededError && a.End.Equal(next.since) && a.Job == "j" {
			stopped++
		}
	}
	if last := k.attempts[len(k.attempts)-1]; stopped != 2 || last.Worker != "c" || last.Outcome != OutcomeRunning {
		t.Errorf("%d attempts were stopped by the succession, the last is %+v", stopped, last)
	}
	if len(k.changes) != len(j.changes)+1 {
		t.Errorf("states: %v behind %v", k.changes, j.changes)
	}

	many := map[string]HistoryRecord{}
	for i := range maxAllAttempts/len(back.Attempts) + 10 {
		many[fmt.Sprint(i)] = back
	}
	full := newHistory(epoch)
	full.restore(many, func(string) bool { return true })
	if full.kept > maxAllAttempts || full.kept < maxAllAttempts-2*len(back.Attempts) {
		t.Errorf("%d attempts are kept", full.kept)
	}
}

// A coordinator that succeeds another one tells what happened under it: sums, states, what failed and what ran. With the job its history goes.
func TestHistorySurvivesASuccession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		ops := c.operations()
		explain := func(id string) *octetv1.ExplainJobResponse {
			t.Helper()
			e, err := ops.ExplainJob(t.Context(), &octetv1.ExplainJobRequest{Id: id})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		var n atomic.Int64
		c.worker("a", func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
			switch n.Add(1) {
			case 1:
				return status.Error(codes.Internal, "its fan is broken")
			case 6:
				return never(w, req, stream)
			}
			return honest(w, req, stream)
		})
		id := c.create("r", c.spec(convModel(t, 40))).GetId()
		time.Sleep(10 * time.Second)
		before := explain(id)
		kinds := func(e *octetv1.ExplainJobResponse) (all []string) {
			for _, a := range e.GetAttempts() {
				all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s %s", a.GetShard(), strings.ToLower(strings.TrimPrefix(a.GetOutcome().String(), "OUTCOME_")), a.GetError())))
			}
			return all
		}
		c.halt()
		if h, err := c.journal.Histories(t.Context()); err != nil || h[id].Begun != 6 {
			t.Fatal(h, err)
		}
		c.start()
		time.Sleep(time.Second)
		first := []string{"0 failed worker a: its fan is broken", "0 accepted", "1 accepted", "2 accepted", "3 accepted"}
		if d := cmp.Diff(append(first, "4 unspecified"), kinds(before)); d != "" {
			t.Fatal(d)
		}
		job := c.wait(id)
		after := explain(id)
		if d := cmp.Diff(append(first, "4 stopped "+succeededError), kinds(after)[:6]); d != "" {
			t.Error(d)
		}
		if after.GetAttemptsTotal() != 12 || len(after.GetAttempts()) != 12 || after.GetKnownSince().AsTime().After(job.GetCreateTime().AsTime()) {
			t.Errorf("%d attempts, %d told, known since %v", after.GetAttemptsTotal(), len(after.GetAttempts()), after.GetKnownSince().AsTime())
		}
		if s := after.GetWorkers(); len(s) != 1 || s[0].GetAccepted() != 10 || s[0].GetFailed() != 1 || s[0].GetSamples() != 40 || s[0].GetAttempts() != 12 {
			t.Errorf("what the worker did: %v", s)
		}
		c.restart()
		time.Sleep(time.Second)
		if again := explain(id); again.GetAttemptsTotal() != 12 || len(again.GetAttempts()) != 12 || len(again.GetStates()) != len(after.GetStates()) {
			t.Errorf("of a job that is over: %v", again)
		}
		if _, err := c.jobs.DeleteJob(t.Context(), &octetv1.DeleteJobRequest{Id: id}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * recordEvery)
		if h, err := c.journal.Histories(t.Context()); err != nil || len(h) != 0 {
			t.Errorf("histories of no job: %v, %v", h, err)
		}
	})
}
