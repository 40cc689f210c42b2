package coordinator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/registry"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// operations returns the service of a cluster's coordinator.
func (c *cluster) operations() octetv1.OperationsServiceClient {
	return octetv1.NewOperationsServiceClient(c.net.connect(c.t, "coordinator"))
}

// says fails the test unless one of a job's reasons holds the text.
func says(t *testing.T, e *octetv1.ExplainJobResponse, text string) {
	t.Helper()
	if !slices.ContainsFunc(e.GetReasons(), func(r string) bool { return strings.Contains(r, text) }) {
		t.Errorf("no reason says %q: %q", text, e.GetReasons())
	}
}

// A job is explained at each stage: without workers, with a worker of other arithmetic, while a shard fails, and at its end.
func TestExplainJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		ops := c.operations()
		explain := func(id string) *octetv1.ExplainJobResponse {
			t.Helper()
			time.Sleep(10 * time.Millisecond)
			e, err := ops.ExplainJob(t.Context(), &octetv1.ExplainJobRequest{Id: id})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		id := c.create("r", c.spec(convModel(t, 40))).GetId()
		e := explain(id)
		says(t, e, "no worker is registered")
		says(t, e, "10 of its shards wait and 0 run; in all, 10 wait and 0 run, in 0 slots of 0 workers")

		other := c.workerWith(registry.Worker{ID: "other", Slots: 1, Numerics: numerics.Version + 1}, nil)
		says(t, explain(id), "none of 1 workers has numerics version")
		other.lose()

		goOn := make(chan struct{})
		w := c.worker("a", func(*fakeWorker, *octetv1.RunShardRequest, shardStream) error {
			return status.Error(codes.Internal, "its fan is broken")
		})
		e = explain(id)
		says(t, e, "shard 0 failed once, last on a (failed): worker a: its fan is broken")
		says(t, e, "worker a gets no shards for another")
		w.set(after(goOn, honest))
		c.worker("b", after(goOn, honest))
		time.Sleep(time.Minute)
		if e = explain(id); e.GetAttempts()[len(e.GetAttempts())-1].GetOutcome() != octetv1.Outcome_OUTCOME_UNSPECIFIED {
			t.Errorf("nothing runs: %v", e.GetAttempts())
		}
		close(goOn)
		job := c.wait(id)
		e = explain(id)
		if e.GetJob().GetState() != job.GetState() || len(e.GetReasons()) != 0 {
			t.Errorf("it ended %v, for %q", e.GetJob().GetState(), e.GetReasons())
		}
		accepted, failed, share := 0, 0, int32(0)
		for _, a := range e.GetAttempts() {
			switch a.GetOutcome() {
			case octetv1.Outcome_OUTCOME_ACCEPTED:
				accepted++
				if a.GetSamplesDone() != 4 || a.GetEndTime() == nil {
					t.Errorf("accepted: %v", a)
				}
			case octetv1.Outcome_OUTCOME_FAILED:
				failed++
			default:
				t.Errorf("outcome of %v", a)
			}
		}
		for _, s := range e.GetWorkers() {
			share += s.GetAccepted()
		}
		if accepted != 10 || failed == 0 || share != 10 || int(e.GetAttemptsTotal()) != accepted+failed {
			t.Errorf("%d accepted, %d of them counted by worker, %d failed, of %d attempts", accepted, share, failed, e.GetAttemptsTotal())
		}
		var states []octetv1.JobState
		for _, s := range e.GetStates() {
			states = append(states, s.GetState())
		}
		if want := []octetv1.JobState{1, 2, 3, 4}; !slices.Equal(states, want) {
			t.Errorf("states %v, want %v", states, want)
		}
		if e, err := ops.ExplainJob(t.Context(), &octetv1.ExplainJobRequest{Id: id, MaxAttempts: 3}); err != nil || len(e.GetAttempts()) != 3 || e.GetAttemptsTotal() < 11 {
			t.Errorf("of at most 3 attempts: %v, %v", e, err)
		}
		_, err := ops.ExplainJob(t.Context(), &octetv1.ExplainJobRequest{Id: "nobody's"})
		wantCode(t, "a job that is not there", err, codes.NotFound)
		_, err = ops.ExplainJob(t.Context(), &octetv1.ExplainJobRequest{Id: id, MaxAttempts: -1})
		wantCode(t, "-1 attempts", err, codes.InvalidArgument)
	})
}

// A job that needs more memory than any worker has says so, and runs when one comes that has it.
func TestExplainWantOfMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.workerWith(registry.Worker{ID: "small", Slots: 1, Memory: 1000, Numerics: numerics.Version}, nil)
		id := c.create("r", c.spec(convModel(t, 40))).GetId()
		time.Sleep(time.Second)
		e, err := c.operations().ExplainJob(t.Context(), &octetv1.ExplainJobRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		says(t, e, "a shard needs 1 MiB of memory, and no worker has more than 1 MiB for models and shards")
		if len(e.GetAttempts()) > 0 {
			t.Errorf("attempts: %v", e.GetAttempts())
		}
		c.workerWith(registry.Worker{ID: "large", Slots: 1, Memory: 2 << 20, Numerics: numerics.Version}, nil)
		c.result(c.wait(id))
	})
}

