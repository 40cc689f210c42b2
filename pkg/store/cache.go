package store

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
)

// Fetch opens a blob at the place that it comes from, and tells its size.
type Fetch func(ctx context.Context, d Digest) (r io.ReadCloser, size int64, err error)

// Cache is a bounded folder of blobs in front of a place to fetch them from. The least recently used go first; one that is open stays. What
// lies in the folder from an earlier process is checked against its digest when it is first opened, and fetched again if it does not match.
type Cache struct {
	folder *Folder
	limit  int64

	mu      sync.Mutex
	entries map[Digest]*entry
	recent  *list.List // of *entry, the most recently used in front
	total   int64
	pending map[Digest]*pending
}

type entry struct {
	digest  Digest
	size    int64
	open    int
	checked bool
	at      *list.Element
}

type pending struct {
	done chan struct{}
	err  error
}

// NewCache returns a cache of at most limit bytes in a folder.
func NewCache(ctx context.Context, folder *Folder, limit int64) (*Cache, error) {
	c := &Cache{folder: folder, limit: limit, entries: map[Digest]*entry{}, recent: list.New(), pending: map[Digest]*pending{}}
	for info, err := range folder.List(ctx) {
		if err != nil {
			return nil, err
		}
		c.insert(info.Digest, info.Size)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict(ctx, 0)
	return c, nil
}

func (c *Cache) insert(d Digest, size int64) *entry {
	e := &entry{digest: d, size: size}
	e.at = c.recent.PushFront(e)
	c.entries[d] = e
	c.total += size
	return e
}

// evict makes room for need bytes as far as it can.
func (c *Cache) evict(ctx context.Context, need int64) {
	for at := c.recent.Back(); at != nil && c.total+need > c.limit; {
		e := at.Value.(*entry)
		at = at.Prev()
		if e.open == 0 {
			c.forget(ctx, e)
		}
	}
}

func (c *Cache) forget(ctx context.Context, e *entry) {
	if c.folder.Delete(ctx, e.digest) != nil {
		return
	}
	c.recent.Remove(e.at)
	delete(c.entries, e.digest)
	c.total -= e.size
}

// Open opens a blob, fetching it if need be; many callers that want the same one share one fetch. ErrTooLarge if it does not fit beside those
// that are open.
func (c *Cache) Open(ctx context.Context, d Digest, fetch Fetch) (Blob, error) {
	for {
		c.mu.Lock()
		if e := c.entries[d]; e != nil {
			blob, err := c.use(ctx, e)
			c.mu.Unlock()
			if err == nil {
				return blob, nil
			}
			continue // it is gone or corrupt, and forgotten
		}
		p := c.pending[d]
		if p != nil {
			c.mu.Unlock()
			select {
			case <-p.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if p.err != nil && ctx.Err() == nil && !isContext(p.err) {
				return nil, p.err
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			continue
		}
		p = &pending{done: make(chan struct{})}
		c.pending[d] = p
		c.mu.Unlock()
		p.err = c.fetch(ctx, d, fetch)
		c.mu.Lock()
		delete(c.pending, d)
		c.mu.Unlock()
		close(p.done)
		if p.err != nil {
			return nil, p.err
		}
	}
}

// use opens an entry's file; an entry that is not what it must be is forgotten.
func (c *Cache) use(ctx context.Context, e *entry) (Blob, error) {
	blob, err := c.folder.Open(ctx, e.digest)
	if err == nil && !e.checked {
		h := sha256.New()
		_, err = io.Copy(h, io.NewSectionReader(blob, 0, blob.Size()))
		if err == nil && hex.EncodeToString(h.Sum(nil)) != string(e.digest) {
			err = ErrCorrupt
		}
		if err != nil {
			blob.Close()
		}
	}
	if err != nil {
		c.forget(ctx, e)
		return nil, err
	}
	e.checked = true
	e.open++
	c.recent.MoveToFront(e.at)
	return &cachedBlob{Blob: blob, cache: c, entry: e}, nil
}

func (c *Cache) fetch(ctx context.Context, d Digest, fetch Fetch) error {
	r, size, err := fetch(ctx, d)
	if err != nil {
		return err
	}
	defer r.Close()
	c.mu.Lock()
	c.evict(ctx, size)
	fits := c.total+size <= c.limit
	c.mu.Unlock()
	if !fits {
		return fmt.Errorf("store: cache of %d bytes: %w: %s of %d bytes", c.limit, ErrTooLarge, d, size)
	}
	_, n, err := c.folder.Put(ctx, d, io.LimitReader(r, size+1))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.insert(d, n).checked = true
	c.evict(ctx, 0)
	return nil
}

type cachedBlob struct {
	Blob
	cache *Cache
	entry *entry
	once  sync.Once
}

func (b *cachedBlob) Close() error {
	b.once.Do(func() {
		b.cache.mu.Lock()
		defer b.cache.mu.Unlock()
		b.entry.open--
	})
	return b.Blob.Close()
}
