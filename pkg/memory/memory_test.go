package memory

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"unsafe"
)

func TestAllocGivesZerosThatAreAligned(t *testing.T) {
	for _, n := range []int{0, 1, 3, 8, 4097, large - 1, large + 1} {
		b := Alloc(n)
		if len(b) != n || cap(b) != n || b == nil {
			t.Fatalf("%d bytes: %d, room for %d", n, len(b), cap(b))
		}
		if n > 0 && uintptr(unsafe.Pointer(&b[0]))%8 != 0 {
			t.Errorf("%d bytes at an odd address", n)
		}
		for i := range b {
			if b[i] != 0 {
				t.Fatalf("byte %d of %d is not 0", i, n)
			}
		}
	}
}

// TestJoined demands that pieces come one after the other, and that each of their bytes is said to be copied once.
func TestJoined(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	for _, sizes := range [][]int{nil, {0}, {1}, {3, 0, 5}, {2 * block, 7, 1, block + 1, 100}, {1, 2, 3*large + 1}} {
		var pieces [][]byte
		var want []byte
		for k, n := range sizes {
			p := make([]byte, n)
			for i := range p {
				p[i] = byte(i*7 + i>>8 + k)
			}
			pieces, want = append(pieces, p), append(want, p...)
		}
		var mu sync.Mutex
		copied := make([]int, len(pieces))
		got := Joined(len(want), pieces, func(piece int, part []byte) {
			mu.Lock()
			defer mu.Unlock()
			copied[piece] += len(part)
			clear(part) // who gives memory back may do so at once
		})
		if !bytes.Equal(got, want) {
			t.Fatalf("pieces of %v bytes are joined wrongly", sizes)
		}
		for i, n := range copied {
			if n != sizes[i] {
				t.Errorf("%d of the %d bytes of piece %d were copied", n, sizes[i], i)
			}
		}
	}
}

// Memory that was given back can be read, and holds what was in it or zeros.
func TestDiscard(t *testing.T) {
	data := Alloc(3 * large)
	for i := range data {
		data[i] = 1
	}
	Discard(data[:len(data)/2+77])
	Discard(data[:0])
	for i, x := range data {
		if x > 1 || i > len(data)/2+77 && x != 1 {
			t.Fatalf("byte %d is %d", i, x)
		}
	}
}
