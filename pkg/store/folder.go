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

	"github.com/octetlite/octet/internal/clock"
	"github.com/octetlite/octet/internal/failpoint"
)

// Folder keeps blobs as files: ROOT/blobs/ab/abcd…. They are written under ROOT/tmp or ROOT/uploads, synced, and renamed, so that a blob is there whole or
// not at all. Several processes may read and put blobs in one folder.
type Folder struct {
	root string
	now  func() time.Time // what blobs are stamped with

	mu        sync.Mutex      // held while a blob's age changes or decides, and for uploading
	uploading map[string]bool // by the file
}

// halfWritten is how long nobody must have written to an unfinished blob for it to count as left behind: other processes may be at work in the folder.
const halfWritten = time.Hour

// NewFolder returns the store in the given folder, which is made if it does not exist. What an earlier process left half-written an hour ago is removed, but for
// uploads, which can be resumed.
func NewFolder(root string) (*Folder, error) {
	f := &Folder{root: root, now: clock.Now, uploading: map[string]bool{}}
	for _, dir := range []string{"blobs", "tmp", "uploads", "owners"} {
		if err := os.MkdirAll(f.path(dir), 0o700); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
	}
	if err := f.sweep(f.written().Add(-halfWritten)); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return f, nil
}

// written returns the time of a file that is written now, which that of others compares with: the clock of the file system may be another machine's. On a disk that takes no file it is this machine's time.
func (f *Folder) written() time.Time {
	file, err := os.CreateTemp(f.path("tmp"), "now-")
	if err != nil {
		return time.Now()
	}
	defer func() { _ = os.Remove(file.Name()) }() // a later sweep does it else
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return time.Now()
	}
	return info.ModTime()
}

// sweep removes unfinished blobs to which nothing was written since the given time.
func (f *Folder) sweep(limit time.Time) error {
	files, err := os.ReadDir(f.path("tmp"))
	if err != nil {
		return err
	}
	for _, file := range files {
		info, err := file.Info()
		if err == nil && info.ModTime().Before(limit) {
			err = os.Remove(f.path("tmp", file.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
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

// Path returns the absolute path of the file that holds a blob, whether it is there or not.
func (f *Folder) Path(d Digest) (string, error) {
	path, err := f.blob(d)
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// SetClock has blobs be stamped with the times of a clock instead of the machine's, from now on. It is called before the folder is used.
func (f *Folder) SetClock(now func() time.Time) { f.now = now }

// Root returns the folder.
func (f *Folder) Root() string { return f.root }

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

// commit syncs a file and moves it to its place among the blobs, as a new one.
func (f *Folder) commit(tmp *os.File, d Digest) error {
	path, err := f.blob(d)
	if err != nil {
		return err
	}
	if err := f.touch(tmp.Name()); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := tmp.Sync(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	switch err := os.Mkdir(filepath.Dir(path), 0o700); {
	case err == nil:
		if err := syncFolder(f.path("blobs")); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return fmt.Errorf("store: %w", err)
	}
	failpoint.Hit(failpoint.Commit)
	f.mu.Lock()
	err = os.Rename(tmp.Name(), path)
	f.mu.Unlock()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// touch makes a file's time of modification the present one.
func (f *Folder) touch(path string) error {
	now := f.now()
	return os.Chtimes(path, now, now)
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

// Check compares a blob with its digest: ErrCorrupt if it is another by now, ErrNotFound.
func (f *Folder) Check(ctx context.Context, d Digest) error {
	blob, err := f.Open(ctx, d)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(h, contextReader{ctx, io.NewSectionReader(blob, 0, blob.Size())})
	if err = errors.Join(err, blob.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != string(d) {
		return fmt.Errorf("store: check blob %.12s: %w: got %s", d, ErrCorrupt, got)
	}
	return nil
}

// Touch makes a blob's time of modification the present one, so that it counts as new; ErrNotFound.
func (f *Folder) Touch(d Digest) error {
	path, err := f.blob(d)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.touch(path); err != nil {
		return notFound(d, err)
	}
	return nil
}

// DeleteUnchanged removes a blob unless it was put or touched since it was listed, whatever the clock says, and reports whether it did. Between Touch, Put and DeleteUnchanged there
// is an order: a blob that was touched before it was deleted is not deleted.
func (f *Folder) DeleteUnchanged(listed Info) (bool, error) {
	path, err := f.blob(listed.Digest)
	if err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("store: %w", err)
	case !info.ModTime().Equal(listed.Modified):
		return false, nil
	}
	if err := os.Remove(path); err != nil {
		return false, fmt.Errorf("store: %w", err)
	}
	return true, nil
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
			if !dir.IsDir() {
				continue // not ours
			}
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

// OpenFile opens a file as a blob, for those who know that it is one.
func OpenFile(path string) (Blob, error) {
	b, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return b, nil
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
