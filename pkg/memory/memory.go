// Package memory allocates what is large: in huge pages, where the system has them.
package memory

import (
	"strings"
	"unsafe"

	"github.com/octetlite/octet/pkg/parallel"
)

// large is the size in bytes from which on memory is better had in huge pages.
const large = 1 << 18

// Alloc returns n zeros of 1, 4 or 8 bytes each, aligned to at least 8 bytes.
func Alloc[T byte | float32 | uint64](n int) []T {
	if n == 0 {
		return []T{}
	}
	size := int(unsafe.Sizeof(*new(T)))
	words := make([]uint64, (n*size+7)/8)
	first := unsafe.Pointer(&words[0])
	if n*size >= large {
		hugePages(uintptr(first), n*size)
	}
	return unsafe.Slice((*T)(first), len(words)*8/size)[:n:n]
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
	if size >= large {
		hugePages(uintptr(unsafe.Pointer(start)), size)
	}
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
