package coordinator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// path is the file of a blob in the store.
func (c *cluster) path(digest string) string {
	c.t.Helper()
	path, err := c.server.folder.Path(store.Digest(digest))
	if err != nil {
		c.t.Fatal(err)
	}
	return path
}

// A blob that was cut short on disk is missing, so that it is uploaded again. One that is whole is there, whatever size its digest is asked for with.
func TestBlobIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		whole, short := []byte("whole"), []byte("cut short")
		a, b := c.upload(whole), c.upload(short)
		if err := os.Truncate(c.path(b.GetDigest()), 3); err != nil {
			t.Fatal(err)
		}
		missing := func(ask ...*octetv1.Blob) []*octetv1.Blob {
			resp, err := c.blobs.FindMissing(t.Context(), &octetv1.FindMissingRequest{Blobs: ask})
			if err != nil {
				t.Fatal(err)
			}
			return resp.GetMissing()
		}
		if got := missing(a, b); len(got) != 1 || got[0].GetDigest() != b.GetDigest() {
			t.Errorf("missing are %v", got)
		}
		c.upload(short)
		if got := missing(a, b, &octetv1.Blob{Digest: a.GetDigest(), Size: 1}); len(got) > 0 {
			t.Errorf("when all are there, missing are %v", got)
		}
	})
}

// Samples change on disk, or go, which nobody notices but workers: the job fails, and the blob is removed, so that a repeat succeeds. If the worker says which blob it could not
// have, that is so at once, and the worker does not rest for it.
func TestSamplesAreDamaged(t *testing.T) {
	for name, tt := range map[string]struct {
		says   string // with the beginning of the digest
		within time.Duration
		gone   bool
	}{
		"somewhere": {"content does not match its digest%.0s", time.Hour, false},
		"here":      {"sample 0: store: put: fetch %s at 7: content does not match its digest: got 00", time.Second, false},
		"gone":      {"sample 0: store: blob not found: %s", 5 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testSamplesAreDamaged(t, tt.says, tt.within, tt.gone) })
		})
	}
}

func testSamplesAreDamaged(t *testing.T, says string, within time.Duration, gone bool) {
	c := newCluster(t)
	m := convModel(t, 8)
	digest := string(m.manifest.Refs()[0].Digest)
	damaged := c.path(digest)
	w := c.worker("a", func(*fakeWorker, *octetv1.RunShardRequest, shardStream) error {
		if gone { // when the job is prepared: its client would upload the blob again
			if err := os.Remove(damaged); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
		}
		return status.Errorf(codes.Unavailable, says, digest[:12])
	})
	spec := c.spec(m)
	data, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	if !gone {
		data[len(data)/2] ^= 1
	}
	if err := os.WriteFile(damaged, data, 0o600); err != nil {
		t.Fatal(err)
	}
	id := c.create("r", spec).GetId()
	start := time.Now()
	if e := c.wait(id).GetError(); e.GetKind() != octetv1.ErrorKind_ERROR_KIND_UNAVAILABLE {
		t.Errorf("the job ended with %v", e)
	}
	if took := time.Since(start); took > within {
		t.Errorf("the job ended after %v", took)
	}
	time.Sleep(time.Second)
	if _, err := os.Stat(damaged); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the damaged blob is still there (%v)", err)
	}
	for _, d := range []string{spec.GetSource().GetDigest(), spec.GetDataset().GetDigest()} {
		if _, err := os.Stat(c.path(d)); err != nil {
			t.Error(err)
		}
	}
	w.set(honest)
	c.result(c.wait(c.create("again", c.spec(m)).GetId()))
}

// A worker that speaks of damage where there is none fails its shard, and no job.
func TestNothingIsDamaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 8)
		var calls atomic.Int64
		c.worker("a", func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
			if calls.Add(1) < 3 {
				return status.Errorf(codes.Unavailable, "fetch %.12s: content does not match its digest", m.manifest.Refs()[0].Digest)
			}
			return honest(w, req, stream)
		})
		c.result(c.wait(c.create("r", c.spec(m)).GetId()))
	})
}

// A disk that is full, or gone, is in the log, where the operator looks, once in a while; clients are told what is wrong, and not where.
func TestStoreInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		vision, _, _ := blobClients(t, c.server)
		uploads := filepath.Join(c.server.folder.Root(), "uploads")
		if err := errors.Join(os.Remove(uploads), os.WriteFile(uploads, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{1, 1, 2} {
			err := vision.write([]byte("data"), 0)
			if wantCode(t, "Write", err, codes.Unavailable); strings.Contains(err.Error(), uploads) || !strings.Contains(err.Error(), "the coordinator's store: not a directory") {
				t.Errorf("clients are told %v", err)
			}
			all := c.logs.FilterMessage("store_failed").All()
			if len(all) != want || !strings.Contains(fmt.Sprint(all[0].ContextMap()["error"]), uploads) {
				t.Errorf("after %d writes the log has %v", i+1, all)
			}
			time.Sleep(6 * time.Second)
		}
	})
}
