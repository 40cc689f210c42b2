package coordinator

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
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

// An etcd that has reached its quota, in the middle of a job, holds it up and fails nothing; clients that create jobs are told what is to be done.
func TestEtcdIsFullForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 12)
		spec := c.spec(m)
		want, err := m.inProcess(t, spec)
		if err != nil {
			t.Fatal(err)
		}
		var (
			full    atomic.Bool
			mu      sync.Mutex
			refused = map[string]int{}
		)
		c.journal.set(func(op, _ string) error {
			switch op {
			case "create", "save", "accept", "history", "save clock":
				if full.Load() {
					mu.Lock()
					defer mu.Unlock()
					refused[op]++
					return explained(rpctypes.ErrNoSpace)
				}
			}
			return nil
		})
		goOn := make(chan struct{})
		c.worker("a", after(goOn, honest))
		id := c.create("r", spec).GetId()
		time.Sleep(time.Second)
		full.Store(true)
		close(goOn)
		time.Sleep(time.Hour)
		_, err = c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "s", Spec: spec})
		wantCode(t, "CreateJob", err, codes.Unavailable)
		if err == nil || !strings.Contains(err.Error(), "etcdctl alarm disarm") {
			t.Errorf("it says %v", err)
		}
		mu.Lock()
		if j := c.get(id); j.GetState() != octetv1.JobState_JOB_STATE_CALIBRATING || refused["accept"] == 0 || refused["save clock"] == 0 {
			t.Errorf("it is %v, and these were refused: %v", j.GetState(), refused)
		}
		mu.Unlock()
		full.Store(false)
		if !bytes.Equal(c.result(c.wait(id)), want.Model.Bytes()) {
			t.Error("the model is another than in process")
		}
	})
}

// compacting has etcd forget what a reader of several pages is at, once, before its second page.
type compacting struct {
	direct *clientv3.Client
	t      *testing.T
	pages  int
}

func (c *compacting) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if method == "/etcdserverpb.KV/Range" {
		if c.pages++; c.pages == 2 {
			resp, err := c.direct.Put(ctx, "other", "")
			if err == nil {
				_, err = c.direct.Compact(ctx, resp.Header.GetRevision())
			}
			if err != nil {
				c.t.Error(err)
			}
		}
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

// Whoever reads the journal while etcd compacts it has all of it, and nothing twice.
func TestEtcdCompactsWhatIsRead(t *testing.T) {
	direct := etcd(t)
	c := &compacting{direct: direct, t: t}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: direct.Endpoints(), DialTimeout: time.Minute, Logger: zap.NewNop(), DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(c.intercept)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	const n = pageSize + 1
	j := NewEtcdJournal(direct, "/test")
	for first := 0; first < n; first += 100 {
		var ops []clientv3.Op
		for i := first; i < min(first+100, n); i++ {
			ops = append(ops, clientv3.OpPut(j.job(fmt.Sprint(i)), fmt.Sprintf(`{"id": "%d"}`, i)))
		}
		if _, err := direct.Txn(t.Context()).Then(ops...).Commit(); err != nil {
			t.Fatal(err)
		}
	}
	all, err := NewEtcdJournal(client, "/test").Load(t.Context())
	ids := map[string]bool{}
	for _, r := range all {
		ids[r.ID] = true
	}
	if err != nil || len(all) != n || len(ids) != n || c.pages != 4 {
		t.Errorf("%d jobs, %d of them different, from %d pages, %v; want %d", len(all), len(ids), c.pages, err, n)
	}
}
