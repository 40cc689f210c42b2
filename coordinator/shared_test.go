package coordinator

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/store"
)

// A coordinator whose store is another than that of the cluster's first one does not start, and says why, unless it is told to adopt its own; then the first one does not.
func TestStoresThatAreNotShared(t *testing.T) {
	client := etcd(t)
	start := func(root, addr string, adopt bool) error {
		t.Helper()
		folder, err := store.NewFolder(root)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewServer(Config{Advertise: addr, AdoptStore: adopt}, NewEtcdElection(client, "/test", slow, zap.NewNop()), registry.NewMemory(), folder, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), slow)
		defer cancel()
		err = s.Run(ctx, func(leads bool) {
			if leads {
				cancel()
			}
		})
		if err == nil && ctx.Err() == context.DeadlineExceeded {
			t.Fatal("it did not lead in time")
		}
		return err
	}
	one, other := t.TempDir(), t.TempDir()
	for range 2 {
		if err := start(one, "a:1", false); err != nil {
			t.Fatal(err)
		}
	}
	if err := start(other, "b:1", false); err == nil || !strings.Contains(err.Error(), "the coordinator at a:1 began with") || !strings.Contains(err.Error(), "--store") {
		t.Errorf("with another store: %v", err)
	}
	if err := start(other, "b:1", true); err != nil {
		t.Fatal(err)
	}
	if err := start(other, "b:1", false); err != nil {
		t.Fatal(err)
	}
	if err := start(one, "a:1", false); err == nil {
		t.Error("the store that was given up is taken")
	}
}
