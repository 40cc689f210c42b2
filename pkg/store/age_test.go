package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// aged puts a blob whose file is as old as the given time.
func aged(t *testing.T, f *Folder, text string, when time.Time) Digest {
	t.Helper()
	d, err := PutBytes(t.Context(), f, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	age(t, f.path("blobs", string(d[:2]), string(d)), when)
	return d
}

func age(t *testing.T, path string, when time.Time) {
	t.Helper()
	if err := os.Chtimes(path, when, when); err != nil {
		t.Fatal(err)
	}
}

// listed returns what a blob is listed as.
func listed(t *testing.T, f *Folder, d Digest) Info {
	t.Helper()
	for info, err := range f.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if info.Digest == d {
			return info
		}
	}
	return Info{Digest: d}
}

func TestDeleteUnchangedSparesWhatWasTouchedOrPutAgain(t *testing.T) {
	f := folder(t)
	old := time.Now().Add(-time.Hour)
	forgotten, touched, back, again := aged(t, f, "forgotten", old), aged(t, f, "touched", old), aged(t, f, "touched by a clock that is behind", old), aged(t, f, "again", old)
	all := map[Digest]Info{}
	for _, d := range []Digest{forgotten, touched, back, again, Of([]byte("never there"))} {
		all[d] = listed(t, f, d)
	}
	if err := f.Touch(touched); err != nil {
		t.Fatal(err)
	}
	if _, err := PutBytes(t.Context(), f, []byte("again")); err != nil {
		t.Fatal(err)
	}
	f.SetClock(func() time.Time { return old.Add(-time.Hour) })
	if err := f.Touch(back); err != nil {
		t.Fatal(err)
	}
	for d, info := range all {
		if got, err := f.DeleteUnchanged(info); got != (d == forgotten) || err != nil {
			t.Errorf("DeleteUnchanged(%.12s) = %v, %v", d, got, err)
		}
	}
	if err := f.Touch(forgotten); !errors.Is(err, ErrNotFound) {
		t.Errorf("Touch of a deleted blob: %v", err)
	}
}

// A blob is never both touched and deleted: who was told that it is there can rely on it.
func TestTouchAndDeleteUnchangedAreInOrder(t *testing.T) {
	f := folder(t)
	for range 200 {
		d := aged(t, f, "x", time.Now().Add(-time.Hour))
		info := listed(t, f, d)
		var (
			group   sync.WaitGroup
			touch   error
			deleted bool
			failed  error
		)
		group.Go(func() { touch = f.Touch(d) })
		group.Go(func() { deleted, failed = f.DeleteUnchanged(info) })
		group.Wait()
		if failed != nil || (touch == nil) == deleted {
			t.Fatalf("Touch: %v; DeleteUnchanged: %v, %v", touch, deleted, failed)
		}
	}
}

func TestAnUploadIsAYoungBlobOnceItIsComplete(t *testing.T) {
	f := folder(t)
	data := []byte("slow")
	u, err := f.Upload("", Of(data), 4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Write(data); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	age(t, f.path("uploads", string(Of(data))), start.Add(-time.Hour))
	if err := u.Commit(); err != nil {
		t.Fatal(err)
	}
	for info, err := range f.List(t.Context()) {
		if err != nil || info.Modified.Before(start.Add(-time.Second)) {
			t.Errorf("the blob is of %v, it was completed at %v (%v)", info.Modified, start, err)
		}
	}
}

func TestUploadsExpireUnlessSomebodyWritesThem(t *testing.T) {
	f := folder(t)
	now := time.Now()
	begin := func(text string, when time.Time) *Upload {
		u, err := f.Upload("", Of([]byte(text)), 100)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		age(t, f.path("uploads", string(Of([]byte(text)))), when)
		return u
	}
	begin("stale", now.Add(-48*time.Hour)).Close()
	begin("young", now).Close()
	busy := begin("being written", now.Add(-48*time.Hour))
	defer busy.Close()
	deposed := errors.New("deposed")
	if n, _, err := f.ExpireUploads(now.Add(-24*time.Hour), func() error { return deposed }); n != 0 || !errors.Is(err, deposed) {
		t.Errorf("ExpireUploads by one who may not = %d, %v", n, err)
	}
	begin("resumed", now.Add(-48*time.Hour)).Close()
	asked := 0
	n, size, err := f.ExpireUploads(now.Add(-24*time.Hour), func() error {
		asked++
		age(t, f.path("uploads", string(Of([]byte("resumed")))), now) // by another process
		return nil
	})
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if n != 1 || size != int64(len("stale")) || err != nil {
		t.Errorf("ExpireUploads = %d, %d, %v", n, size, err)
	}
	for text, want := range map[string]int{"stale": 0, "young": 5, "resumed": 7, "being written": 13} {
		if got, err := f.Uploaded("", Of([]byte(text))); got != int64(want) || err != nil {
			t.Errorf("%q has %d bytes, %v, want %d", text, got, err, want)
		}
	}
	if _, err := busy.Write([]byte("!")); err != nil {
		t.Errorf("the writer lost its upload: %v", err)
	}
}

func TestListPassesOverFilesThatAreNotItsOwn(t *testing.T) {
	f := folder(t)
	d, _, err := f.Put(t.Context(), "", bytes.NewReader([]byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".DS_Store", filepath.Join(string(d[:2]), "notes.txt")} {
		if err := os.WriteFile(f.path("blobs", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for info, err := range f.List(t.Context()) {
		if err != nil || info.Digest != d {
			t.Errorf("listed %v, %v", info, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("listed %d blobs, want 1", n)
	}
}
