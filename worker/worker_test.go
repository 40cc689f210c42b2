package worker

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/registry"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// imageFolder writes pictures, of which each is a blob.
func imageFolder(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		img := image.NewRGBA(image.Rect(0, 0, 8, 8))
		img.Set(i%8, i/8, color.White)
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%02d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, img); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return dir
}

func (r *rig) workers() []registry.Worker {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	sets, err := r.registry.Watch(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	set := <-sets
	cancel()
	for range sets {
	}
	return set
}

func TestWorkerIsAnnouncedWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		want := []registry.Worker{{ID: r.server.ID(), Addr: "worker:1", Slots: 2, Backlog: 2, Numerics: numerics.Version, Version: "test"}}
		if diff := cmp.Diff(want, r.workers()); diff != "" {
			t.Error(diff)
		}
		r.halt()
		<-r.ended
		if set := r.workers(); len(set) > 0 {
			t.Errorf("still announced: %v", set)
		}
	})
}

// unready is a registry in which nobody can register at first.
type unready struct {
	*registry.Memory
	errs []error
}

func (r *unready) Register(ctx context.Context, w registry.Worker) (registry.Registration, error) {
	if len(r.errs) > 0 {
		err := r.errs[0]
		r.errs = r.errs[1:]
		return nil, fmt.Errorf("registry: lease: %w", err)
	}
	return r.Memory.Register(ctx, w)
}

// A worker that starts when etcd has trouble registers when that has passed, and ends if it does not pass.
func TestRegisterInTrouble(t *testing.T) {
	passes := status.Error(codes.Unavailable, "etcdserver: request timed out")
	for name, tt := range map[string]struct {
		errs []error
		want string // the error of Run
	}{
		"passes": {[]error{passes, context.DeadlineExceeded, passes}, ""},
		"stays":  {[]error{passes, errors.New("etcdserver: permission denied")}, "worker: registry: lease: etcdserver: permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := NewServer(t.Context(), Config{Advertise: "a:1", Slots: 1}, &unready{registry.NewMemory(), tt.errs}, tempFolder(t), zap.NewNop())
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				got := ""
				if err := s.Run(ctx, cancel); err != nil {
					got = err.Error()
				}
				if ready := ctx.Err() != nil; got != tt.want || ready != (tt.want == "") {
					t.Errorf("%q, want %q; ready: %v", got, tt.want, ready)
				}
				cancel()
			})
		})
	}
}

// slow returns a request whose shard takes the given time.
func (r *rig) slow(d time.Duration) *octetv1.RunShardRequest {
	req := r.conv()
	r.store.before(func(ctx context.Context, digest string) error {
		if digest != req.GetDataset().GetDigest() {
			return nil
		}
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return req
}

// A worker that is told to stop announces that at once and takes no more shards. Those that run come to their end, those that wait for a slot go elsewhere, and then it withdraws.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.Slots = 1 })
		req := r.slow(8 * time.Second)
		done, waits := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := r.run(t.Context(), req)
			done <- err
		}()
		time.Sleep(time.Second)
		go func() {
			_, err := r.run(t.Context(), req)
			waits <- err
		}()
		synctest.Wait()
		start := time.Now()
		r.halt()
		synctest.Wait()
		if set := r.workers(); len(set) != 1 || !set[0].Draining {
			t.Errorf("announced: %+v", set)
		}
		_, err := r.run(t.Context(), req)
		wantCode(t, "another shard", err, codes.ResourceExhausted)
		wantCode(t, "the shard that waited", <-waits, codes.Unavailable)
		if err := <-done; err != nil {
			t.Errorf("the shard that ran: %v", err)
		}
		<-r.ended
		if set := r.workers(); len(set) > 0 {
			t.Errorf("still announced: %v", set)
		}
		if took := time.Since(start); took > 8*time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

func TestDrainEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.Drain = 3 * time.Second })
		req := r.slow(time.Hour)
		done := make(chan error, 1)
		go func() {
			_, err := r.run(t.Context(), req)
			done <- err
		}()
		time.Sleep(time.Second)
		start := time.Now()
		r.halt()
		<-r.ended
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("stopping took %v", took)
		}
		wantCode(t, "the shard that ran", <-done, codes.Unavailable)
		if n := r.logs.FilterMessage("drain_timed_out").Len(); n != 1 {
			t.Errorf("logged: %v", r.logs.All())
		}
	})
}

// Connections to stores that nobody uses are not kept without bound.
func TestIdleStoresAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		req := r.conv()
		for i := range 5 {
			name := fmt.Sprint("store", i)
			r.serve(name, func(g grpc.ServiceRegistrar) { octetv1.RegisterBlobServiceServer(g, r.store) })
			req.BlobEndpoint = "passthrough:///" + name
			for range 2 {
				if _, err := r.run(t.Context(), req); err != nil {
					t.Fatal(err)
				}
			}
		}
		synctest.Wait()
		r.server.stores.mu.Lock()
		defer r.server.stores.mu.Unlock()
		if n := len(r.server.stores.all); n > maxIdle {
			t.Errorf("%d connections are kept", n)
		}
	})
}

func TestConfigValidate(t *testing.T) {
	good := Config{Advertise: "a:1", Slots: 1}
	if _, err := NewServer(t.Context(), good, nil, tempFolder(t), zap.NewNop()); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(c *Config){
		"no address": func(c *Config) { c.Advertise = "" }, "no slots": func(c *Config) { c.Slots = 0 },
		"cache": func(c *Config) { c.CacheBytes = -1 }, "models": func(c *Config) { c.Models = -1 }, "drain": func(c *Config) { c.Drain = -1 },
	} {
		c := good
		change(&c)
		if _, err := NewServer(t.Context(), c, nil, tempFolder(t), zap.NewNop()); err == nil {
			t.Errorf("%s: %+v was taken", name, c)
		}
	}
}
