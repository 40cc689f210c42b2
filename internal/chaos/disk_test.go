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

// damage changes blobs of a store's folder, cuts them short or removes them, and says which: all, or only one.
func damage(folder string, pick uint32, one bool) (done []string, err error) {
	var files []string
	err = filepath.WalkDir(filepath.Join(folder, "blobs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil || len(files) == 0 {
		return nil, err
	}
	slices.Sort(files)
	if one {
		files = files[int(pick/3)%len(files):][:1]
	}
	for i, path := range files {
		how, err := spoil(path, int(pick%3)+i)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // whoever owns it may have removed it
			return done, err
		}
		done = append(done, how+" "+filepath.Base(path)[:12])
	}
	return done, nil
}

// spoil damages a file in one of three ways.
func spoil(path string, how int) (string, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return "missed", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "missed", err
	}
	switch how % 3 {
	case 0:
		return "removed", os.Remove(path)
	case 1:
		return "cut", f.Truncate(info.Size() / 2)
	}
	var b [1]byte
	if _, err := f.ReadAt(b[:], info.Size()/2); err != nil {
		return "missed", err
	}
	b[0] ^= 4
	_, err = f.WriteAt(b[:], info.Size()/2)
	return "flipped", err
}
