package registry

import (
	"errors"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// A worker needs no more of etcd than its registration: as a user of a role that has the workers' keys alone it registers, is seen, drains and withdraws, and neither reads nor writes what
// coordinators have there.
func TestRoleOfWorkers(t *testing.T) {
	addr := startEtcd(t)
	root := dial(t, addr)
	ctx := t.Context()
	// What docs/security.md says to do, and the keys of a coordinator.
	if _, err := root.RoleAdd(ctx, "octet-worker"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		key, end string
		kind     clientv3.PermissionType
	}{
		{"/octet/workers/", clientv3.GetPrefixRangeEnd("/octet/workers/"), clientv3.PermissionType(clientv3.PermReadWrite)},
		{"/octet", "", clientv3.PermissionType(clientv3.PermRead)},
	} {
		if _, err := root.RoleGrantPermission(ctx, "octet-worker", p.key, p.end, p.kind); err != nil {
			t.Fatal(err)
		}
	}
	for user, role := range map[string]string{"root": "root", "worker": "octet-worker"} {
		_, err := root.UserAdd(ctx, user, "secret")
		if err == nil {
			_, err = root.UserGrantRole(ctx, user, role)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := root.Put(ctx, "/octet/jobs/j-1", "{}"); err != nil {
		t.Fatal(err)
	}
	if _, err := root.AuthEnable(ctx); err != nil {
		t.Fatal(err)
	}
	as := func(user string) *clientv3.Client {
		c, err := clientv3.New(clientv3.Config{Endpoints: []string{addr}, DialTimeout: slow, Logger: zap.NewNop(), Username: user, Password: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	admin, worker := as("root"), as("worker")

	sets, err := NewEtcd(admin, "/octet/workers", slow).Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	seen := func(ok func(all []Worker) bool) {
		t.Helper()
		for deadline := time.After(slow); ; {
			select {
			case all := <-sets:
				if ok(all) {
					return
				}
			case <-deadline:
				t.Fatal("the coordinator does not see it")
			}
		}
	}
	if _, err := worker.Get(ctx, "/octet", clientv3.WithCountOnly()); err != nil { // as programs ask whether etcd is there
		t.Error(err)
	}
	r, err := NewEtcd(worker, "/octet/workers", slow).Register(ctx, Worker{ID: "w-1", Addr: "a:1", Slots: 1})
	if err != nil {
		t.Fatal(err)
	}
	seen(func(all []Worker) bool { return len(all) == 1 && all[0].ID == "w-1" })
	if err := r.Drain(ctx); err != nil {
		t.Error(err)
	}
	seen(func(all []Worker) bool { return len(all) == 1 && all[0].Draining })

	lease, err := admin.Grant(ctx, 60)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Put(ctx, "/octet/leader/1", "c:1", clientv3.WithLease(lease.ID)); err != nil {
		t.Fatal(err)
	}
	for what, do := range map[string]func() error{
		"reads a job":               func() error { _, err := worker.Get(ctx, "/octet/jobs/j-1"); return err },
		"lists jobs":                func() error { _, err := worker.Get(ctx, "/octet/", clientv3.WithPrefix()); return err },
		"writes a job":              func() error { _, err := worker.Put(ctx, "/octet/jobs/j-1", "{}"); return err },
		"deletes a job":             func() error { _, err := worker.Delete(ctx, "/octet/jobs/j-1"); return err },
		"stands for election":       func() error { _, err := worker.Put(ctx, "/octet/leader/2", "w:1"); return err },
		"ends a coordinator's term": func() error { _, err := worker.Revoke(ctx, lease.ID); return err },
		"gives itself a role":       func() error { _, err := worker.UserGrantRole(ctx, "worker", "root"); return err },
		"writes in a transaction": func() error {
			_, err := worker.Txn(ctx).Then(clientv3.OpPut("/octet/jobs/j-1", "")).Commit()
			return err
		},
		"learns by a comparison alone": func() error {
			_, err := worker.Txn(ctx).If(clientv3.Compare(clientv3.Value("/octet/jobs/j-1"), "=", "{}")).Commit()
			return err
		},
	} {
		if err := do(); !errors.Is(err, rpctypes.ErrPermissionDenied) {
			t.Errorf("a worker %s: %v", what, err)
		}
	}
	if err := r.Close(ctx); err != nil {
		t.Error(err)
	}
	seen(func(all []Worker) bool { return len(all) == 0 })
}
