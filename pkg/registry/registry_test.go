package registry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// slow is what no step of a test may take, on a machine that is ten times slower than others.
const slow = 2 * time.Minute

// startEtcd starts a server on a free port of the loopback interface and returns the address of its clients.
func startEtcd(t *testing.T) string {
	t.Helper()
	cfg := embed.NewConfig()
	cfg.Dir = t.TempDir()
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	any := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	cfg.ListenClientUrls, cfg.ListenPeerUrls = []url.URL{any}, []url.URL{any}
	cfg.UnsafeNoFsync = true
	server, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	select {
	case <-server.Server.ReadyNotify():
	case <-time.After(slow):
		t.Fatal("etcd did not get ready")
	}
	return server.Clients[0].Addr().String()
}

func dial(t *testing.T, addr string, more ...grpc.DialOption) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{addr}, DialTimeout: slow, Logger: zap.NewNop(),
		DialOptions: append(more, grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, MaxDelay: time.Second}, MinConnectTimeout: time.Second,
		})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// etcd starts a server and returns a client.
func etcd(t *testing.T) *clientv3.Client {
	t.Helper()
	return dial(t, startEtcd(t))
}

// wire carries connections to an address until it is cut, and again once it is mended. Connections that are made meanwhile end at once.
type wire struct {
	addr, to string
	group    sync.WaitGroup

	mu    sync.Mutex
	isCut bool
	conns []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{addr: l.Addr().String(), to: to}
	w.group.Go(func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			w.carry(here)
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.cut()
		w.group.Wait()
	})
	return w
}

func (w *wire) carry(here net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	there, err := net.Dial("tcp", w.to)
	if err != nil {
		here.Close()
		return
	}
	if w.isCut {
		here.Close()
		there.Close()
		return
	}
	w.conns = append(w.conns, here, there)
	w.group.Go(func() { copyAndClose(here, there) })
	w.group.Go(func() { copyAndClose(there, here) })
}

func copyAndClose(to, from net.Conn) {
	_, _ = io.Copy(to, from) // it ends when the wire is cut
	to.Close()
	from.Close()
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = false
}

// expect waits until the watched set holds exactly the given workers.
func expect(t *testing.T, sets <-chan []Worker, want ...Worker) {
	t.Helper()
	deadline := time.After(slow)
	var last []Worker
	for {
		select {
		case set, ok := <-sets:
			if !ok {
				t.Fatal("the watch ended")
			}
			if last = set; cmp.Equal(want, set, cmp.Comparer(func(a, b []Worker) bool { return len(a) == 0 && len(b) == 0 || cmp.Diff(a, b) == "" })) {
				return
			}
		case <-deadline:
			t.Fatalf("the set is %+v, want %+v", last, want)
		}
	}
}

func TestRegistries(t *testing.T) {
	client := etcd(t)
	for name, r := range map[string]Registry{"memory": NewMemory(), "etcd": NewEtcd(client, "/test/workers/", slow)} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			sets, err := r.Watch(ctx)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, sets)
			a := Worker{ID: "a", Addr: "127.0.0.1:1", Slots: 2, Backlog: 3, Memory: 5 << 30, Numerics: 1, Version: "v1"}
			b := Worker{ID: "b", Addr: "127.0.0.1:2", Slots: 1, Numerics: 2, Version: "v2"}
			ra, err := r.Register(ctx, a)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, sets, a)
			rb, err := r.Register(ctx, b)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, sets, a, b)
			late, err := r.Watch(ctx)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, late, a, b)
			if err := ra.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			a.Draining = true
			expect(t, sets, a, b)
			expect(t, late, a, b)
			if err := ra.Close(ctx); err != nil {
				t.Fatal(err)
			}
			expect(t, sets, b)
			if err := rb.Close(ctx); err != nil {
				t.Fatal(err)
			}
			expect(t, sets)
			cancel()
			for range sets {
			}
		})
	}
}

// A worker that registers again replaces what it announced; its old registration has nothing more to withdraw.
func TestRegisterAgain(t *testing.T) {
	for name, r := range map[string]Registry{"memory": NewMemory(), "etcd": NewEtcd(etcd(t), "/test/workers", slow)} {
		t.Run(name, func(t *testing.T) {
			sets, err := r.Watch(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			old, now := Worker{ID: "a", Addr: "127.0.0.1:1", Slots: 1}, Worker{ID: "a", Addr: "127.0.0.1:2", Slots: 2}
			first, err := r.Register(t.Context(), old)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, sets, old)
			second, err := r.Register(t.Context(), now)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, sets, now)
			if err := first.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			late, err := r.Watch(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			expect(t, late, now)
			if err := second.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			expect(t, late)
		})
	}
}

