//go:build chaos && unix

package chaos

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// mount puts a small file system at a folder, which fill can fill; false where this process may not.
func mount(t *testing.T, folder string, mebibytes int) bool {
	t.Helper()
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", mebibytes), "octet-chaos", folder).CombinedOutput()
	if err != nil {
		t.Logf("disks: NONE IS FILLED, since no file system can be mounted: %v: %s", err, out)
		return false
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", folder).CombinedOutput(); err != nil {
			t.Errorf("umount %s: %v: %s", folder, err, out)
		}
	})
	return true
}

const filler = "filler"

// fill takes what room there is, until unfill.
func fill(folder string) error {
	f, err := os.Create(filepath.Join(folder, filler))
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 1<<16); ; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func unfill(folder string) error { return os.Remove(filepath.Join(folder, filler)) }

// damage changes a blob of a store's folder, cuts it short or removes it, and says which; "" if there is none.
func damage(folder string, pick uint32) (string, error) {
	var files []string
	err := filepath.WalkDir(filepath.Join(folder, "blobs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil || len(files) == 0 {
		return "", err
	}
	slices.Sort(files)
	path := files[int(pick/3)%len(files)]
	switch pick % 3 {
	case 0:
		return "removed " + path, os.Remove(path)
	case 1:
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		return "cut " + path, os.Truncate(path, info.Size()/2)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if len(data) == 0 {
		return "", nil
	}
	data[len(data)/2] ^= 4
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	_, err = f.Write(data)
	return "flipped " + path, err
}
