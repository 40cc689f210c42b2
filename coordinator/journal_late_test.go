package coordinator

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/tensor"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// late holds back the next transaction, whose caller is told that it timed out, until it is let go: as a member of etcd does that was stopped when it had it.
type late struct {
	armed bool
	send  func() error
}

func (l *late) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if !l.armed || method != "/etcdserverpb.KV/Txn" {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	l.armed = false
	l.send = func() error { return invoke(context.WithoutCancel(ctx), method, req, reply, cc, opts...) }
	return rpctypes.ErrGRPCTimeout
}

// A write whose caller was told that it timed out, and which takes place when later ones have, changes nothing.
func TestLateWrites(t *testing.T) {
	direct := etcd(t)
	var l late
	client, err := clientv3.New(clientv3.Config{
		Endpoints: direct.Endpoints(), DialTimeout: time.Minute, Logger: zap.NewNop(), DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(l.intercept)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := t.Context()
	// twice makes a write that is held back, repeats it, and returns what lets the first one go.
	twice := func(write func() error) func() {
		l.armed = true
		if err := write(); !registry.Passes(err) {
			t.Fatalf("a write that is held back: %v", err)
		}
		send := l.send
		if err := write(); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := send(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, fence := range map[string]bool{"alone": false, "elected": true} {
		j := NewEtcdJournal(client, "/"+name)
		if fence {
			j = within(t, "term", slow, elected(t, NewEtcdElection(client, "/"+name, time.Minute, zap.NewNop()), "a:1")).Journal.(*EtcdJournal)
		}
		job := record("j-a", "a")
		mustCreate(t, j, job)
		job.State = Calibrating
		save := twice(func() error { return j.Save(ctx, job) })
		over := job
		over.State, over.Error = Failed, &Failure{Kind: BadInput, Message: "NaN"}
		if err := j.Save(ctx, over); err != nil {
			t.Fatal(err)
		}
		save()
		wantRecords(t, j, over)

		job = record("j-b", "b")
		mustCreate(t, j, job)
		l.armed = true
		if _, err := j.Accept(ctx, job.ID, 0, "late"); !registry.Passes(err) {
			t.Fatalf("a result that is held back: %v", err)
		}
		job.State = Cancelled
		if err := j.Save(ctx, job); err != nil {
			t.Fatal(err)
		}
		if err := l.send(); err != nil {
			t.Fatal(err)
		}
		if left, err := j.Accepted(ctx, job.ID); err != nil || len(left) > 0 {
			t.Errorf("%s: results of a job that has ended: %v, %v", name, left, err)
		}

		at := time.Unix(1_700_000_000, 0).UTC()
		s := StreamRecord{ID: "s", Inputs: []dataset.Input{{Name: "x", DType: tensor.Float32, Shape: tensor.Shape{1}}}, Created: at, Changed: at}
		create := twice(func() error { return j.SaveStream(ctx, s, 0) })
		s.Samples, s.Pieces = 3, []Blob{{Digest: "p", Size: 12}}
		piece := twice(func() error { return j.SaveStream(ctx, s, 0) })
		s.Samples, s.Pieces, s.Chunks, s.Count = 4, nil, []Blob{{Digest: "c", Size: 16}}, 1
		if err := j.SaveStream(ctx, s, 0); err != nil {
			t.Fatal(err)
		}
		create()
		piece()
		wantStreams(t, j, s)
		clock := twice(func() error { return j.SaveClock(ctx, ClockRecord{Wall: at}) })
		behind := ClockRecord{Wall: at.Add(-time.Hour)} // the clock was set back meanwhile
		if err := j.SaveClock(ctx, behind); err != nil {
			t.Fatal(err)
		}
		clock()
		if got, err := j.LoadClock(ctx); err != nil || !cmp.Equal(got, behind) {
			t.Errorf("%s: the clock is %v, %v", name, got, err)
		}
		remove := twice(func() error { return j.DeleteStream(ctx, s) })
		if err := j.SaveStream(ctx, s, 0); err != nil { // another one of that name
			t.Fatal(err)
		}
		remove()
		wantStreams(t, j, s)
	}
}

// A result that is on its way to the journal when its job is cancelled leaves nothing there, and nothing of the job in the machine.
func TestAcceptBehindTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		held := make(chan struct{})
		c.journal.set(func(op, _ string) error {
			if op == "accept" {
				<-held
			}
			return nil
		})
		c.worker("a", honest)
		id := c.create("r", c.spec(convModel(t, 4))).GetId()
		time.Sleep(time.Second)
		if _, err := c.jobs.CancelJob(t.Context(), &octetv1.CancelJobRequest{Id: id}); err != nil {
			t.Fatal(err)
		}
		if state := c.wait(id).GetState(); state != octetv1.JobState_JOB_STATE_CANCELLED {
			t.Fatalf("it is %v", state)
		}
		close(held)
		time.Sleep(time.Second)
		if left, err := c.journal.Accepted(t.Context(), id); err != nil || len(left) > 0 {
			t.Errorf("the journal has results of a job that has ended: %v, %v", left, err)
		}
		e, err := c.operations().ExplainJob(t.Context(), &octetv1.ExplainJobRequest{Id: id})
		if err != nil || len(e.GetAttempts()) != 1 || e.GetAttempts()[0].GetOutcome() != octetv1.Outcome_OUTCOME_STOPPED {
			t.Errorf("its attempt: %v, %v", e.GetAttempts(), err)
		}
		s := c.server
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.machine.jobs) > 0 || len(s.held) > 0 {
			t.Errorf("the machine knows %d jobs, and %d blobs are held", len(s.machine.jobs), len(s.held))
		}
	})
}

func wantStreams(t *testing.T, j *EtcdJournal, want ...StreamRecord) {
	t.Helper()
	got, err := j.LoadStreams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
