package parquet

import (
	"container/list"
	"sync"
)

// Cache keeps pages that were decoded, of any number of files, the most recently used first. It is safe for concurrent use.
type Cache struct {
	limit int

	mu    sync.Mutex
	pages *list.List // of *page
	bytes int
}

// NewCache returns a cache of at most limit bytes, or of one page if that is larger.
func NewCache(limit int) *Cache { return &Cache{limit: limit, pages: list.New()} }

// find returns decoded rows of a column with the given one among them; nil if there are none.
func (c *Cache) find(f *File, leaf int, row int64) *page {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at := c.pages.Front(); at != nil; at = at.Next() {
		if p := at.Value.(*page); p.file == f && p.leaf == leaf && p.first <= row && row < p.last {
			c.pages.MoveToFront(at)
			return p
		}
	}
	return nil
}

// keep adds a page.
func (c *Cache) keep(p *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages.PushFront(p)
	c.bytes += p.size()
	for c.bytes > c.limit && c.pages.Len() > 1 {
		old := c.pages.Remove(c.pages.Back()).(*page)
		c.bytes -= old.size()
	}
}
