package memo

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func key(i int) string { return sum([]byte{byte(i)}) }

func open(t *testing.T, limit int64) *Folder {
	t.Helper()
	f, err := Open(filepath.Join(t.TempDir(), "a", "b"), limit)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *Folder) put(t *testing.T, i int, data string) {
	t.Helper()
	if err := f.Put(key(i), []byte(data)); err != nil {
		t.Fatal(err)
	}
}

// age makes a file look as if it was last used some minutes ago.
func (f *Folder) age(t *testing.T, name string, minutes int) {
	t.Helper()
	at := time.Now().Add(-time.Duration(minutes) * time.Minute)
	if err := os.Chtimes(filepath.Join(f.root, name), at, at); err != nil {
		t.Fatal(err)
	}
}

func TestPutAndGet(t *testing.T) {
	f := open(t, 1<<20)
	if _, ok := f.Get(key(1)); ok {
		t.Error("an empty folder has a result")
	}
	for _, data := range []string{"first", "", "a\nb\n"} {
		f.put(t, 1, data)
		f.put(t, 2, "other")
		again, err := Open(f.root, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := again.Get(key(1)); !ok || string(got) != data {
			t.Errorf("%q, %v, want %q", got, ok, data)
		}
	}
	if entries, err := os.ReadDir(f.root); err != nil || len(entries) != 2 {
		t.Errorf("%d files, %v, want 2", len(entries), err)
	}
}

// A damaged result is none, and goes.
func TestDamage(t *testing.T) {
	f := open(t, 1<<20)
	for name, damage := range map[string]func(b []byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)-1] },
		"longer":  func(b []byte) []byte { return append(b, 'x') },
		"changed": func(b []byte) []byte { return bytes.Replace(b, []byte("result"), []byte("resulT"), 1) },
		"empty":   func([]byte) []byte { return nil },
		"no data": func(b []byte) []byte { return b[:64] },
	} {
		f.put(t, 1, "a result")
		path := filepath.Join(f.root, key(1))
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, damage(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := f.Get(key(1)); ok {
			t.Errorf("%s: %q", name, got)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s: the file is left (%v)", name, err)
		}
	}
}

// What was used least recently makes room.
func TestLimit(t *testing.T) {
	data := strings.Repeat("x", 1000-65)
	f := open(t, 3500)
	for i := range 3 {
		f.put(t, i, data)
		f.age(t, key(i), 100-10*i)
	}
	stranger := filepath.Join(f.root, "stranger")
	if err := os.WriteFile(stranger, make([]byte, 9000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tmp-old", "tmp-new"} {
		if err := os.WriteFile(filepath.Join(f.root, name), make([]byte, 9000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.age(t, "tmp-old", 61)
	if _, ok := f.Get(key(0)); !ok {
		t.Fatal("there is no result 0")
	}
	f.put(t, 3, data)
	for i, want := range []bool{true, false, true, true} {
		if _, ok := f.Get(key(i)); ok != want {
			t.Errorf("result %d is there: %v, want %v", i, ok, want)
		}
	}
	for name, want := range map[string]bool{"stranger": true, "tmp-old": false, "tmp-new": true} {
		if _, err := os.Stat(filepath.Join(f.root, name)); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", name, err, want)
		}
	}
	f.put(t, 4, strings.Repeat("x", 3500))
	if _, ok := f.Get(key(4)); ok {
		t.Error("a result that does not fit was kept")
	}
	if _, ok := f.Get(key(3)); !ok {
		t.Error("a result that does not fit displaced another")
	}
}

// Processes that share a folder, here goroutines with a Folder each, see whole results or none.
func TestManyAtOnce(t *testing.T) {
	root := t.TempDir()
	want := func(i int) string { return strings.Repeat(string(rune('a'+i)), 5000) }
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			f, err := Open(root, 12_000)
			if err != nil {
				t.Error(err)
				return
			}
			for n := range 60 {
				i := n % 5
				if got, ok := f.Get(key(i)); ok && string(got) != want(i) {
					t.Errorf("result %d is %.9q… of %d bytes", i, got, len(got))
				}
				if err := f.Put(key(i), []byte(want(i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	entries, err := os.ReadDir(root)
	if err != nil || len(entries) > 3 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}

func TestOpenFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, 1); err == nil {
		t.Error("a file was opened as a folder")
	}
}
