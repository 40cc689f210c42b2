package coordinator

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// stored returns the digests that the store holds.
func (c *cluster) stored() map[string]bool {
	c.t.Helper()
	all := map[string]bool{}
	for info, err := range c.folder.List(c.t.Context()) {
		if err != nil {
			c.t.Fatal(err)
		}
		all[string(info.Digest)] = true
	}
	return all
}

func (c *cluster) gc(grace time.Duration, dryRun bool) *octetv1.CollectGarbageResponse {
	c.t.Helper()
	resp, err := c.blobs.CollectGarbage(c.t.Context(), &octetv1.CollectGarbageRequest{Grace: durationpb.New(grace), DryRun: dryRun})
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

// needs are the blobs that a job must keep.
func (c *cluster) needs(m *model, j *octetv1.Job) []string {
	spec := j.GetSpec()
	all := []string{spec.GetSource().GetDigest(), spec.GetDataset().GetDigest()}
	for _, b := range m.manifest.Refs() {
		all = append(all, string(b.Digest))
	}
	if r := j.GetResult(); r != nil {
		all = append(all, r.GetModel().GetDigest(), r.GetStats().GetDigest(), r.GetReport().GetDigest())
	}
	return all
}

func (c *cluster) holds(what string, digests ...string) {
	c.t.Helper()
	have := c.stored()
	for _, d := range digests {
		if !have[d] {
			c.t.Errorf("%s: blob %.12s is gone", what, d)
		}
	}
}

// At each stage of a job, what it needs outlives a collection without any grace; what it does not need goes.
func TestCollectKeepsWhatJobsNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 8)
		free := c.busy()
		spec := c.spec(m)
		stray := c.upload([]byte("stray")).GetDigest()
		id := c.create("r", spec).GetId()
		time.Sleep(time.Minute)
		if n := c.gc(time.Hour, false).GetBlobs(); n != 0 {
			t.Errorf("%d young blobs are gone", n)
		}
		if resp := c.gc(0, true); resp.GetBlobs() != 1 || resp.GetBytes() != 5 {
			t.Errorf("a dry run would delete %v", resp)
		}
		c.holds("after a dry run", stray)
		if resp := c.gc(0, false); resp.GetBlobs() != 1 || resp.GetBytes() != 5 {
			t.Errorf("deleted %v", resp)
		}
		c.holds("preparing", c.needs(m, c.get(id))...)

		goOn := make(chan struct{})
		w := c.worker("a", func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
			if req.GetShard() == 1 {
				return after(goOn, honest)(w, req, stream)
			}
			return honest(w, req, stream)
		})
		free(2)
		time.Sleep(time.Minute)
		results, err := c.journal.Accepted(t.Context(), id)
		if err != nil || len(results) != 1 {
			t.Fatal(results, err)
		}
		c.gc(0, false)
		c.holds("calibrating", append(c.needs(m, c.get(id)), results[0], w.called()[0].GetModel().GetDigest())...)

		close(goOn)
		j := c.wait(id)
		time.Sleep(time.Minute)
		if n := c.gc(0, false).GetBlobs(); n != 2 {
			t.Errorf("%d blobs are gone, want the results of two shards", n)
		}
		c.holds("succeeded", c.needs(m, j)...)
		c.restart()
		if n := c.gc(0, false).GetBlobs(); n != 0 {
			t.Errorf("after a restart %d blobs are gone", n)
		}
		if _, err := c.jobs.DeleteJob(t.Context(), &octetv1.DeleteJobRequest{Id: id}); err != nil {
			t.Fatal(err)
		}
		c.gc(0, false)
		if left := c.stored(); len(left) > 0 {
			t.Errorf("%d blobs are left of nothing", len(left))
		}
	})
}

// A result is between the worker and the journal, or the journal's answer and the store, when a collection comes by.
func TestCollectKeepsWhatIsAboutToBeReferredTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		m := convModel(t, 8)
		spec := c.spec(m)
		collect := func(op, _ string) error {
			if op == "create" || op == "accept" || op == "save" {
				time.Sleep(time.Second)
				_, _, err := c.server.collect(t.Context(), 0, false)
				return err
			}
			return nil
		}
		c.journal.set(collect)
		j := c.wait(c.create("r", spec).GetId())
		want, err := m.inProcess(t, spec)
		if err != nil || !bytes.Equal(c.result(j), want.Model.Bytes()) {
			t.Errorf("the model is another than in process (%v)", err)
		}
		c.holds("succeeded", c.needs(m, j)...)
	})
}

// Who is told that a blob is there can rely on it for the time of grace, however old the blob is.
func TestBlobsThatClientsAskForAreYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(c *cluster) { c.config.CollectEvery = 1000 * time.Hour })
		b := c.upload([]byte("old"))
		for name, ask := range map[string]func() error{
			"FindMissing": func() error {
				_, err := c.blobs.FindMissing(t.Context(), &octetv1.FindMissingRequest{Blobs: []*octetv1.Blob{b}})
				return err
			},
			"QueryWrite": func() error {
				_, err := c.blobs.QueryWrite(t.Context(), &octetv1.QueryWriteRequest{Blob: b})
				return err
			},
			"Write": func() error { _, err := upload(t.Context(), c.blobs, []byte("old")); return err },
		} {
			time.Sleep(5 * time.Hour)
			if err := ask(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			if n := c.gc(time.Hour, false).GetBlobs(); n > 0 {
				t.Fatalf("the blob is gone a minute after %s", name)
			}
		}
		time.Sleep(time.Hour)
		if n := c.gc(time.Hour, false).GetBlobs(); n != 1 {
			t.Errorf("deleted %d blobs", n)
		}
	})
}