// Etcd can't be reached for longer than a lease lasts. Those who watch keep the last known set, and learn what has changed when it is back; a worker that
// lost its lease meanwhile registers again, one that is gone is gone.
func TestEtcdIsAwayForAWhile(t *testing.T) {
	etcd := startEtcd(t)
	wire := newWire(t, etcd)
	client := dial(t, etcd)
	far, near := NewEtcd(dial(t, wire.addr), "/test/workers", 4*time.Second), NewEtcd(client, "/test/workers", slow)
	watch := func(r *Etcd) <-chan []Worker {
		sets, err := r.Watch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return sets
	}
	register := func(r *Etcd, w Worker) Registration {
		reg, err := r.Register(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		return reg
	}
	fromFar, fromNear := watch(far), watch(near)
	a, b, c := Worker{ID: "a", Addr: "x:1", Slots: 1}, Worker{ID: "b", Addr: "x:2", Slots: 1}, Worker{ID: "c", Addr: "x:3", Slots: 1}
	register(far, a)
	gone := register(near, b)
	expect(t, fromFar, a, b)
	expect(t, fromNear, a, b)
	wire.cut()
	expect(t, fromNear, b) // a lost its lease
	if err := gone.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	register(near, c)
	expect(t, fromNear, c)
	resp, err := client.Get(t.Context(), "/test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Compact(t.Context(), resp.Header.Revision); err != nil { // nobody can catch up event by event
		t.Fatal(err)
	}
	select {
	case set, ok := <-fromFar:
		if !ok || len(set) != 2 {
			t.Errorf("without etcd the set is %v, %v", set, ok)
		}
	default:
	}
	wire.mend()
	expect(t, fromNear, a, c)
	expect(t, fromFar, a, c)
}

// leaseOf returns the lease that a worker is announced under.
func leaseOf(reg Registration) clientv3.LeaseID {
	r := reg.(*etcdRegistration)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lease
}

// A lease that runs out before a worker is announced under it, as the worker or its connection stood still meanwhile, is no reason to give up.
func TestLeaseRunsOutBeforeItIsUsed(t *testing.T) {
	addr := startEtcd(t)
	direct := dial(t, addr)
	revoke := true
	client := dial(t, addr, grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if revoke && method == "/etcdserverpb.KV/Txn" {
			revoke = false
			leases, err := direct.Leases(ctx)
			if err != nil {
				return err
			}
			for _, l := range leases.Leases {
				if _, err := direct.Revoke(ctx, l.ID); err != nil {
					return err
				}
			}
		}
		return invoke(ctx, method, req, reply, cc, opts...)
	}))
	r := NewEtcd(client, "/test/workers", slow)
	w := Worker{ID: "a", Addr: "127.0.0.1:1", Slots: 1}
	if _, err := r.Register(t.Context(), w); !Passes(err) {
		t.Fatalf("an error that a worker ends with: %v", err)
	}
	reg, err := r.Register(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if err := reg.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestLostLeaseIsMadeAgain(t *testing.T) {
	client := etcd(t)
	r := NewEtcd(client, "/test/workers", 2*time.Second)
	sets, err := r.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := Worker{ID: "a", Addr: "127.0.0.1:1", Slots: 1}
	reg, err := r.Register(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, sets, w)
	lost := leaseOf(reg)
	if _, err := client.Revoke(t.Context(), lost); err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) { // it ran out before
		t.Fatal(err)
	}
	for start := time.Now(); leaseOf(reg) == lost; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > slow {
			t.Fatalf("the worker is announced under lease %x, which is gone", lost)
		}
	}
	late, err := r.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expect(t, late, w)
	if err := reg.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, sets)
}

func TestCloseAfterALostLease(t *testing.T) {
	client := etcd(t)
	r := NewEtcd(client, "/test/workers", slow)
	sets, err := r.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := Worker{ID: "a", Addr: "127.0.0.1:1", Slots: 1}
	reg, err := r.Register(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, sets, w)
	if _, err := client.Revoke(t.Context(), leaseOf(reg)); err != nil {
		t.Fatal(err)
	}
	if err := reg.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	expect(t, sets)
}

func TestWorkersWithNonsenseAreIgnored(t *testing.T) {
	client := etcd(t)
	r := NewEtcd(client, "/test/workers", 2*time.Second)
	for key, value := range map[string]string{"x": "no JSON", "y": `{"Op":0,"Addr":"a:1","Metadata":"text"}`, "z": `{"Op":0,"Addr":"a:1","Metadata":{"slots":0}}`} {
		if _, err := client.Put(t.Context(), "/test/workers/"+key, value); err != nil {
			t.Fatal(err)
		}
	}
	sets, err := r.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expect(t, sets)
}
