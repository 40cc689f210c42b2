package coordinator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/tensor"
)

// etcd starts a server on a free port of the loopback interface and returns a client.
func etcd(t testing.TB, change ...func(*embed.Config)) *clientv3.Client {
	t.Helper()
	cfg := embed.NewConfig()
	cfg.Dir = t.TempDir()
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	loopback := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	cfg.ListenClientUrls, cfg.ListenPeerUrls = []url.URL{loopback}, []url.URL{loopback}
	cfg.UnsafeNoFsync = true
	for _, f := range change {
		f(cfg)
	}
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
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Clients[0].Addr().String()}, DialTimeout: slow, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// Both journals keep the same promises.
func TestJournals(t *testing.T) {
	client := etcd(t)
	n := 0
	for name, open := range map[string]func() Journal{
		"memory": func() Journal { return NewMemoryJournal() },
		"etcd": func() Journal {
			n++
			return NewEtcdJournal(client, fmt.Sprintf("/test%d/", n))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("create", func(t *testing.T) { testCreate(t, open()) })
			t.Run("save", func(t *testing.T) { testSave(t, open()) })
			t.Run("accept", func(t *testing.T) { testAccept(t, open()) })
			t.Run("clock", func(t *testing.T) { testClock(t, open()) })
			t.Run("history", func(t *testing.T) { testHistory(t, open()) })
			t.Run("delete", func(t *testing.T) { testDelete(t, open()) })
			t.Run("two acceptors", func(t *testing.T) { testTwoAcceptors(t, open()) })
			t.Run("two creators", func(t *testing.T) { testTwoCreators(t, open()) })
		})
	}
	t.Run("many keys", func(t *testing.T) { testManyKeys(t, client) })
	t.Run("keys", func(t *testing.T) { testKeys(t, client) })
	t.Run("streams", func(t *testing.T) { testStreams(t, client) })
}

