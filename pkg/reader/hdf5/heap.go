package hdf5

import (
	"fmt"
	"strings"
)

// localHeap holds the names of a group of the old kind.
type localHeap struct {
	addr uint64
	data string
}

func (s *scan) localHeap(addr uint64) (*localHeap, error) {
	c, err := s.signed(addr, uint64(8+2*s.lengthSize+s.offsetSize), "HEAP", "local heap")
	if err != nil {
		return nil, err
	}
	c.skip(4)
	size := c.length()
	c.length() // the list of free blocks
	data := c.addr()
	if c.err != nil {
		return nil, c.err
	}
	c, err = s.block(data, size, "local heap's data")
	if err != nil {
		return nil, err
	}
	return &localHeap{addr: addr, data: string(c.b)}, nil
}

// text returns the name at an offset. Names share the heap's memory.
func (h *localHeap) text(at uint64) (string, error) {
	if at >= uint64(len(h.data)) {
		return "", fmt.Errorf("name %d of the local heap at address %d is behind its %d bytes", at, h.addr, len(h.data))
	}
	name, _, ok := strings.Cut(h.data[at:], "\x00")
	if !ok {
		return "", fmt.Errorf("name %d of the local heap at address %d has no end", at, h.addr)
	}
	return name, nil
}

// globalHeap looks strings up in collections, each of which is read once.
type globalHeap struct {
	*scan
	collections map[uint64]map[int]string
}

// strings reads elements that are strings.
func (s *scan) strings(t datatype, data []byte) ([]string, error) {
	if t.Kind != String {
		return nil, fmt.Errorf("want strings, it holds %s", t.Kind)
	}
	all := make([]string, len(data)/t.Size)
	if !t.variable {
		text := string(data)
		for i := range all {
			all[i] = t.trim(text[i*t.Size : (i+1)*t.Size])
		}
		return all, nil
	}
	h := globalHeap{s, map[uint64]map[int]string{}}
	c := cursor{f: s.File, b: data, what: "string"}
	for i := range all {
		n, addr, index := c.u32(), c.addr(), c.u32()
		if n == 0 || addr == 0 || addr == undefined {
			continue
		}
		text, err := h.text(addr, index)
		if err != nil {
			return nil, fmt.Errorf("string %d: %w", i, err)
		}
		if n > len(text) {
			return nil, fmt.Errorf("string %d: its length is %d, the global heap at address %d has %d bytes of it", i, n, addr, len(text))
		}
		all[i], _, _ = strings.Cut(text[:n], "\x00")
	}
	return all, nil
}

func (h *globalHeap) text(addr uint64, index int) (string, error) {
	objects, ok := h.collections[addr]
	if !ok {
		var err error
		if objects, err = h.collection(addr); err != nil {
			return "", err
		}
		h.collections[addr] = objects
	}
	text, ok := objects[index]
	if !ok {
		return "", fmt.Errorf("global heap at address %d: it has no object %d", addr, index)
	}
	return text, nil
}

func (s *scan) collection(addr uint64) (map[int]string, error) {
	const what = "global heap"
	front := uint64(8 + s.lengthSize)
	c, err := s.signed(addr, front, "GCOL", what)
	if err != nil {
		return nil, err
	}
	c.skip(4)
	size := c.length()
	if size < front {
		return nil, c.errorf("its size is %d", size)
	}
	if c, err = s.block(addr, size, what); err != nil {
		return nil, err
	}
	c.skip(int(front))
	text := string(c.b)
	objects := map[int]string{}
	for c.left() >= 8+s.lengthSize {
		index := c.u16()
		c.skip(6)
		n := c.length()
		if index == 0 {
			break // the rest is free
		}
		start := c.pos
		if n > uint64(c.left()) {
			return nil, c.errorf("object %d of %d bytes goes beyond its end", index, n)
		}
		c.skip(min(pad8(int(n)), c.left()))
		objects[index] = text[start : start+int(n)]
	}
	return objects, nil
}
