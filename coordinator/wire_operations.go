package coordinator

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/numerics"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

var outcomeToWire = map[Outcome]octetv1.Outcome{
	OutcomeRunning: octetv1.Outcome_OUTCOME_UNSPECIFIED, OutcomeDelivered: octetv1.Outcome_OUTCOME_DELIVERED, OutcomeAccepted: octetv1.Outcome_OUTCOME_ACCEPTED,
	OutcomeDuplicate: octetv1.Outcome_OUTCOME_DUPLICATE, OutcomeDifferent: octetv1.Outcome_OUTCOME_DIFFERENT, OutcomeFailed: octetv1.Outcome_OUTCOME_FAILED,
	OutcomeFault: octetv1.Outcome_OUTCOME_FAULT, OutcomeBusy: octetv1.Outcome_OUTCOME_BUSY, OutcomeUnreachable: octetv1.Outcome_OUTCOME_UNREACHABLE,
	OutcomeStuck: octetv1.Outcome_OUTCOME_STUCK, OutcomeLost: octetv1.Outcome_OUTCOME_LOST, OutcomeSuperseded: octetv1.Outcome_OUTCOME_SUPERSEDED,
	OutcomeStopped: octetv1.Outcome_OUTCOME_STOPPED,
}

// explanationToWire returns what a history has of a job, with at most so many attempts.
func explanationToWire(job *octetv1.Job, h *history, id string, limit int, reasons []string) *octetv1.ExplainJobResponse {
	resp := &octetv1.ExplainJobResponse{Job: job, Reasons: reasons, KnownSince: timestamppb.New(h.since)}
	j := h.jobs[id]
	if j == nil {
		return resp
	}
	if !j.since.IsZero() {
		resp.KnownSince = timestamppb.New(j.since)
	}
	for _, c := range j.changes {
		resp.States = append(resp.States, &octetv1.StateChange{State: stateToWire[c.State], Time: timestamppb.New(c.At)})
	}
	resp.AttemptsTotal = int64(j.begun)
	for _, a := range j.attempts[max(len(j.attempts)-limit, 0):] {
		resp.Attempts = append(resp.Attempts, attemptToWire(a))
	}
	for _, w := range slices.Sorted(maps.Keys(j.shares)) {
		s := j.shares[w]
		resp.Workers = append(resp.Workers, &octetv1.WorkerShare{
			Worker: w, Attempts: int32(s.Attempts), Accepted: int32(s.Accepted), Failed: int32(s.Failed), Samples: int64(s.Samples), Busy: durationpb.New(s.Busy),
		})
	}
	return resp
}

func attemptToWire(a *Attempt) *octetv1.Attempt {
	return &octetv1.Attempt{
		Shard: int32(a.Shard), Phase: int32(a.Phase), Attempt: int32(a.Number), Worker: a.Worker,
		FirstSample: int64(a.Range.First), EndSample: int64(a.Range.Last), SamplesDone: int64(a.Done),
		StartTime: timestamppb.New(a.Begin), EndTime: timeToWire(a.End), Outcome: outcomeToWire[a.Outcome], Error: a.Error, WorkerLost: a.Lost,
	}
}

// clusterToWire returns what a coordinator knows of itself, its workers and the namespaces that a caller sees. Who has a namespace is not told the workers' addresses.
func clusterToWire(s *Server, now time.Time, caller credential.Caller) *octetv1.GetClusterResponse {
	load := s.machine.Load()
	resp := &octetv1.GetClusterResponse{
		Time: timestamppb.New(now), Leader: s.config.Advertise, Term: s.Number, TermStart: timestamppb.New(s.history.since), Version: s.config.Version,
		NumericsVersion: numerics.Version, ShardsWaiting: int64(load.Waiting), ShardsRunning: int64(load.Running), Samples: int64(s.history.samples),
	}
	for _, id := range slices.Sorted(maps.Keys(s.history.workers)) {
		p, h := s.peers[id], s.history.workers[id]
		if p == nil {
			continue
		}
		w := &octetv1.ClusterWorker{
			Id: id, Slots: int32(p.worker.Slots), Running: int32(h.running), NumericsVersion: int32(p.worker.Numerics), Version: p.worker.Version,
			Samples: int64(h.samples), Succeeded: int64(h.succeeded), Failed: int64(h.failed), KnownSince: timestamppb.New(h.since),
		}
		w.Memory, w.MemoryTaken = s.machine.Memory(id)
		if caller.Namespace == "" {
			w.Addr = p.worker.Addr
		}
		if until, ok := s.machine.Rest(now, id); ok {
			w.RestingUntil = timestamppb.New(now.Add(until.Sub(now))) // by what the wall clock says now
		}
		resp.Workers = append(resp.Workers, w)
	}
	for _, l := range s.machine.spaceLoads() {
		if caller.Sees(l.name) {
			resp.Namespaces = append(resp.Namespaces, &octetv1.ClusterNamespace{
				Name: l.name, Weight: int32(l.weight), Jobs: int32(l.jobs), ShardsWaiting: int64(l.waiting), ShardsRunning: int64(l.running),
			})
		}
	}
	return resp
}

func countsToWire(counts map[State]int) (all []*octetv1.JobCount) {
	for _, s := range states {
		if counts[s] > 0 {
			all = append(all, &octetv1.JobCount{State: stateToWire[s], Jobs: int32(counts[s])})
		}
	}
	return all
}