// The clock is one record, which is replaced as a whole.
func testClock(t *testing.T, j Journal) {
	for i, want := range []ClockRecord{{}, {Wall: epoch}, {Wall: epoch.Add(-time.Hour), Jumps: []ClockJump{{By: time.Hour, Ago: time.Minute}, {By: time.Second}}}, {Wall: epoch}} {
		if i > 0 {
			if err := j.SaveClock(t.Context(), want); err != nil {
				t.Fatal(err)
			}
		}
		got, err := j.LoadClock(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
}

// The history of a job is replaced as a whole, and goes with the job.
func testHistory(t *testing.T, j Journal) {
	a := record("j-a", "a")
	h := HistoryRecord{Since: epoch, Changes: []Change{{Preparing, epoch}}, Begun: 7, Shares: map[string]Share{"w": {Attempts: 7, Busy: time.Second}}, Attempts: []Attempt{{Shard: 3, Number: 1, Worker: "w", Begin: epoch}}}
	if err := j.SaveHistory(t.Context(), a.ID, h); !errors.Is(err, ErrGone) {
		t.Errorf("of a job that is not there: %v", err)
	}
	mustCreate(t, j, a)
	for range 2 {
		h.Begun++
		if err := j.SaveHistory(t.Context(), a.ID, h); err != nil {
			t.Fatal(err)
		}
	}
	all, err := j.Histories(t.Context())
	if d := cmp.Diff(map[string]HistoryRecord{a.ID: h}, all, cmp.AllowUnexported(Attempt{})); d != "" || err != nil {
		t.Error(err, d)
	}
	if err := j.Delete(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if all, err := j.Histories(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("of a job that was deleted: %v, %v", all, err)
	}
}

// An etcd that is full says so, and what to do about it. Jobs can still be deleted.
func TestEtcdIsFull(t *testing.T) {
	client := etcd(t, func(c *embed.Config) { c.QuotaBackendBytes = 1 << 20 })
	j := NewEtcdJournal(client, "/test")
	a := record("j-a", "a")
	mustCreate(t, j, a)
	start := time.Now()
	for i := 0; ; i++ {
		if _, err := client.Put(t.Context(), fmt.Sprint("/fill/", i), strings.Repeat("x", 1<<16)); err != nil {
			break
		}
		if time.Since(start) > slow {
			t.Fatal("etcd has no quota")
		}
		time.Sleep(10 * time.Millisecond) // it measures its file from time to time
	}
	_, _, createErr := j.Create(t.Context(), record("j-b", "b"))
	_, acceptErr := j.Accept(t.Context(), a.ID, 0, "x")
	for what, err := range map[string]error{"Create": createErr, "Accept": acceptErr, "Save": j.Save(t.Context(), a)} {
		if err == nil || !strings.Contains(err.Error(), "etcdctl alarm disarm") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := j.LoadClock(t.Context()); err != nil {
		t.Errorf("a coordinator can't begin: %v", err)
	}
	if err := j.Delete(t.Context(), a); err != nil {
		t.Error(err)
	}
}

func record(id, request string) Record {
	return Record{ID: id, RequestID: request, Spec: fullSpec(), State: Preparing, Numerics: 1, Created: time.Unix(1_700_000_000, 5).UTC()}
}

func mustCreate(t *testing.T, j Journal, r Record) {
	t.Helper()
	if _, created, err := j.Create(t.Context(), r); err != nil || !created {
		t.Fatalf("Create %s: %v, %v", r.ID, created, err)
	}
}

func wantRecords(t *testing.T, j Journal, want ...Record) {
	t.Helper()
	got, err := j.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func testCreate(t *testing.T, j Journal) {
	wantRecords(t, j)
	a := record("j-a", "r/1 ä")
	mustCreate(t, j, a)
	have, created, err := j.Create(t.Context(), record("j-b", a.RequestID))
	if err != nil || created || have.ID != "j-a" {
		t.Errorf("a repeat: %s, %v, %v", have.ID, created, err)
	}
	if diff := cmp.Diff(a, have); diff != "" {
		t.Error(diff)
	}
	c := record("j-c", "r/1")
	mustCreate(t, j, c)
	wantRecords(t, j, a, c)
}

func testSave(t *testing.T, j Journal) {
	a := record("j-a", "a")
	if err := j.Save(t.Context(), a); !errors.Is(err, ErrGone) {
		t.Errorf("Save of a job that is not there: %v", err)
	}
	wantRecords(t, j)
	mustCreate(t, j, a)
	b := record("j-ab", "b")
	mustCreate(t, j, b)
	for _, id := range []string{a.ID, b.ID} {
		if _, err := j.Accept(t.Context(), id, 0, "d"); err != nil {
			t.Fatal(err)
		}
	}
	results := func(id string, want int) {
		t.Helper()
		if got, err := j.Accepted(t.Context(), id); err != nil || len(got) != want {
			t.Errorf("%s in state %s has results %v, %v", id, a.State, got, err)
		}
	}
	a.State, a.Float = Calibrating, Blob{"f", 1}
	if err := j.Save(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	wantRecords(t, j, a, b)
	results(a.ID, 1)
	a.State, a.Error = Failed, &Failure{Kind: BadInput, Message: "NaN"}
	if err := j.Save(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	wantRecords(t, j, a, b)
	results(a.ID, 0)
	results(b.ID, 1)
	// What comes behind the end leaves nothing.
	for _, shard := range []int{0, 1} {
		if kept, err := j.Accept(t.Context(), a.ID, shard, "late"); !errors.Is(err, ErrOver) || kept != "" {
			t.Errorf("Accept of shard %d behind the end: %q, %v", shard, kept, err)
		}
	}
	results(a.ID, 0)
}

func testAccept(t *testing.T, j Journal) {
	ctx := t.Context()
	if _, err := j.Accept(ctx, "j-a", 0, "d"); !errors.Is(err, ErrGone) {
		t.Errorf("Accept for a job that is not there: %v", err)
	}
	mustCreate(t, j, record("j-a", "a"))
	mustCreate(t, j, record("j-a2", "a2")) // whose id starts with the other's
	for _, tt := range []struct {
		job          string
		shard        int
		digest, kept string
	}{
		{"j-a", 0, "d0", "d0"}, {"j-a", 0, "d0", "d0"}, {"j-a", 0, "other", "d0"}, {"j-a", 10, "d10", "d10"}, {"j-a", 1, "d1", "d1"}, {"j-a2", 0, "x", "x"},
	} {
		if kept, err := j.Accept(ctx, tt.job, tt.shard, tt.digest); err != nil || kept != tt.kept {
			t.Errorf("Accept %+v: %q, %v", tt, kept, err)
		}
	}
	for job, want := range map[string]map[int]string{"j-a": {0: "d0", 1: "d1", 10: "d10"}, "j-a2": {0: "x"}, "j-": {}} {
		if got, err := j.Accepted(ctx, job); err != nil || !maps.Equal(got, want) {
			t.Errorf("Accepted %s: %v, %v, want %v", job, got, err, want)
		}
	}
}

func testDelete(t *testing.T, j Journal) {
	ctx := t.Context()
	a, b := record("j-a", "a"), record("j-ab", "b")
	mustCreate(t, j, a)
	mustCreate(t, j, b)
	for _, id := range []string{a.ID, b.ID} {
		if _, err := j.Accept(ctx, id, 0, "d"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second finds nothing
		if err := j.Delete(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	wantRecords(t, j, b)
	if got, err := j.Accepted(ctx, a.ID); err != nil || len(got) > 0 {
		t.Errorf("results are left: %v, %v", got, err)
	}
	if got, err := j.Accepted(ctx, b.ID); err != nil || len(got) != 1 {
		t.Errorf("the other job's results: %v, %v", got, err)
	}
	if err := j.Save(ctx, a); !errors.Is(err, ErrGone) {
		t.Errorf("Save after Delete: %v", err)
	}
	if _, err := j.Accept(ctx, a.ID, 1, "d"); !errors.Is(err, ErrGone) {
		t.Errorf("Accept after Delete: %v", err)
	}
	mustCreate(t, j, record("j-new", "a"))
}

// testTwoAcceptors has several coordinators accept different results of the same shards: all must be told the same one.
func testTwoAcceptors(t *testing.T, j Journal) {
	mustCreate(t, j, record("j-a", "a"))
	const acceptors, shards = 4, 25
	var kept [acceptors][shards]string
	var group sync.WaitGroup
	for a := range acceptors {
		group.Go(func() {
			for i := range shards {
				i = (i*7 + a*5) % shards
				var err error
				if kept[a][i], err = j.Accept(t.Context(), "j-a", i, fmt.Sprint("of ", a)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	results, err := j.Accepted(t.Context(), "j-a")
	if err != nil || len(results) != shards {
		t.Fatal(results, err)
	}
	winners := map[string]bool{}
	for i := range shards {
		winners[results[i]] = true
		for a := range acceptors {
			if kept[a][i] != results[i] {
				t.Errorf("shard %d: acceptor %d was told %q, the journal has %q", i, a, kept[a][i], results[i])
			}
		}
	}
	if len(winners) < 2 {
		t.Logf("one acceptor won all shards: %v", slices.Collect(maps.Keys(winners)))
	}
}

func testTwoCreators(t *testing.T, j Journal) {
	const creators = 8
	var ids [creators]string
	var made [creators]bool
	var group sync.WaitGroup
	for i := range creators {
		group.Go(func() {
			have, created, err := j.Create(t.Context(), record(fmt.Sprint("j-", i), "same"))
			if err != nil {
				t.Error(err)
			}
			ids[i], made[i] = have.ID, created
		})
	}
	group.Wait()
	n := 0
	for i := range creators {
		if ids[i] != ids[0] {
			t.Errorf("jobs %s and %s were made under one request id", ids[0], ids[i])
		}
		if made[i] {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d calls say that they made the job", n)
	}
}

// testManyKeys reads more keys than one answer holds.
func testManyKeys(t *testing.T, client *clientv3.Client) {
	j := NewEtcdJournal(client, "/many")
	mustCreate(t, j, record("j-a", "a"))
	const n = 2*pageSize + 1
	for first := 0; first < n; first += 100 {
		var ops []clientv3.Op
		for i := first; i < min(first+100, n); i++ {
			ops = append(ops, clientv3.OpPut(j.results("j-a")+fmt.Sprint(i), fmt.Sprint("d", i)))
		}
		if _, err := client.Txn(t.Context()).Then(ops...).Commit(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := j.Accepted(t.Context(), "j-a")
	if err != nil || len(got) != n {
		t.Fatalf("%d results, %v, want %d", len(got), err, n)
	}
	for i := range n {
		if got[i] != fmt.Sprint("d", i) {
			t.Errorf("shard %d: %q", i, got[i])
		}
	}
}

// testKeys looks at etcd as a person with etcdctl does, and at what the journal makes of keys that are not its own.
func testKeys(t *testing.T, client *clientv3.Client) {
	j := NewEtcdJournal(client, "/keys/")
	mustCreate(t, j, record("j-a", "a"))
	if _, err := j.Accept(t.Context(), "j-a", 3, "d"); err != nil {
		t.Fatal(err)
	}
	resp, err := client.Get(t.Context(), "/keys/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, kv := range resp.Kvs {
		keys = append(keys, string(kv.Key))
	}
	want := []string{"/keys/jobs/j-a", "/keys/requests/ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", "/keys/results/j-a/3"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
	for key, value := range map[string]string{"/keys/jobs/j-b": "{", "/keys/results/j-a/x": "d"} {
		if _, err := client.Put(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "/keys/jobs/j-b") {
		t.Errorf("Load of a damaged record: %v", err)
	}
	if _, err := j.Accepted(t.Context(), "j-a"); err == nil {
		t.Error("a key that is no shard was taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := j.Create(ctx, record("j-c", "c")); !errors.Is(err, context.Canceled) {
		t.Errorf("Create without time: %v", err)
	}
}

// testStreams looks at streams in etcd: their chunks come back in order, and one that a write left behind of which nobody learnt does not count.
func testStreams(t *testing.T, client *clientv3.Client) {
	j := NewEtcdJournal(client, "/streams-test")
	want := StreamRecord{
		ID: "s", Namespace: "vision", Created: epoch, Changed: epoch, Samples: 12*32 + 1, Pieces: []Blob{{Digest: "p", Size: 1}},
		Inputs: []dataset.Input{{Name: "x", Tensor: "x:0", DType: tensor.Float32, Shape: tensor.Shape{1, 3}}},
	}
	for i := range 12 {
		want.Chunks = append(want.Chunks, Blob{Digest: fmt.Sprint("c", i), Size: 5})
		want.Count = i + 1
		if err := j.SaveStream(t.Context(), want, i); err != nil {
			t.Fatal(err)
		}
	}
	lost := want
	lost.Chunks, lost.Count = append(slices.Clip(want.Chunks), Blob{Digest: "lost"}), 13
	other := StreamRecord{ID: "s", Created: epoch, Changed: epoch}
	for _, r := range []StreamRecord{lost, want, other} {
		if err := j.SaveStream(t.Context(), r, 12); err != nil {
			t.Fatal(err)
		}
	}
	all, err := j.LoadStreams(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	i := slices.IndexFunc(all, func(r StreamRecord) bool { return r.Namespace == "vision" })
	if diff := cmp.Diff(want, all[i]); diff != "" {
		t.Error(diff)
	}
	if err := j.DeleteStream(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if all, err = j.LoadStreams(t.Context()); err != nil || len(all) != 1 || all[0].Namespace != "" {
		t.Errorf("after one was deleted: %v, %v", all, err)
	}
	if resp, err := client.Get(t.Context(), "/streams-test/chunks/", clientv3.WithPrefix(), clientv3.WithKeysOnly()); err != nil || len(resp.Kvs) != 0 {
		t.Errorf("chunks stay: %v, %v", resp, err)
	}
	j.fence = &fence{"/streams-test/leader", 1}
	if err := j.SaveStream(t.Context(), want, 0); !errors.Is(err, ErrDeposed) {
		t.Errorf("a write behind the end of a term: %v", err)
	}
}
