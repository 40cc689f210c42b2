package store

import (
	"container/list"
	"context"
	"fmt"
	"io"
	"slices"
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
	total   int64      // bytes of the entries and of what is being fetched
	pending map[Digest]*pending
}

type entry struct {
	digest  Digest
	size    int64
	open    int
	checked bool
	at      *list.Element
}

// pending is the checking or fetching of a blob by the first caller that wants it.
type pending struct {
	done chan struct{}
	err  error
}

// NewCache returns a cache of at most limit bytes in a folder.
func NewCache(ctx context.Context, folder *Folder, limit int64) (*Cache, error) {
	c := &Cache{folder: folder, limit: limit, entries: map[Digest]*entry{}, recent: list.New(), pending: map[Digest]*pending{}}
	var found []Info
	for info, err := range folder.List(ctx) {
		if err != nil {
			return nil, err
		}
		found = append(found, info)
	}
	slices.SortStableFunc(found, func(a, b Info) int { return a.Modified.Compare(b.Modified) })
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, info := range found {
		c.insert(&entry{digest: info.Digest, size: info.Size})
	}
	c.evict(ctx, 0)
	return c, nil
}

func (c *Cache) insert(e *entry) {
	e.at = c.recent.PushFront(e)
	c.entries[e.digest] = e
	c.total += e.size
}

// drop takes an entry off the books, if it is still on them. Its file is the caller's business.
func (c *Cache) drop(e *entry) {
	if c.entries[e.digest] == e {
		c.recent.Remove(e.at)
		delete(c.entries, e.digest)
		c.total -= e.size
	}
}

// Size returns the bytes of what is in the cache, and of what is being fetched.
func (c *Cache) Size() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// evict makes room for need bytes as far as it can.
func (c *Cache) evict(ctx context.Context, need int64) {
	for at := c.recent.Back(); at != nil && c.total+need > c.limit; {
		e := at.Value.(*entry)
		at = at.Prev()
		if e.open == 0 && c.folder.Delete(ctx, e.digest) == nil {
			c.drop(e)
		}
	}
}

// maxLosses is how often Open begins anew because the file that it had at hand was gone.
const maxLosses = 3

// Open opens a blob, fetching it if need be; many callers that want the same one share one fetch. ErrTooLarge if it does not fit beside those
// that are open or being fetched.
func (c *Cache) Open(ctx context.Context, d Digest, fetch Fetch) (Blob, error) {
	for losses := 0; ; {
		e, err := c.pin(ctx, d, fetch)
		if err != nil {
			return nil, err
		}
		blob, err := c.folder.Open(ctx, d)
		if err == nil {
			return &cachedBlob{Blob: blob, cache: c, entry: e}, nil
		}
		c.mu.Lock()
		e.open--
		c.drop(e)
		c.mu.Unlock()
		if losses++; losses == maxLosses {
			return nil, err
		}
	}
}

// pin returns the entry of a blob that is in the folder and checked, counted as open once more, so that it stays.
func (c *Cache) pin(ctx context.Context, d Digest, fetch Fetch) (*entry, error) {
	for {
		c.mu.Lock()
		e := c.entries[d]
		if e != nil && e.checked {
			e.open++
			c.recent.MoveToFront(e.at)
			c.mu.Unlock()
			return e, nil
		}
		p := c.pending[d]
		if p == nil {
			p = &pending{done: make(chan struct{})}
			c.pending[d] = p
			c.mu.Unlock()
			e, p.err = c.fill(ctx, d, e, fetch)
			c.mu.Lock()
			delete(c.pending, d)
			c.mu.Unlock()
			close(p.done)
			return e, p.err
		}
		c.mu.Unlock()
		select {
		case <-p.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if p.err != nil && !isContext(p.err) { // another caller's end is not this one's
			return nil, p.err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// fill checks what lies in the folder from before, if e is not nil, or else fetches. The entry that it returns is pinned.
func (c *Cache) fill(ctx context.Context, d Digest, e *entry, fetch Fetch) (*entry, error) {
	if e != nil {
		c.mu.Lock()
		e.open++ // nothing evicts it while it is read
		known := c.entries[d] == e
		c.mu.Unlock()
		err := ErrNotFound
		if known {
			err = c.folder.Check(ctx, d)
		}
		c.mu.Lock()
		switch {
		case err == nil:
			e.checked = true
			c.recent.MoveToFront(e.at)
			c.mu.Unlock()
			return e, nil
		case isContext(err):
			e.open--
			c.mu.Unlock()
			return nil, err
		}
		c.drop(e)
		c.mu.Unlock()
	}
	r, size, err := fetch(ctx, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if err := c.reserve(ctx, d, size); err != nil {
		return nil, err
	}
	_, n, err := c.folder.Put(ctx, d, io.LimitReader(r, size+1))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total -= size
	if err != nil {
		return nil, err
	}
	e = &entry{digest: d, size: n, checked: true, open: 1}
	c.insert(e)
	return e, nil
}

// reserve makes room for a blob and keeps it until the blob is there.
func (c *Cache) reserve(ctx context.Context, d Digest, size int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict(ctx, size)
	if size > c.limit-c.total {
		return fmt.Errorf("store: cache of %d bytes, %d of them in use: %w: %s of %d bytes", c.limit, c.total, ErrTooLarge, d, size)
	}
	c.total += size
	return nil
}

type cachedBlob struct {
	Blob
	cache *Cache
	entry *entry
	once  sync.Once
}

func (b *cachedBlob) Close() error {
	err := b.Blob.Close()
	b.once.Do(func() {
		b.cache.mu.Lock()
		defer b.cache.mu.Unlock()
		b.entry.open--
	})
	return err
}
