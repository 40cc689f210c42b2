package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Overlay is a store in front of which lie files of the user's, known by their digests, so that they need not be copied. Only Stat and Open see them.
type Overlay struct {
	Store
	mu    sync.RWMutex
	files map[Digest]overlayFile
}

type overlayFile struct {
	path     string
	size     int64
	modified time.Time
}

// NewOverlay returns an overlay without files.
func NewOverlay(base Store) *Overlay { return &Overlay{Store: base, files: map[Digest]overlayFile{}} }

// Add makes a file known that was read just now.
func (o *Overlay) Add(d Digest, path string, size int64) {
	f := overlayFile{path: path, size: size}
	if info, err := os.Stat(path); err == nil { // otherwise Open finds the file changed
		f.modified = info.ModTime()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files[d] = f
}

// Stat implements Store.
func (o *Overlay) Stat(ctx context.Context, d Digest) (int64, error) {
	o.mu.RLock()
	f, ok := o.files[d]
	o.mu.RUnlock()
	if ok {
		return f.size, nil
	}
	return o.Store.Stat(ctx, d)
}

// Open implements Store. A file that has another size or time than when it was added is ErrCorrupt.
func (o *Overlay) Open(ctx context.Context, d Digest) (Blob, error) {
	o.mu.RLock()
	f, ok := o.files[d]
	o.mu.RUnlock()
	if !ok {
		return o.Store.Open(ctx, d)
	}
	b, err := openFile(f.path)
	if err != nil {
		return nil, notFound(d, err)
	}
	info, err := b.Stat()
	if err == nil && (b.size != f.size || !info.ModTime().Equal(f.modified)) {
		err = fmt.Errorf("%s has changed: %w", f.path, ErrCorrupt)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), b.Close())
	}
	return b, nil
}
