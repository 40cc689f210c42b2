package coordinator

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// A coordinator that has as many jobs as it takes turns more of them away, and says when to ask again; a repeat of a request that made a job is none. When a job has ended there
// is room. Each namespace has a bound of its own.
func TestJobsAreTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(c *cluster) { c.config.Limits = Limits{Jobs: 3, NamespaceJobs: 2} })
		spec := c.specOf(convModel(t, 8), "vision", "audio")
		service := &conversionService{server: c.server}
		create := func(namespace, id string) (*octetv1.Job, error) {
			ctx := credential.WithCaller(t.Context(), credential.Caller{Role: credential.Client, Namespace: namespace})
			resp, err := service.CreateJob(ctx, &octetv1.CreateJobRequest{RequestId: id, Spec: spec})
			return resp.GetJob(), err
		}
		must := func(namespace, id string) *octetv1.Job {
			j, err := create(namespace, id)
			if err != nil {
				t.Fatal(namespace, id, err)
			}
			return j
		}
		full := func(namespace, id string) {
			t.Helper()
			_, err := create(namespace, id)
			wantCode(t, "CreateJob", err, codes.ResourceExhausted)
			if d := retryDelay(err); d < minRetry || d > maxRetry {
				t.Errorf("%s/%s is told to come back after %v", namespace, id, d)
			}
		}
		first := must("vision", "1")
		must("vision", "2")
		full("vision", "3") // its own bound
		if again := must("vision", "1"); again.GetId() != first.GetId() {
			t.Errorf("a repeat made job %s, want %s", again.GetId(), first.GetId())
		}
		must("audio", "1")
		full("audio", "2") // everybody's
		c.restart()
		service.server = c.server
		full("audio", "2")
		if _, err := service.CancelJob(context.Background(), &octetv1.CancelJobRequest{Id: first.GetId()}); err != nil {
			t.Fatal(err)
		}
		must("vision", "3")
		full("vision", "4")
	})
}

func TestPace(t *testing.T) {
	var p pace
	if d := p.next(epoch); d != 5*time.Second {
		t.Errorf("nothing is known: %v", d)
	}
	for i := range 100 {
		p.ended(epoch.Add(time.Duration(i) * 4 * time.Second))
	}
	if d := p.next(epoch.Add(400 * time.Second)); d != 4*time.Second {
		t.Errorf("a job ends every 4 seconds: %v", d)
	}
	if d := p.next(epoch.Add(time.Hour)); d != maxRetry {
		t.Errorf("none has ended for long: %v", d)
	}
}

// What a job's priority is survives a restart, and is shown.
func TestPriorityIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		resp, err := c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "r", Spec: c.spec(convModel(t, 8)), Priority: octetv1.Priority_PRIORITY_HIGH})
		if err != nil {
			t.Fatal(err)
		}
		c.restart()
		if j := c.get(resp.GetJob().GetId()); j.GetPriority() != octetv1.Priority_PRIORITY_HIGH {
			t.Errorf("priority %v", j.GetPriority())
		}
		synctest.Wait()
		c.server.mu.Lock()
		w := c.server.machine.jobs[resp.GetJob().GetId()].weight
		c.server.mu.Unlock()
		if w != High.weight() {
			t.Errorf("the machine gives it weight %v", w)
		}
		_, err = c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "s", Spec: c.spec(convModel(t, 8)), Priority: 9})
		wantCode(t, "CreateJob", err, codes.InvalidArgument)
	})
}

// A namespace's jobs take so much of the journal and no more, since etcd refuses everybody when it is full. What is deleted makes room.
func TestJournalIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		spec := c.specOf(convModel(t, 8), "vision", "audio")
		spec.KeepFloat = []string{strings.Repeat("x", 50_000)}
		service := &conversionService{server: c.server}
		as := func(namespace string) context.Context {
			return credential.WithCaller(t.Context(), credential.Caller{Role: credential.Client, Namespace: namespace})
		}
		create := func(namespace, id string) (*octetv1.Job, error) {
			resp, err := service.CreateJob(as(namespace), &octetv1.CreateJobRequest{RequestId: id, Spec: spec})
			return resp.GetJob(), err
		}
		first, err := create("vision", "1")
		if err != nil {
			t.Fatal(err)
		}
		c.wait(first.GetId())
		taken := func() int {
			c.server.mu.Lock()
			defer c.server.mu.Unlock()
			return c.server.published.texts["vision"]
		}
		if n := taken(); n < 50_000 || n > 120_000 {
			t.Errorf("a job takes %d bytes", n)
		}
		c.server.mu.Lock()
		c.server.published.texts["vision"] += maxTexts - 60_000
		c.server.mu.Unlock()
		_, err = create("vision", "2")
		wantCode(t, "CreateJob", err, codes.ResourceExhausted)
		if !strings.Contains(err.Error(), "delete jobs that have ended") || retryDelay(err) != 0 {
			t.Errorf("%v, again after %v", err, retryDelay(err))
		}
		if _, err := create("audio", "2"); err != nil {
			t.Error(err)
		}
		if _, err := service.DeleteJob(as("vision"), &octetv1.DeleteJobRequest{Id: first.GetId()}); err != nil {
			t.Fatal(err)
		}
		if n := taken(); n != maxTexts-60_000 {
			t.Errorf("without jobs %d bytes are taken", n)
		}
		if _, err = create("vision", "2"); err != nil {
			t.Error(err)
		}
	})
}

// Jobs that are created at the same time, none of which is in the journal yet, have no more room than one after the other.
func TestJournalIsBoundedForThoseThatCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		spec := c.specOf(convModel(t, 8), "vision")
		spec.KeepFloat = []string{strings.Repeat("x", 50_000)}
		service := &conversionService{server: c.server}
		ctx := credential.WithCaller(t.Context(), credential.Caller{Role: credential.Client, Namespace: "vision"})
		c.server.mu.Lock()
		c.server.published.texts["vision"] += maxTexts - 120_000 // room for two
		c.server.mu.Unlock()
		behind := make(chan struct{})
		c.journal.set(func(op, _ string) error {
			if op == "create" {
				<-behind
			}
			return nil
		})
		var group sync.WaitGroup
		var made, refused atomic.Int64
		for i := range 8 {
			group.Go(func() {
				_, err := service.CreateJob(ctx, &octetv1.CreateJobRequest{RequestId: fmt.Sprint(i), Spec: spec})
				switch status.Code(err) {
				case codes.OK:
					made.Add(1)
				case codes.ResourceExhausted:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := refused.Load(); n != 6 {
			t.Errorf("%d jobs are turned away while others are written, want 6", n)
		}
		close(behind)
		group.Wait()
		if n := made.Load(); n != 2 {
			t.Errorf("%d jobs are made, want 2", n)
		}
		c.server.mu.Lock()
		defer c.server.mu.Unlock()
		if len(c.server.texts.space) != 0 || len(c.server.coming.space) != 0 {
			t.Errorf("what comes is %v, %v, when nothing does", c.server.texts, c.server.coming)
		}
	})
}
