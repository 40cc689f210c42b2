package registry

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
)

// etcd starts a server on a free port of the loopback interface and returns a client.
func etcd(t *testing.T) *clientv3.Client {
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
	case <-time.After(30 * time.Second):
		t.Fatal("etcd did not get ready")
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Clients[0].Addr().String()}, DialTimeout: 10 * time.Second, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// expect waits until the watched set holds exactly the given workers.
func expect(t *testing.T, sets <-chan []Worker, want ...Worker) {
	t.Helper()
	deadline := time.After(20 * time.Second)
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
	for name, r := range map[string]Registry{"memory": NewMemory(), "etcd": NewEtcd(client, "/test/workers/", 2*time.Second)} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			sets, err := r.Watch(ctx)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, sets)
			a := Worker{ID: "a", Addr: "127.0.0.1:1", Slots: 2, Numerics: 1, Version: "v1"}
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
	lease := reg.(*etcdRegistration)
	lease.mu.Lock()
	id := lease.lease
	lease.mu.Unlock()
	if _, err := client.Revoke(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	expect(t, sets)
	expect(t, sets, w)
	if err := reg.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, sets)
}

func TestCloseAfterALostLease(t *testing.T) {
	client := etcd(t)
	r := NewEtcd(client, "/test/workers", time.Second)
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
	if _, err := client.Revoke(t.Context(), reg.(*etcdRegistration).lease); err != nil {
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
