package hdf5

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"testing"
)

// walker reads whatever can be reached from a group, which in a damaged file may be without end.
type walker struct {
	left int // objects
}

func (w *walker) walk(n Node, depth int) {
	if w.left--; w.left < 0 {
		return
	}
	for _, name := range n.AttrNames() {
		if a, err := n.Attr(name); err == nil {
			_, _ = a.Bytes()
			_, _ = a.Strings()
		}
	}
	switch n := n.(type) {
	case *Dataset:
		_, _ = n.ReadAll()
		_, _ = n.Strings()
	case *Group:
		if depth == 0 {
			return
		}
		for _, name := range n.Names() {
			if w.left <= 0 {
				return
			}
			if child, err := n.Lookup(name); err == nil {
				w.walk(child, depth-1)
			}
		}
	}
}

// readAny reads a file, with checksums or without, and returns how many objects it has.
func readAny(b []byte, trusting bool) int {
	f, err := open(bytes.NewReader(b), int64(len(b)), trusting)
	if err != nil {
		return 0
	}
	w := walker{left: 200}
	w.walk(f.Root(), 4)
	return 200 - w.left
}

var seeds = []string{"earliest", "v108", "v110", "v112", "latest", "pages", "refused", "userblock"}

func FuzzOpen(f *testing.F) {
	for _, name := range seeds {
		b := readFile(f, name)
		f.Add(b, false)
		f.Add(b, true)
	}
	f.Fuzz(func(_ *testing.T, b []byte, trusting bool) {
		if len(b) < 1<<20 {
			readAny(b, trusting)
		}
	})
}

// Damage all over a file: an error or another value, no panic, and no memory that the file doesn't pay for.
func TestDamaged(t *testing.T) {
	for _, name := range seeds {
		t.Run(name, func(t *testing.T) {
			whole := readFile(t, name)
			objects := readAny(whole, false)
			if objects < 2 {
				t.Fatalf("%d objects", objects)
			}
			healthy, _ := allocated(whole, false)
			most := 2*healthy + 32*uint64(len(whole)) + smallDataset
			for i := range 100 {
				at := i * len(whole) / 100
				for _, v := range []byte{1, 0xff} {
					b := slices.Clone(whole)
					b[at] ^= v
					if i%3 == 0 {
						copy(b[at:], []byte{v, v, v, v})
					}
					if got, objects := allocated(b, i%2 == 0); got > most {
						t.Errorf("byte %d with %#x: %d bytes were allocated for %d objects of a file of %d, %d when it was whole", at, v, got, objects, len(b), healthy)
					}
				}
			}
		})
	}
}

// allocated returns the bytes that reading a file allocates.
func allocated(b []byte, trusting bool) (total uint64, objects int) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	objects = readAny(b, trusting)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, objects
}

// A file that ends early, whose superblock doesn't say so: whatever is read is in the file.
func TestCutOff(t *testing.T) {
	for _, name := range seeds {
		whole := readFile(t, name)
		for n := 0; n < len(whole); n += max(1, len(whole)/50) {
			readAny(whole[:n], true)
			if f, err := Open(bytes.NewReader(whole[:n]), int64(n)); err == nil {
				t.Errorf("%s: the first %d of %d bytes are a file: %v", name, n, len(whole), f.Root().Names())
			}
			// The size is as it should be, the bytes are not there.
			if f, err := open(cut{bytes.NewReader(whole), int64(n)}, int64(len(whole)), true); err == nil {
				(&walker{left: 200}).walk(f.Root(), 4)
			}
		}
	}
}

// cut is a reader that ends early.
type cut struct {
	r   io.ReaderAt
	end int64
}

func (c cut) ReadAt(b []byte, at int64) (int, error) {
	return io.NewSectionReader(c.r, 0, c.end).ReadAt(b, at)
}

// A dataset that the file says is huge, of which nothing is stored, is not allocated; with memory for it, it is read.
func TestFarMoreThanTheFile(t *testing.T) {
	f := openFile(t, "earliest")
	d, err := f.Root().Dataset("layouts/unwritten")
	if err != nil {
		t.Fatal(err)
	}
	d.space.shape, d.space.len, d.size = []int{1 << 40}, 1<<40, 4<<40
	if _, err := d.ReadAll(); err == nil {
		t.Error("4 TB of a fill value")
	}
	d.space.shape, d.space.len, d.size = []int{1 << 20}, 1<<20, 4<<20
	b := make([]byte, d.size)
	if err := d.ReadInto(b); err != nil {
		t.Fatal(err)
	}
	if want := []byte{0, 0, 0x20, 0x40}; !bytes.Equal(b, bytes.Repeat(want, 1<<20)) {
		t.Errorf("not filled with %v", want)
	}
}
