package worker

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/registry"
)

// idler runs a worker that leaves after a minute without a shard, and returns it and what is closed when it has left.
func idler(t *testing.T, ctx context.Context) (*Server, chan struct{}) {
	t.Helper()
	c := Config{Advertise: "worker:1", Slots: 2, UntilIdle: time.Minute}
	s, err := NewServer(ctx, c, registry.NewMemory(), tempFolder(t), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan struct{})
	go func() {
		defer close(left)
		if err := s.Run(ctx, nil); err != nil {
			t.Error(err)
		}
	}()
	synctest.Wait()
	return s, left
}

func gone(left chan struct{}) bool {
	synctest.Wait()
	select {
	case <-left:
		return true
	default:
		return false
	}
}

func TestUntilIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, left := idler(t, t.Context())
		begin := func() {
			t.Helper()
			if err := s.begin(); err != nil {
				t.Fatal(err)
			}
		}
		// Two shards overlap, and one comes just before the worker would leave: none of this is rest.
		time.Sleep(59 * time.Second)
		begin()
		time.Sleep(5 * time.Minute)
		begin()
		s.end()
		time.Sleep(5 * time.Minute)
		s.end()
		time.Sleep(59 * time.Second)
		begin()
		s.end()
		time.Sleep(59 * time.Second)
		if gone(left) {
			t.Fatal("it left while it had work, or too early after")
		}
		time.Sleep(time.Second)
		if !gone(left) {
			t.Fatal("it is idle for a minute and stays")
		}
		if err := s.begin(); err == nil {
			t.Error("a worker that has left takes a shard")
		}
	})
}

// A worker that nobody gives anything leaves, too; one that is told to stop while it waits does so at once.
func TestIdleFromTheBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, left := idler(t, t.Context())
		time.Sleep(time.Minute)
		if !gone(left) {
			t.Error("it stays")
		}
		ctx, stop := context.WithCancel(t.Context())
		_, left = idler(t, ctx)
		stop()
		if !gone(left) {
			t.Error("it is told to stop, and waits to be idle")
		}
	})
}
