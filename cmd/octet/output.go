package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// checkOutputs finds out, before any work is done, whether files can be written: their folders exist and take new files, they are not folders
// themselves, none of them is a file that is read, and no two of them are the same. Empty paths are ignored.
func checkOutputs(outputs, inputs []string) error {
	for i, path := range outputs {
		if path == "" {
			continue
		}
		if err := checkOutput(path); err != nil {
			return err
		}
		for _, other := range inputs {
			if sameFile(path, other) {
				return usagef("%s is read: write to another file", path)
			}
		}
		for _, other := range outputs[:i] {
			if sameFile(path, other) || filepath.Clean(path) == filepath.Clean(other) {
				return usagef("two results can't both be written to %s", path)
			}
		}
	}
	return nil
}

// sameFile reports whether two paths lead to one regular file.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil || !x.Mode().IsRegular() {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// checkOutput finds out whether a file can be written.
func checkOutput(path string) error {
	if path == "-" {
		return usagef("can't write to standard output: name a file")
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("write %s: it is a folder: name a file in it", path)
	case err == nil && !info.Mode().IsRegular():
		return nil
	}
	tmp, err := beside(resolve(path))
	switch {
	case errors.Is(err, fs.ErrNotExist) && !isFolder(filepath.Dir(path)):
		return fmt.Errorf("write %s: there is no folder %s", path, filepath.Dir(path))
	case err != nil:
		return fmt.Errorf("write %s: %w", path, plain(err))
	}
	if err := errors.Join(tmp.Close(), os.Remove(tmp.Name())); err != nil {
		return fmt.Errorf("write %s: %w", path, plain(err))
	}
	return nil
}

// writeFile replaces a file at once, see createFile.
func writeFile(path string, data []byte) error {
	return createFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// createFile replaces a file at once: its content is written beside its place, synced, and renamed. A link is followed. What is no regular
// file, such as a pipe, is written as it is.
func createFile(path string, write func(w io.Writer) error) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return writeThrough(path, write)
	}
	target := resolve(path)
	tmp, err := beside(target)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, plain(err))
	}
	out := &eager{file: tmp}
	err = write(out)
	out.begun.Wait()
	if err == nil && info != nil {
		err = tmp.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), target)
	}
	if err != nil {
		// That the unfinished file can't be removed adds nothing to why it could not be written.
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("write %s: %w", path, plain(err))
	}
	return nil
}

// eager is a file that goes to the disk as it grows, so that there is little left to wait for when it is synced.
type eager struct {
	file        *os.File
	size, taken int64 // what was written, and what of it is on its way to the disk
	begun       sync.WaitGroup
}

func (e *eager) Write(data []byte) (n int, err error) {
	const step = 8 << 20
	for len(data) > 0 && err == nil {
		var k int
		k, err = e.file.Write(data[:min(len(data), step)])
		n, data, e.size = n+k, data[k:], e.size+int64(k)
		if offset, size := e.taken, e.size-e.taken; size >= step {
			e.taken = e.size
			e.begun.Go(func() { startWriteback(e.file, offset, size) })
		}
	}
	return n, err
}

func writeThrough(path string, write func(w io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// beside creates a hidden file next to a path, with the permissions of any new file.
func beside(path string) (*os.File, error) {
	return os.OpenFile(filepath.Join(filepath.Dir(path), ".octet-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// resolve follows a link to the file that it stands for.
func resolve(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// plain returns what went wrong without the name of the file that stands in for the user's.
func plain(err error) error {
	var link *os.LinkError
	var path *fs.PathError
	switch {
	case errors.As(err, &link):
		return link.Err
	case errors.As(err, &path):
		return path.Err
	}
	return err
}

// tempPrefix is what the names of temporary folders begin with.
const tempPrefix = "octet-"

// tempDir makes a folder for what is needed meanwhile; the caller removes it.
func tempDir() (string, error) {
	dir, err := os.MkdirTemp("", tempPrefix)
	if err != nil {
		return "", fmt.Errorf("temporary folder in %s: %w", os.TempDir(), plain(err))
	}
	return dir, nil
}
