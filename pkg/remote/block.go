package remote

import (
	"container/list"
	"sync"

	"github.com/octetlite/octet/pkg/store"
)

// blockSize is what is asked for at a time: large enough that the time for an answer matters little beside that for the bytes, small enough that samples here and there don't
// bring much that nobody wants.
const blockSize = 1 << 20

// blockKey names a block of an object.
type blockKey struct {
	object store.Object
	index  int64
}

// block is a part of an object that is read once for all who want it; data and err are there when done is closed.
type block struct {
	key  blockKey
	size int64
	done chan struct{}
	data []byte
	err  error
	at   *list.Element
}

// blocks keeps what was read, the most recently used first, in a bounded memory. What is being read counts, and stays.
type blocks struct {
	limit    int64
	requests chan struct{}

	mu      sync.Mutex
	entries map[blockKey]*block
	recent  *list.List
	total   int64
	pending int
}

func newBlocks(limit int64, requests int) *blocks {
	return &blocks{limit: limit, requests: make(chan struct{}, requests), entries: map[blockKey]*block{}, recent: list.New()}
}

// get returns a block, which read begins to read if it is not there. A hint for what is wanted later is dropped, and nil returned, if there is enough to do or no room.
func (b *blocks) get(key blockKey, size int64, hint bool, read func() ([]byte, error)) *block {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.entries[key]; e != nil {
		b.recent.MoveToFront(e.at)
		return e
	}
	if hint && (b.pending >= 2*cap(b.requests) || int64(b.pending+1)*blockSize > b.limit/2) {
		return nil
	}
	e := &block{key: key, size: size, done: make(chan struct{})}
	e.at = b.recent.PushFront(e)
	b.entries[key] = e
	b.total += size
	b.pending++
	b.evict()
	go func() {
		b.requests <- struct{}{}
		data, err := read()
		<-b.requests
		b.mu.Lock()
		defer b.mu.Unlock()
		e.data, e.err = data, err
		b.pending--
		if err != nil {
			b.drop(e) // who asks next tries again
		}
		close(e.done)
	}()
	return e
}

func (b *blocks) drop(e *block) {
	b.recent.Remove(e.at)
	delete(b.entries, e.key)
	b.total -= e.size
}

// evict makes room as far as it can.
func (b *blocks) evict() {
	for at := b.recent.Back(); at != nil && b.total > b.limit; {
		e := at.Value.(*block)
		at = at.Prev()
		select {
		case <-e.done:
			b.drop(e)
		default:
		}
	}
}
