package coordinator

import (
	"bytes"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// A worker drains: it gets no more shards, the one that it runs is not begun elsewhere, and its result is taken.
func TestDrainingWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 20) // 5 shards
		spec := c.spec(m)
		want, err := m.inProcess(t, spec)
		if err != nil {
			t.Fatal(err)
		}
		goOn, hurry := make(chan struct{}), make(chan struct{})
		old := c.worker("old", after(goOn, honest))
		id := c.create("r", spec).GetId()
		synctest.Wait()
		if err := old.reg.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		young := c.worker("young", after(hurry, honest))
		time.Sleep(3 * time.Second) // it is no straggler yet
		close(goOn)
		time.Sleep(time.Second) // its shard is over, and others wait
		close(hurry)
		time.Sleep(time.Second)
		old.lose()
		if !bytes.Equal(c.result(c.wait(id)), want.Model.Bytes()) {
			t.Error("the model is another than in process")
		}
		if o, y := len(old.called()), len(young.called()); o != 1 || y != 4 {
			t.Errorf("the old worker was called %d times, the young one %d times", o, y)
		}
	})
}

// However many workers stop under a shard, and end it since it takes too long: that does not fail its job.
func TestStoppingWorkersAreNoFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		stops, err := status.New(codes.Unavailable, "the worker is stopping").WithDetails(&errdetails.ErrorInfo{Reason: "STOPPING", Domain: "octet"})
		if err != nil {
			t.Fatal(err)
		}
		var n atomic.Int32
		for _, id := range []string{"a", "b", "c", "d"} {
			c.worker(id, func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
				if n.Add(1) <= 2*maxFailures {
					return stops.Err()
				}
				return honest(w, req, stream)
			})
		}
		c.result(c.wait(c.create("r", c.spec(convModel(t, 4))).GetId()))
		if n := n.Load(); n != 2*maxFailures+1 {
			t.Errorf("the workers were called %d times", n)
		}
	})
}
