package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func folder(t *testing.T) *Folder {
	t.Helper()
	f, err := NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestStores(t *testing.T) {
	for name, s := range map[string]Store{"folder": folder(t), "memory": NewMemory(), "overlay": NewOverlay(NewMemory())} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if _, err := s.Open(ctx, Of([]byte("no"))); !errors.Is(err, ErrNotFound) {
				t.Errorf("Open of a missing blob: %v", err)
			}
			d, err := PutBytes(ctx, s, []byte("hello"))
			if err != nil || d != Of([]byte("hello")) {
				t.Fatal(d, err)
			}
			if _, _, err := s.Put(ctx, d, bytes.NewReader([]byte("hullo"))); !errors.Is(err, ErrCorrupt) {
				t.Errorf("Put of other content: %v", err)
			}
			b, err := s.Open(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Delete(ctx, d); err != nil {
				t.Error(err)
			}
			part := make([]byte, 3)
			if _, err := b.ReadAt(part, 1); err != nil || string(part) != "ell" {
				t.Errorf("an open blob gave %q, %v after Delete", part, err)
			}
			b.Close()
			if _, err := s.Stat(ctx, d); !errors.Is(err, ErrNotFound) {
				t.Errorf("Stat after Delete: %v", err)
			}
			var want []Digest
			for _, text := range []string{"a", "b", "c"} {
				d, err := PutBytes(ctx, s, []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, d)
			}
			var got []Digest
			for info, err := range s.List(ctx) {
				if err != nil || info.Size != 1 {
					t.Error(info, err)
				}
				got = append(got, info.Digest)
			}
			// sha256: b is 3e…, c is 2e…, a is ca….
			if diff := cmp.Diff([]Digest{want[2], want[1], want[0]}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFolderRefusesWhatIsNoDigest(t *testing.T) {
	f := folder(t)
	for _, d := range []Digest{"", "../../etc/passwd", Digest(bytes.Repeat([]byte("A"), 64)), "ab"} {
		if _, err := f.Open(t.Context(), d); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("Open(%q): %v", d, err)
		}
		if _, err := f.Upload("", d, 1); err == nil {
			t.Errorf("Upload(%q) was taken", d)
		}
	}
}

func TestFolderForgetsHalfWrittenBlobs(t *testing.T) {
	root := t.TempDir()
	if _, err := NewFolder(root); err != nil {
		t.Fatal(err)
	}
	left, other := filepath.Join(root, "tmp", "put-1"), filepath.Join(root, "tmp", "put-2")
	for _, path := range []string{left, other} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-halfWritten - time.Minute)
	if err := os.Chtimes(left, long, long); err != nil {
		t.Fatal(err)
	}
	if _, err := NewFolder(root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("%s is still there", left)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("what another process is writing is gone: %v", err)
	}
}

// What another process is writing stays also when this one begins with a clock that is ahead.
func TestSweepWithAnotherClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		if _, err := NewFolder(root); err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(root, "tmp", "put-1")
		if err := os.WriteFile(other, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * 365 * 24 * time.Hour) // by the clock of the test, which is not the file system's
		if _, err := NewFolder(root); err != nil {
			t.Fatal(err)
		}
		if files, err := os.ReadDir(filepath.Join(root, "tmp")); err != nil || len(files) != 1 {
			t.Errorf("there are %v, %v", files, err)
		}
	})
}

