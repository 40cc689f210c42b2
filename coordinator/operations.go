package coordinator

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/octetlite/octet/pkg/credential"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Bounds of answers.
const (
	defaultExplained = 1000 // attempts
	defaultShown     = 50   // jobs
	maxShown         = 500
	maxReasons       = 5 // shards that are named
)

// operationsService tells what a cluster does.
type operationsService struct {
	octetv1.UnimplementedOperationsServiceServer
	server *Server
}

// ExplainJob implements the service.
func (o *operationsService) ExplainJob(ctx context.Context, req *octetv1.ExplainJobRequest) (*octetv1.ExplainJobResponse, error) {
	s := o.server
	r, err := s.find(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	n := int(cmp.Or(req.GetMaxAttempts(), defaultExplained))
	if n < 0 {
		return nil, status.Errorf(codes.InvalidArgument, "max_attempts %d", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != serving {
		return nil, errStopping
	}
	return explanationToWire(s.shown(r), s.history, r.ID, min(n, maxAttempts), s.reasons(time.Now(), r)), nil
}

// GetCluster implements the service.
func (o *operationsService) GetCluster(ctx context.Context, req *octetv1.GetClusterRequest) (*octetv1.GetClusterResponse, error) {
	s := o.server
	if err := s.serves(); err != nil {
		return nil, err
	}
	n := int(cmp.Or(req.GetMaxJobs(), defaultShown))
	if n < 0 {
		return nil, status.Errorf(codes.InvalidArgument, "max_jobs %d", n)
	}
	caller := credential.CallerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != serving {
		return nil, errStopping
	}
	resp := clusterToWire(s, time.Now(), caller)
	counts := map[State]int{}
	var open, over []*octetv1.Job
	n = min(n, maxShown)
	bytes := 0
	add := func(jobs []*octetv1.Job, r Record) []*octetv1.Job {
		if len(jobs) == n || bytes > maxPageBytes {
			return jobs
		}
		j := s.shown(r)
		bytes += proto.Size(j)
		return append(jobs, j)
	}
	for r := range s.published.before("") {
		if !caller.Sees(r.Namespace) {
			continue
		}
		counts[r.State]++
		if r.State.Final() {
			over = add(over, r)
		} else {
			open = add(open, r)
		}
	}
	resp.Jobs = append(open, over[:min(len(over), n-len(open))]...)
	resp.Counts = countsToWire(counts)
	return resp, nil
}

// reasons says why a job is where it is. The caller holds the lock.
func (s *Server) reasons(now time.Time, r Record) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch {
	case r.State == Failed && r.Error != nil:
		say("it failed: %s", r.Error.Message)
		return all
	case r.State.Final():
		return nil
	case r.State == Preparing:
		say("its model is read and its shards are planned, when it is its turn: %d of %d turns are taken", s.turns.taken(), maxPrepares)
		return all
	case r.State == Finishing:
		say("its results are merged and its model is made, when it is its turn: %d of %d turns are taken", s.turns.taken(), maxPrepares)
		return all
	}
	if p, ok := s.machine.Progress(r.ID); ok && p.Waiting != "" {
		say("%s", p.Waiting)
	}
	load := s.machine.Load()
	waiting, mine := 0, 0
	if j := s.machine.jobs[r.ID]; j != nil {
		waiting, mine = j.load()
	}
	if waiting > 0 {
		say("%d of its shards wait and %d run; in all, %d wait and %d run, in %d slots of %d workers", waiting, mine, load.Waiting, load.Running, load.Slots, load.Workers)
	}
	all = append(all, s.history.troubles(r.ID)...)
	for _, id := range slices.Sorted(maps.Keys(s.history.workers)) {
		if until, ok := s.machine.Rest(now, id); ok {
			say("worker %s gets no shards for another %v, since it failed", id, until.Sub(now).Round(time.Millisecond))
		}
	}
	return all
}

// troubles names shards of a job that failed and have no result.
func (h *history) troubles(job string) (all []string) {
	j := h.jobs[job]
	if j == nil {
		return nil
	}
	type trouble struct {
		failures int
		last     *Attempt
	}
	shards := map[int]*trouble{}
	for _, a := range j.attempts {
		switch {
		case a.Outcome == OutcomeAccepted:
			delete(shards, a.Shard)
		case a.Outcome.failure():
			t := shards[a.Shard]
			if t == nil {
				t = &trouble{}
				shards[a.Shard] = t
			}
			t.failures++
			t.last = a
		}
	}
	for _, i := range slices.Sorted(maps.Keys(shards)) {
		if len(all) == maxReasons {
			return append(all, fmt.Sprintf("%d more shards failed and are not done", len(shards)-maxReasons))
		}
		t := shards[i]
		all = append(all, fmt.Sprintf("shard %d failed %s, last on %s (%s): %s", i, times(t.failures), t.last.Worker, t.last.Outcome, cmp.Or(t.last.Error, "no message")))
	}
	return all
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
