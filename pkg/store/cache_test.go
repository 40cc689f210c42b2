package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestCacheStaysWithinItsLimit fetches more than fits from many goroutines. A caller either gets the right blob or, while others hold
// too much, ErrTooLarge.
func TestCacheStaysWithinItsLimit(t *testing.T) {
	const limit = 25
	c, err := NewCache(t.Context(), folder(t), limit)
	if err != nil {
		t.Fatal(err)
	}
	s, digests := newSource("aaaaaaaaaa", "bbbbbbbbb", "cccccccc", "ddddddd", "eeeeee")
	within := func(ctx context.Context, d Digest) (io.ReadCloser, int64, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.total > limit {
			t.Errorf("%d bytes in a cache of %d", c.total, limit)
		}
		return s.fetch(ctx, d)
	}
	var group sync.WaitGroup
	for g := range 8 {
		random := rand.New(rand.NewPCG(1, uint64(g)))
		group.Go(func() {
			for range 200 {
				d := digests[random.IntN(len(digests))]
				b, err := c.Open(t.Context(), d, within)
				if errors.Is(err, ErrTooLarge) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				got := make([]byte, b.Size())
				if _, err := b.ReadAt(got, 0); err != nil || !bytes.Equal(got, s.blobs[d]) {
					t.Errorf("read %q, %v, want %q", got, err, s.blobs[d])
				}
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	sum := int64(0)
	for _, e := range c.entries {
		if e.open != 0 {
			t.Errorf("%s is open %d times at the end", e.digest, e.open)
		}
		sum += e.size
	}
	if sum != c.total || sum > limit || len(c.pending) != 0 {
		t.Errorf("entries of %d bytes, counted %d; %d pending", sum, c.total, len(c.pending))
	}
}

func TestCacheFetchGoesOnForThoseWhoStillWait(t *testing.T) {
	c, err := NewCache(t.Context(), folder(t), 100)
	if err != nil {
		t.Fatal(err)
	}
	s, d := newSource("patience")
	first, cancel := context.WithCancel(t.Context())
	began := make(chan struct{})
	result := make(chan error)
	go func() {
		_, err := c.Open(first, d[0], func(ctx context.Context, _ Digest) (io.ReadCloser, int64, error) {
			close(began)
			<-ctx.Done()
			return nil, 0, ctx.Err()
		})
		result <- err
	}()
	<-began
	go func() {
		b, err := c.Open(t.Context(), d[0], s.fetch)
		if err == nil {
			err = b.Close()
		}
		result <- err
	}()
	impatient, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	if _, err := c.Open(impatient, d[0], s.fetch); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller whose time is over: %v", err)
	}
	cancel()
	if a, b := <-result, <-result; (a == nil) == (b == nil) || !errors.Is(errors.Join(a, b), context.Canceled) {
		t.Errorf("%v and %v, want one that is canceled and one that succeeds", a, b)
	}
}

func TestCacheFetchesLostFilesAgain(t *testing.T) {
	root := t.TempDir()
	f, err := NewFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCache(t.Context(), f, 100)
	if err != nil {
		t.Fatal(err)
	}
	s, d := newSource("lost")
	open(t, c, s, d[0]).Close()
	if err := os.Remove(filepath.Join(root, "blobs", string(d[0][:2]), string(d[0]))); err != nil {
		t.Fatal(err)
	}
	open(t, c, s, d[0]).Close()
	if n := s.fetches.Load(); n != 2 || c.total != 4 {
		t.Errorf("%d fetches, %d bytes, want 2 and 4", n, c.total)
	}
}

func TestCacheKeepsTheNewestOfAnEarlierProcess(t *testing.T) {
	root := t.TempDir()
	f, err := NewFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	var digests []Digest
	for i, text := range []string{"older", "newer", "oldest"} {
		d, err := PutBytes(t.Context(), f, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(int64([]int{2000, 3000, 1000}[i]), 0)
		if err := os.Chtimes(filepath.Join(root, "blobs", string(d[:2]), string(d)), at, at); err != nil {
			t.Fatal(err)
		}
		digests = append(digests, d)
	}
	if _, err := NewCache(t.Context(), f, 10); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false} {
		if _, err := f.Stat(t.Context(), digests[i]); (err == nil) != want {
			t.Errorf("blob %d: %v", i, err)
		}
	}
}

func TestOverlayNoticesAFileOfTheSameSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := NewOverlay(NewMemory())
	d := Of([]byte("abc"))
	o.Add(d, path, 3)
	if err := os.WriteFile(path, []byte("abd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Open(t.Context(), d); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Open after the change: %v", err)
	}
}

func TestReadAllChecksTheDigest(t *testing.T) {
	root := t.TempDir()
	f, err := NewFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	d, err := PutBytes(t.Context(), f, []byte("good"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "blobs", string(d[:2]), string(d)), []byte("evil"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAll(t.Context(), f, d); !errors.Is(err, ErrCorrupt) {
		t.Errorf("ReadAll: %v", err)
	}
}
