// Package memo keeps results that take long to compute in a folder of files, for later processes.
//
// A result's key is a hex sha256 of all that it depends on, so that there is nothing to invalidate. Each is in a file named by its key, behind a line with the sha256 of its
// bytes; what is damaged counts as missing. The folder may be used by many processes at once, and be deleted at any time.
package memo

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// abandoned is the age from which on an unfinished file is that of a process that has ended.
const abandoned = time.Hour

// unfinished begins the name of a file that is being written.
const unfinished = "tmp-"

// Folder is a folder of results. It is safe for concurrent use.
type Folder struct {
	root  string
	limit int64
}

// Open returns the results in a folder, which is made if it does not exist. Together they take at most limit bytes: the least recently used go first.
func Open(root string, limit int64) (*Folder, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("memo: %w", err)
	}
	return &Folder{root, limit}, nil
}

// path returns the place of a key's result. Keys come from this program, so that a bad one is a bug.
func (f *Folder) path(key string) string {
	if len(key) != 2*sha256.Size || strings.Trim(key, "0123456789abcdef") != "" {
		panic(fmt.Sprintf("memo: %q is no hex sha256", key))
	}
	return filepath.Join(f.root, key)
}

// Get returns a key's result, which counts as used now; false if there is none.
func (f *Folder) Get(key string) ([]byte, bool) {
	path := f.path(key)
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	head, data, ok := bytes.Cut(file, []byte("\n"))
	if !ok || string(head) != sum(data) {
		_ = os.Remove(path) // it can't be used, whether it can be removed or not
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // else it is evicted somewhat earlier
	return data, true
}

// Put keeps a key's result, unless it is larger than the limit.
func (f *Folder) Put(key string, data []byte) error {
	file := append([]byte(sum(data)+"\n"), data...)
	if int64(len(file)) > f.limit {
		return nil
	}
	path := f.path(key)
	tmp, err := os.CreateTemp(f.root, unfinished)
	if err != nil {
		return fmt.Errorf("memo: %w", err)
	}
	_, err = tmp.Write(file)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("memo: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return f.evict(filepath.Base(path))
}

// evict removes what was used least recently until the rest is within the limit, but not the file named keep; and what was never finished.
func (f *Folder) evict(keep string) error {
	entries, err := os.ReadDir(f.root)
	if err != nil {
		return fmt.Errorf("memo: %w", err)
	}
	var files []os.FileInfo
	var total int64
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // gone meanwhile, or not ours
		}
		switch {
		case strings.HasPrefix(e.Name(), unfinished):
			if time.Since(info.ModTime()) > abandoned {
				_ = os.Remove(filepath.Join(f.root, e.Name()))
			}
		case len(e.Name()) == 2*sha256.Size:
			files = append(files, info)
			total += info.Size()
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	for _, info := range files {
		if total <= f.limit {
			break
		}
		if info.Name() == keep {
			continue
		}
		if err := os.Remove(filepath.Join(f.root, info.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("memo: %w", err)
		}
		total -= info.Size()
	}
	return nil
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
