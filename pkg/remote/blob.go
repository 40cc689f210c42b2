package remote

import (
	"context"
	"fmt"
	"io"

	"github.com/octetlite/octet/pkg/store"
)

// blob is an open object.
type blob struct {
	ctx    context.Context
	client *Client
	from   protocol
	place  place
	object store.Object
}

// Size returns the size that was pinned.
func (b *blob) Size() int64 { return b.object.Size }

// Close implements store.Blob.
func (b *blob) Close() error { return nil }

// block begins to read a block of the object, if nobody has. It goes on without the caller, since others may wait for it; what bounds it are tries and stalls.
func (b *blob) block(index int64, hint bool) *block {
	offset := index * blockSize
	size := min(blockSize, b.object.Size-offset)
	return b.client.blocks.get(blockKey{b.object, index}, size, hint, func() ([]byte, error) {
		return b.client.read(context.WithoutCancel(b.ctx), b.from, b.place, b.object, offset, size)
	})
}

// window is how many blocks of one read are asked for at a time.
const window = 16

// ReadAt implements io.ReaderAt.
func (b *blob) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, fmt.Errorf("%s: read at %d", b.object.URL, offset)
	}
	left := b.object.Size - offset
	if left <= 0 {
		return 0, io.EOF
	}
	var end error
	if int64(len(p)) > left {
		p, end = p[:left], io.EOF
	}
	n := 0
	for n < len(p) {
		at := offset + int64(n)
		for i := at/blockSize + 1; i <= at/blockSize+window && i*blockSize < offset+int64(len(p)); i++ {
			b.block(i, true)
		}
		e := b.block(at/blockSize, false)
		select {
		case <-e.done:
		case <-b.ctx.Done():
			return n, b.ctx.Err()
		}
		if e.err != nil {
			return n, e.err
		}
		n += copy(p[n:], e.data[at%blockSize:])
	}
	return n, end
}

// Prefetch begins to read bytes that will be wanted soon, and does not wait. It returns false if there was no room for all of them.
func (b *blob) Prefetch(offset, n int64) bool {
	end := min(offset+n, b.object.Size)
	for i := max(offset, 0) / blockSize; i*blockSize < end; i++ {
		if b.block(i, true) == nil {
			return false
		}
	}
	return true
}