// A failed job's reason is its error.
func TestExplainFailedJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", faultOfSample)
		id := c.create("r", c.spec(convModel(t, 8, 5))).GetId()
		c.wait(id)
		e, err := c.operations().ExplainJob(t.Context(), &octetv1.ExplainJobRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		says(t, e, "it failed: ")
		if last := e.GetAttempts()[len(e.GetAttempts())-1]; last.GetOutcome() != octetv1.Outcome_OUTCOME_FAULT || last.GetError() == "" {
			t.Errorf("the last attempt is %v", last)
		}
	})
}

// A cluster is shown to each caller as far as it is the caller's to see.
func TestGetCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(c *cluster) { c.config.Weights = Weights{"vision": 3, "idle": 2} })
		c.workerWith(registry.Worker{ID: "a", Slots: 1, Memory: 8 << 20, Numerics: numerics.Version}, never)
		as := func(caller credential.Caller) context.Context { return credential.WithCaller(t.Context(), caller) }
		vision := as(credential.Caller{Role: credential.Client, Namespace: "vision"})
		spec := c.specOf(convModel(t, 40), "vision")
		if _, err := (&conversionService{server: c.server}).CreateJob(vision, &octetv1.CreateJobRequest{RequestId: "r", Spec: spec}); err != nil {
			t.Fatal(err)
		}
		mine := c.create("r", spec).GetId()
		time.Sleep(10 * time.Millisecond)
		service := &operationsService{server: c.server}
		all, err := service.GetCluster(t.Context(), &octetv1.GetClusterRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if len(all.GetWorkers()) != 1 || all.GetWorkers()[0].GetAddr() == "" || all.GetWorkers()[0].GetRunning() != 1 || all.GetWorkers()[0].GetSlots() != 1 {
			t.Errorf("workers %v", all.GetWorkers())
		}
		if all.GetShardsRunning() != 1 || all.GetShardsWaiting() != 19 {
			t.Errorf("%d shards run and %d wait, want 1 and 19", all.GetShardsRunning(), all.GetShardsWaiting())
		}
		if len(all.GetJobs()) != 2 || len(all.GetCounts()) != 1 || all.GetCounts()[0].GetJobs() != 2 || all.GetLeader() != c.config.Advertise {
			t.Errorf("an operator sees %v", all)
		}
		if w := all.GetWorkers()[0]; w.GetMemory() != 8<<20 || w.GetMemoryTaken() <= 0 || w.GetMemoryTaken() > 1<<20 {
			t.Errorf("%d bytes of %d are taken", w.GetMemoryTaken(), w.GetMemory())
		}
		shares := func(r *octetv1.GetClusterResponse) (text string) {
			for _, n := range r.GetNamespaces() {
				text += fmt.Sprintf("%q %d: %d jobs, %d shards; ", n.GetName(), n.GetWeight(), n.GetJobs(), n.GetShardsWaiting()+n.GetShardsRunning())
			}
			return text
		}
		if got := shares(all); got != `"" 1: 1 jobs, 10 shards; "idle" 2: 0 jobs, 0 shards; "vision" 3: 1 jobs, 10 shards; ` {
			t.Errorf("an operator sees namespaces %s", got)
		}
		theirs, err := service.GetCluster(vision, &octetv1.GetClusterRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if len(theirs.GetJobs()) != 1 || theirs.GetJobs()[0].GetId() == mine || theirs.GetCounts()[0].GetJobs() != 1 || theirs.GetWorkers()[0].GetAddr() != "" {
			t.Errorf("a client sees %v", theirs)
		}
		if got := shares(theirs); got != `"vision" 3: 1 jobs, 10 shards; ` {
			t.Errorf("a client sees namespaces %s", got)
		}
		_, err = service.ExplainJob(vision, &octetv1.ExplainJobRequest{Id: mine})
		wantCode(t, "another's job", err, codes.NotFound)
		if one, err := service.GetCluster(t.Context(), &octetv1.GetClusterRequest{MaxJobs: 1}); err != nil || len(one.GetJobs()) != 1 {
			t.Errorf("of at most one job: %v, %v", one, err)
		}
		_, err = service.GetCluster(t.Context(), &octetv1.GetClusterRequest{MaxJobs: -1})
		wantCode(t, "-1 jobs", err, codes.InvalidArgument)
	})
}

// A coordinator that does not lead explains nothing.
func TestOperationsFollowTheLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *ballot
		over := make(chan struct{})
		c := newCluster(t, func(c *cluster) {
			b = newBallot(c)
			b.elected <- over
			c.election = b
		})
		close(over)
		time.Sleep(time.Second)
		_, err := c.operations().GetCluster(t.Context(), &octetv1.GetClusterRequest{})
		wantFollower(t, "GetCluster", err, b.leader)
		_, err = c.operations().ExplainJob(t.Context(), &octetv1.ExplainJobRequest{Id: "j"})
		wantFollower(t, "ExplainJob", err, b.leader)
	})
}
