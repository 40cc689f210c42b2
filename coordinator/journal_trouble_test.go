package coordinator

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/registry"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// troubles are errors of etcd that pass.
var troubles = []error{
	rpctypes.ErrTimeout, rpctypes.ErrTimeoutDueToLeaderFail, rpctypes.ErrTimeoutDueToConnectionLost, rpctypes.ErrLeaderChanged, rpctypes.ErrNoLeader, rpctypes.ErrStopped,
	rpctypes.ErrTooManyRequests, status.Error(codes.Unavailable, "connection refused"), context.DeadlineExceeded,
}

// troubled is a registry that can't be watched at first.
type troubled struct {
	registry.Registry
	ask func(op, key string) error
}

func (r *troubled) Watch(ctx context.Context) (<-chan []registry.Worker, error) {
	if err := r.ask("watch", ""); err != nil {
		return nil, err
	}
	return r.Registry.Watch(ctx)
}

// Each operation in etcd fails at first in a way that passes, and half of the writes take place all the same. No coordinator ends, no job fails, no shard is computed twice,
// and clients that repeat a call have one job.
func TestTroubleThatPasses(t *testing.T) {
	for i, trouble := range troubles {
		for how, took := range map[string]bool{"for nothing": false, "behind the write": true} {
			t.Run(fmt.Sprintf("%d %s", i, how), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testTrouble(t, trouble, took) })
			})
		}
	}
}

func testTrouble(t *testing.T, trouble error, took bool) {
	var mu sync.Mutex
	asked := map[string]int{}
	ask := func(op, key string) error {
		if op == "create" {
			key = "" // each call has an id of its own
		}
		mu.Lock()
		defer mu.Unlock()
		asked[op+key]++
		switch {
		case asked[op+key]%4 == 0:
			return nil
		case took:
			return &unheard{fmt.Errorf("journal: %w", trouble)}
		default:
			return fmt.Errorf("journal: %w", trouble)
		}
	}
	c := newCluster(t, func(c *cluster) {
		c.registry = &troubled{c.registry, ask}
		c.journal.set(ask)
	})
	m := convModel(t, 12)
	spec := c.spec(m)
	want, err := m.inProcess(t, spec)
	if err != nil {
		t.Fatal(err)
	}
	w := c.worker("a", nil)
	create := func() string {
		for {
			resp, err := c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
			if err == nil {
				return resp.GetJob().GetId()
			}
			wantCode(t, "CreateJob", err, codes.Unavailable)
			time.Sleep(time.Second)
		}
	}
	id := create()
	time.Sleep(2 * time.Second) // in the midst of it
	c.restart()
	if again := create(); again != id {
		t.Errorf("the call made two jobs")
	}
	if !bytes.Equal(c.result(c.wait(id)), want.Model.Bytes()) {
		t.Error("the model is another than in process")
	}
	mu.Lock()
	defer mu.Unlock()
	for _, op := range []string{"watch", "load", "load streams", "load clock", "save clock", "create", "accept" + id, "accepted" + id, "save" + id} {
		if asked[op] < 4 {
			t.Errorf("%s had trouble %d times: that shows nothing", op, asked[op])
		}
	}
	if n := len(w.called()); n > 4 { // the one that ran when the coordinator stopped may run again
		t.Errorf("%d shards were run, there are 3", n)
	}
}
