// Package memory allocates what is large, joins it and gives it back.
package memory

import (
	"strings"
	"unsafe"

	"github.com/octetlite/octet/pkg/parallel"
)

// large is the size in bytes from which on memory is better had in huge pages.
const large = 1 << 20

// Alloc returns n zero bytes aligned to at least 8 bytes.
func Alloc(n int) []byte {
	if n == 0 {
		return []byte{}
	}
	words := make([]uint64, (n+7)/8)
	if n >= large {
		hugePages(words)
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)[:n:n]
}

// block is how many bytes Joined copies at a time.
const block = 8 << 20

// Joined returns pieces, of the given size in all, in one piece of memory, which must not be written to. It is not cleared before: clearing would have the system provide all of it at once. done is called
// with each block of the pieces that was copied, at any time by several goroutines.
func Joined(size int, pieces [][]byte, done func(piece int, block []byte)) []byte {
	if size == 0 {
		return nil
	}
	var builder strings.Builder // whose memory is not cleared
	builder.Grow(size)
	builder.WriteByte(0)
	start := unsafe.StringData(builder.String())
	all := unsafe.Slice(start, size)
	parallel.Do(size, large, func(first, last int) {
		at := 0 // where the piece begins
		for i, piece := range pieces {
			from, to := max(first-at, 0), min(last-at, len(piece))
			for ; from < to; from += block {
				part := piece[from:min(from+block, to)]
				copy(all[at+from:], part)
				done(i, part)
			}
			if at += len(piece); at >= last {
				return
			}
		}
	})
	return all
}
