package store

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Processes that come to a folder at once agree on its id, which stays; another folder has another one.
func TestFolderID(t *testing.T) {
	root := t.TempDir()
	ids := make([]string, 8)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			f, err := NewFolder(root)
			if err == nil {
				ids[i], err = f.ID()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("ids: %q", ids)
		}
	}
	other, err := NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if id, err := other.ID(); err != nil || id == ids[0] {
		t.Errorf("another folder has id %q, %v", id, err)
	}
	if left, err := os.ReadDir(filepath.Join(root, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(root, "id"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := NewFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := f.ID(); err == nil {
		t.Errorf("an empty file is id %q", id)
	}
}