func TestUploadResumesAfterARestart(t *testing.T) {
	root := t.TempDir()
	data := []byte("in several pieces")
	d := Of(data)
	for i, part := range [][]byte{data[:5], data[5:11], data[11:]} {
		f, err := NewFolder(root)
		if err != nil {
			t.Fatal(err)
		}
		u, err := f.Upload("", d, int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Upload("", d, int64(len(data))); !errors.Is(err, ErrBusy) {
			t.Errorf("a second writer: %v", err)
		}
		if _, err := u.Write(part); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			if err := u.Close(); err != nil {
				t.Fatal(err)
			}
			if n, err := f.Uploaded("", d); err != nil || n != u.Committed() {
				t.Errorf("Uploaded = %d, %v, want %d", n, err, u.Committed())
			}
			continue
		}
		if _, err := u.Write([]byte("x")); !errors.Is(err, ErrTooLarge) {
			t.Errorf("a byte too many: %v", err)
		}
		if err := u.Commit(); err != nil {
			t.Fatal(err)
		}
		got, err := ReadAll(t.Context(), f, d)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestCorruptUploadLeavesNothing(t *testing.T) {
	f := folder(t)
	d := Of([]byte("right"))
	u, err := f.Upload("", d, 5)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Write([]byte("wrong")); err != nil {
		t.Fatal(err)
	}
	if err := u.Commit(); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Commit: %v", err)
	}
	if n, err := f.Uploaded("", d); n != 0 || err != nil {
		t.Errorf("%d bytes are left, %v", n, err)
	}
	if _, err := f.Stat(t.Context(), d); !errors.Is(err, ErrNotFound) {
		t.Errorf("Stat: %v", err)
	}
}

// source serves blobs and counts.
type source struct {
	blobs   map[Digest][]byte
	fetches atomic.Int32
}

func newSource(texts ...string) (*source, []Digest) {
	s := &source{blobs: map[Digest][]byte{}}
	var all []Digest
	for _, text := range texts {
		d := Of([]byte(text))
		s.blobs[d] = []byte(text)
		all = append(all, d)
	}
	return s, all
}

func (s *source) fetch(_ context.Context, d Digest) (io.ReadCloser, int64, error) {
	s.fetches.Add(1)
	return io.NopCloser(bytes.NewReader(s.blobs[d])), int64(len(s.blobs[d])), nil
}

func open(t *testing.T, c *Cache, s *source, d Digest) Blob {
	t.Helper()
	b, err := c.Open(t.Context(), d, s.fetch)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, b.Size())
	if _, err := b.ReadAt(got, 0); err != nil || !bytes.Equal(got, s.blobs[d]) {
		t.Fatalf("read %q, %v", got, err)
	}
	return b
}

func TestCacheEvictsTheLeastRecentlyUsedThatIsNotOpen(t *testing.T) {
	f := folder(t)
	c, err := NewCache(t.Context(), f, 10)
	if err != nil {
		t.Fatal(err)
	}
	s, d := newSource("aaaa", "bbbb", "cccc", "0123456789x")
	a := open(t, c, s, d[0])
	open(t, c, s, d[1]).Close()
	open(t, c, s, d[2]).Close() // b goes, a is open
	if _, err := f.Stat(t.Context(), d[1]); !errors.Is(err, ErrNotFound) {
		t.Errorf("b is still there: %v", err)
	}
	open(t, c, s, d[0]).Close()
	if n := s.fetches.Load(); n != 3 {
		t.Errorf("%d fetches, want 3", n)
	}
	a.Close()
	if _, err := c.Open(t.Context(), d[3], s.fetch); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a blob larger than the cache: %v", err)
	}
}

func TestCacheFetchesCorruptEntriesAgain(t *testing.T) {
	root := t.TempDir()
	f, err := NewFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	s, d := newSource("good")
	if _, err := PutBytes(t.Context(), f, []byte("good")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "blobs", string(d[0][:2]), string(d[0]))
	if err := os.WriteFile(path, []byte("evil"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := NewCache(t.Context(), f, 100)
	if err != nil {
		t.Fatal(err)
	}
	open(t, c, s, d[0]).Close()
	if n := s.fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

func TestCacheRefusesWhatArrivesCorrupt(t *testing.T) {
	c, err := NewCache(t.Context(), folder(t), 100)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Open(t.Context(), Of([]byte("good")), func(context.Context, Digest) (io.ReadCloser, int64, error) {
		return io.NopCloser(bytes.NewReader([]byte("evil"))), 4, nil
	})
	if !errors.Is(err, ErrCorrupt) {
		t.Errorf("Open: %v", err)
	}
}

func TestCacheSharesOneFetch(t *testing.T) {
	c, err := NewCache(t.Context(), folder(t), 100)
	if err != nil {
		t.Fatal(err)
	}
	s, d := newSource("shared")
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			b, err := c.Open(t.Context(), d[0], s.fetch)
			if err != nil {
				t.Error(err)
				return
			}
			b.Close()
		})
	}
	group.Wait()
	if n := s.fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

func TestOverlayNoticesAChangedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := NewOverlay(NewMemory())
	d := Of([]byte("abc"))
	o.Add(d, path, 3)
	if got, err := ReadAll(t.Context(), o, d); err != nil || string(got) != "abc" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := os.WriteFile(path, []byte("abcd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Open(t.Context(), d); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Open after the change: %v", err)
	}
}