// Jobs that ended long ago go by themselves, with their blobs, and so do uploads that nobody goes on with.
func TestThingsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		m := convModel(t, 4)
		spec := c.spec(m)
		id := c.create("r", spec).GetId()
		j := c.wait(id)
		stale := c.cut([]byte("a whole sentence"), 7)
		running := c.create("waits", &octetv1.JobSpec{Source: c.upload([]byte("x"))}).GetId()
		path := filepath.Join(c.root, "uploads", stale.GetDigest())
		if err := os.Chtimes(path, time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(23 * time.Hour)
		if _, err := os.Stat(path); err != nil {
			t.Errorf("the upload is gone too early: %v", err)
		}
		time.Sleep(2 * time.Hour)
		if _, err := os.Stat(path); err == nil {
			t.Error("the upload is still there")
		}
		c.wait(running)
		time.Sleep(5 * 24 * time.Hour)
		c.holds("six days later", c.needs(m, j)...)
		time.Sleep(24 * time.Hour)
		_, err := c.jobs.GetJob(t.Context(), &octetv1.GetJobRequest{Id: id})
		wantCode(t, "GetJob after a week", err, codes.NotFound)
		if records, err := c.journal.Load(t.Context()); err != nil || len(records) != 0 {
			t.Errorf("the journal holds %v, %v", records, err)
		}
		time.Sleep(time.Hour)
		if left := c.stored(); len(left) > 0 {
			t.Errorf("%d blobs are left", len(left))
		}
		c.worker("b", nil)
		if again := c.create("r", c.spec(m)); again.GetId() == id {
			t.Error("the request id still names the old job")
		}
	})
}

// When it can't be told what is needed, nothing is deleted.
func TestCollectWithoutTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.create("r", c.spec(convModel(t, 4)))
		c.upload([]byte("stray"))
		time.Sleep(3 * time.Minute)
		before := len(c.stored())
		c.journal.set(func(op, _ string) error {
			if op == "accepted" {
				return errors.New("etcdserver: no leader")
			}
			return nil
		})
		_, err := c.blobs.CollectGarbage(t.Context(), &octetv1.CollectGarbageRequest{Grace: durationpb.New(0)})
		wantCode(t, "CollectGarbage", err, codes.Unavailable)
		if after := len(c.stored()); after != before {
			t.Errorf("%d of %d blobs are left", after, before)
		}
	})
}

// A coordinator that was stopped, goes on in the middle of a collection, and leads no longer deletes nothing; nor what its successor's clients touched with a clock that is behind.
func TestCollectBehindTheEndOfTheTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		stray, touched := c.upload([]byte("stray")).GetDigest(), c.upload([]byte("touched")).GetDigest()
		time.Sleep(time.Minute)
		c.journal.set(func(op, _ string) error {
			if op == "load clock" {
				return ErrDeposed
			}
			return nil
		})
		if n, _, err := c.server.collect(t.Context(), 0, false); !errors.Is(err, ErrDeposed) || n != 0 {
			t.Errorf("%d blobs, %v", n, err)
		}
		c.holds("behind the end", stray, touched)
		upload := filepath.Join(c.root, "uploads", c.cut([]byte("a whole sentence"), 7).GetDigest())
		if err := os.Chtimes(upload, time.Now().Add(-48*time.Hour), time.Now().Add(-48*time.Hour)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Hour)
		c.server.expire(t.Context())
		if _, err := os.Stat(upload); err != nil {
			t.Errorf("behind the end an upload goes: %v", err)
		}
		c.journal.set(func(op, _ string) error {
			if op != "load clock" {
				return nil
			}
			other, err := store.NewFolder(c.root) // of the successor, which is elected right behind this answer
			if err != nil {
				return err
			}
			other.SetClock(func() time.Time { return time.Now().Add(-1000 * time.Hour) })
			return other.Touch(store.Digest(touched))
		})
		if n, _, err := c.server.collect(t.Context(), 0, false); err != nil || n != 1 {
			t.Errorf("%d blobs, %v", n, err)
		}
		c.holds("touched meanwhile", touched)
	})
}

// cut uploads the first n bytes of a blob, and breaks off.
func (c *cluster) cut(data []byte, n int) *octetv1.Blob {
	c.t.Helper()
	b := &octetv1.Blob{Digest: string(store.Of(data)), Size: int64(len(data))}
	ctx, cancel := context.WithCancel(c.t.Context())
	stream, err := c.blobs.Write(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := stream.Send(&octetv1.WriteRequest{Blob: b, Data: data[:n]}); err != nil {
		c.t.Fatal(err)
	}
	for {
		q, err := c.blobs.QueryWrite(c.t.Context(), &octetv1.QueryWriteRequest{Blob: b})
		if err != nil {
			c.t.Fatal(err)
		}
		if q.GetCommittedSize() == int64(n) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	synctest.Wait()
	return b
}
