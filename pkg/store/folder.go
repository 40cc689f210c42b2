package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Folder keeps blobs as files: ROOT/blobs/ab/abcd…. They are written under ROOT/tmp or ROOT/uploads, synced, and renamed, so that a blob is there whole or
// not at all.
type Folder struct {
	root string

	mu        sync.Mutex
	uploading map[Digest]bool
}

// NewFolder returns the store in the given folder, which is made if it does not exist. What an earlier process left half-written is removed, but for
// uploads, which can be resumed.
func NewFolder(root string) (*Folder, error) {
	f := &Folder{root: root, uploading: map[Digest]bool{}}
	if err := os.RemoveAll(f.path("tmp")); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	for _, dir := range []string{"blobs", "tmp", "uploads"} {
		if err := os.MkdirAll(f.path(dir), 0o700); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
	}
	return f, nil
}

func (f *Folder) path(elem ...string) string {
	return filepath.Join(append([]string{f.root}, elem...)...)
}

func (f *Folder) blob(d Digest) (string, error) {
	if _, err := Parse(string(d)); err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	return f.path("blobs", string(d[:2]), string(d)), nil
}

// Stat implements Store.
func (f *Folder) Stat(_ context.Context, d Digest) (int64, error) {
	path, err := f.blob(d)
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, notFound(d, err)
	}
	return info.Size(), nil
}

func notFound(d Digest, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: %w: %s", ErrNotFound, d)
	}
	return fmt.Errorf("store: %w", err)
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, d Digest) (Blob, error) {
	path, err := f.blob(d)
	if err != nil {
		return nil, err
	}
	b, err := openFile(path)
	if err != nil {
		return nil, notFound(d, err)
	}
	return b, nil
}

// Put implements Store.
func (f *Folder) Put(ctx context.Context, want Digest, r io.Reader) (Digest, int64, error) {
	tmp, err := os.CreateTemp(f.path("tmp"), "put-")
	if err != nil {
		return "", 0, fmt.Errorf("store: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // after a commit there is nothing to remove
	defer tmp.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(tmp, h), contextReader{ctx, r})
	if err != nil {
		return "", 0, fmt.Errorf("store: put: %w", err)
	}
	d := Digest(hex.EncodeToString(h.Sum(nil)))
	if want != "" && d != want {
		return "", 0, fmt.Errorf("store: put: %w: got %s, want %s", ErrCorrupt, d, want)
	}
	if err := f.commit(tmp, d); err != nil {
		return "", 0, err
	}
	return d, n, nil
}

// commit syncs a file and moves it to its place among the blobs.
func (f *Folder) commit(tmp *os.File, d Digest) error {
	path, err := f.blob(d)
	if err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, d Digest) error {
	path, err := f.blob(d)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Touch makes a blob's time of modification the present one, so that it counts as new.
func (f *Folder) Touch(d Digest) error {
	path, err := f.blob(d)
	if err != nil {
		return err
	}
	now := time.Now()
	if err := os.Chtimes(path, now, now); err != nil {
		return notFound(d, err)
	}
	return nil
}

// List implements Store.
func (f *Folder) List(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		dirs, err := os.ReadDir(f.path("blobs"))
		if err != nil {
			yield(Info{}, fmt.Errorf("store: %w", err))
			return
		}
		for _, dir := range dirs {
			files, err := os.ReadDir(f.path("blobs", dir.Name()))
			if err != nil {
				yield(Info{}, fmt.Errorf("store: %w", err))
				return
			}
			for _, file := range files {
				if err := ctx.Err(); err != nil {
					yield(Info{}, err)
					return
				}
				d, err := Parse(file.Name())
				if err != nil {
					continue
				}
				info, err := file.Info()
				if err != nil {
					continue // deleted meanwhile
				}
				if !yield(Info{d, info.Size(), info.ModTime()}, nil) {
					return
				}
			}
		}
	}
}

type fileBlob struct {
	*os.File
	size int64
}

func openFile(path string) (*fileBlob, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &fileBlob{file, info.Size()}, nil
}

func (b *fileBlob) Size() int64 { return b.size }

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
