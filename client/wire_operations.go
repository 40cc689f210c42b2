package client

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// outcomeFromWire names an outcome as the protocol does, without its prefix: one that a later coordinator knows and this client does not is a number.
func outcomeFromWire(o octetv1.Outcome) string {
	if o == octetv1.Outcome_OUTCOME_UNSPECIFIED {
		return "running"
	}
	return strings.ToLower(strings.TrimPrefix(o.String(), "OUTCOME_"))
}

func timeFromWire(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

func explanationFromWire(r *octetv1.ExplainJobResponse) Explanation {
	e := Explanation{
		Job: jobFromWire(r.GetJob()), Reasons: append([]string{}, r.GetReasons()...), States: []StateChange{}, Workers: []Share{}, Attempts: []Attempt{},
		AttemptsTotal: int(r.GetAttemptsTotal()), KnownSince: timeFromWire(r.GetKnownSince()),
	}
	for _, s := range r.GetStates() {
		e.States = append(e.States, StateChange{stateFromWire[s.GetState()], timeFromWire(s.GetTime())})
	}
	for _, w := range r.GetWorkers() {
		e.Workers = append(e.Workers, Share{
			Worker: w.GetWorker(), Attempts: int(w.GetAttempts()), Accepted: int(w.GetAccepted()), Failed: int(w.GetFailed()), Samples: int(w.GetSamples()),
			Busy: Duration(w.GetBusy().AsDuration()),
		})
	}
	for _, a := range r.GetAttempts() {
		e.Attempts = append(e.Attempts, Attempt{
			Phase: int(a.GetPhase()), Shard: int(a.GetShard()), Attempt: int(a.GetAttempt()), Worker: a.GetWorker(),
			First: int(a.GetFirstSample()), Samples: int(a.GetEndSample() - a.GetFirstSample()), Done: int(a.GetSamplesDone()),
			Start: timeFromWire(a.GetStartTime()), End: timeFromWire(a.GetEndTime()), Outcome: outcomeFromWire(a.GetOutcome()), Error: a.GetError(), Lost: a.GetWorkerLost(),
		})
	}
	return e
}

func clusterFromWire(r *octetv1.GetClusterResponse) Cluster {
	c := Cluster{
		Time: timeFromWire(r.GetTime()), Leader: r.GetLeader(), Term: r.GetTerm(), TermStart: timeFromWire(r.GetTermStart()), Version: r.GetVersion(),
		Numerics: int(r.GetNumericsVersion()), Waiting: int(r.GetShardsWaiting()), Running: int(r.GetShardsRunning()), Samples: r.GetSamples(),
		Counts: map[State]int{}, Workers: []Worker{}, Jobs: []Job{}, Namespaces: []Namespace{},
	}
	for _, n := range r.GetCounts() {
		c.Counts[stateFromWire[n.GetState()]] = int(n.GetJobs())
	}
	for _, w := range r.GetWorkers() {
		c.Workers = append(c.Workers, Worker{
			ID: w.GetId(), Addr: w.GetAddr(), Slots: int(w.GetSlots()), Running: int(w.GetRunning()), Numerics: int(w.GetNumericsVersion()), Version: w.GetVersion(),
			Samples: w.GetSamples(), Succeeded: w.GetSucceeded(), Failed: w.GetFailed(), Resting: timeFromWire(w.GetRestingUntil()), Since: timeFromWire(w.GetKnownSince()),
			Memory: w.GetMemory(), Taken: w.GetMemoryTaken(),
		})
	}
	for _, n := range r.GetNamespaces() {
		c.Namespaces = append(c.Namespaces, Namespace{n.GetName(), int(n.GetWeight()), int(n.GetJobs()), int(n.GetShardsWaiting()), int(n.GetShardsRunning())})
	}
	for _, j := range r.GetJobs() {
		c.Jobs = append(c.Jobs, jobFromWire(j))
	}
	return c
}
