package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// owners are names that may be files' names.
var owners = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// mark returns the path of the mark of an owner on a blob: ROOT/owners/OWNER/ab/abcd…
func (f *Folder) mark(owner string, d Digest) (string, error) {
	if !owners.MatchString(owner) {
		return "", fmt.Errorf("store: owner %q", owner)
	}
	if _, err := Parse(string(d)); err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	return f.path("owners", owner, string(d[:2]), string(d)), nil
}

// Mark takes note that a blob is an owner's, who had it whole; if it is marked already, the mark counts as new. A mark does not keep a blob from being deleted.
func (f *Folder) Mark(owner string, d Digest) error {
	path, err := f.mark(owner, d)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err = f.touch(path); !errors.Is(err, fs.ErrNotExist) {
		return wrap(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return wrap(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return wrap(err)
	}
	return wrap(errors.Join(file.Close(), f.touch(path)))
}

// Marked reports whether a blob has an owner's mark.
func (f *Folder) Marked(owner string, d Digest) (bool, error) {
	path, err := f.mark(owner, d)
	if err != nil {
		return false, err
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, wrap(err)
}

// Owned returns the bytes of the blobs that have an owner's mark, and of what has arrived of its uploads.
func (f *Folder) Owned(ctx context.Context, owner string) (bytes int64, err error) {
	if !owners.MatchString(owner) {
		return 0, fmt.Errorf("store: owner %q", owner)
	}
	err = f.marks(ctx, owner, func(d Digest, _ string) error {
		switch n, err := f.Stat(ctx, d); {
		case err == nil:
			bytes += n
		case !errors.Is(err, ErrNotFound):
			return err
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	files, err := os.ReadDir(f.path("uploads"))
	if err != nil {
		return 0, wrap(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file.Name(), "."+owner) {
			if info, err := file.Info(); err == nil {
				bytes += info.Size()
			}
		}
	}
	return bytes, nil
}

// Unmark removes marks that are older than the given time, and whose blobs are gone.
func (f *Folder) Unmark(ctx context.Context, limit time.Time) error {
	dirs, err := os.ReadDir(f.path("owners"))
	if err != nil {
		return wrap(err)
	}
	for _, dir := range dirs {
		err := f.marks(ctx, dir.Name(), func(d Digest, path string) error { return f.unmark(ctx, d, path, limit) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *Folder) unmark(ctx context.Context, d Digest, path string, limit time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.Stat(ctx, d); !errors.Is(err, ErrNotFound) {
		return err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return wrap(err)
	case info.ModTime().After(limit):
		return nil
	}
	return wrap(os.Remove(path))
}

// marks calls do with an owner's marks.
func (f *Folder) marks(ctx context.Context, owner string, do func(d Digest, path string) error) error {
	err := filepath.WalkDir(f.path("owners", owner), func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || e.IsDir() {
			return err
		}
		d, err := Parse(e.Name())
		if err != nil {
			return nil //nolint:nilerr // not ours
		}
		return do(d, path)
	})
	return wrap(err)
}

func wrap(err error) error {
	if err == nil || strings.HasPrefix(err.Error(), "store: ") || isContext(err) {
		return err
	}
	return fmt.Errorf("store: %w", err)
}
