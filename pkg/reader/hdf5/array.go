package hdf5

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// elements are the entries of an array of chunks.
type elements struct {
	*scan
	size     int // bytes of an entry
	filtered bool
	l        *layout
	g        grid
	at       []int
	found    func(chunk) error
}

// read reads entries, the first of which has a number.
func (e *elements) read(c *cursor, number uint64, count int) error {
	for i := range count {
		ch := chunk{at: e.at, addr: c.addr(), size: uint64(e.l.chunkBytes)}
		if e.filtered {
			ch.size, ch.mask = c.uint(e.size-e.offsetSize-4), uint32(c.uint(4))
		}
		if c.err != nil {
			return c.err
		}
		if ch.addr == undefined || !e.g.place(number+uint64(i), e.at) {
			continue
		}
		if err := e.found(ch); err != nil {
			return err
		}
	}
	return nil
}

// check compares an entry's size with what it must hold.
func (e *elements) check(c *cursor, client int) error {
	e.filtered = client == 1
	if c.err != nil {
		return c.err
	}
	if rest := e.size - e.offsetSize; client > 1 || !e.filtered && rest != 0 || e.filtered && (rest < 5 || rest > 12) {
		return c.errorf("entries of type %d with %d bytes", client, e.size)
	}
	return nil
}

// bitmap says which pages were written, from a page on.
type bitmap struct {
	bits []byte // the most significant bit is the first
	from uint64
}

func (b bitmap) has(page int) bool {
	i := b.from + uint64(page)
	return i/8 < uint64(len(b.bits)) && b.bits[i/8]&(0x80>>(i%8)) != 0
}

// pages reads a block's entries that are in pages, each with a checksum.
func (e *elements) pages(addr uint64, written bitmap, number uint64, count, perPage int) error {
	for page := 0; page*perPage < count; page++ {
		if !written.has(page) {
			continue
		}
		n := min(perPage, count-page*perPage)
		at := addr + uint64(page)*uint64(perPage*e.size+4)
		c, err := e.block(at, uint64(n*e.size+4), "array's page")
		if err != nil {
			return err
		}
		if err := e.checksum(c.b, c.what, c.at); err != nil {
			return err
		}
		if err := e.read(&c, number+uint64(page*perPage), n); err != nil {
			return err
		}
	}
	return nil
}

// maxPageBits bounds what is counted in ints.
const maxPageBits = 31

// fixedArray reads an index of as many entries as there can be chunks: one block of them, in pages if they are many.
func (s *scan) fixedArray(l *layout, g grid, found func(chunk) error) error {
	c, err := s.sealed(l.addr, uint64(4+4+s.lengthSize+s.offsetSize+4), "FAHD", "fixed array")
	if err != nil {
		return err
	}
	c.skip(1)
	client := c.u8()
	e := &elements{scan: s, size: c.u8(), l: l, g: g, at: make([]int, len(g.counts)), found: found}
	pageBits := c.u8()
	count, block := c.length(), c.addr()
	if err := e.check(&c, client); err != nil {
		return err
	}
	if block == undefined {
		return nil
	}
	if pageBits > maxPageBits || count > uint64(s.size) {
		return c.errorf("%d entries, 2**%d in a page", count, pageBits)
	}
	const what = "fixed array's block"
	n, front := int(count), 6+s.offsetSize
	perPage := 1 << pageBits
	if n <= perPage {
		c, err := s.sealed(block, uint64(front+n*e.size+4), "FADB", what)
		if err != nil {
			return err
		}
		c.skip(front - 4)
		return e.read(&c, 0, n)
	}
	bitmapSize := ((n+perPage-1)/perPage + 7) / 8
	if c, err = s.sealed(block, uint64(front+bitmapSize+4), "FADB", what); err != nil {
		return err
	}
	c.skip(front - 4)
	return e.pages(block+uint64(front+bitmapSize+4), bitmap{bits: c.take(bitmapSize)}, 0, n, perPage)
}

// extensible is an index that grows along one dimension: the first entries and the addresses of some data blocks in an index block,
// those of the others in super blocks. Super block i has 2**(i/2) data blocks of 2**((i+1)/2) times the smallest size.
type extensible struct {
	elements
	front     int // bytes before a block's entries: signature, version, client, header's address, and, but in the index block, its number
	smallest  int // entries of the smallest data blocks
	perPage   int
	numberLen int
}

func (s *scan) extensibleArray(d *Dataset, g grid, found func(chunk) error) error {
	l := &d.layout
	c, err := s.sealed(l.addr, uint64(4+8+6*s.lengthSize+s.offsetSize+4), "EAHD", "extensible array")
	if err != nil {
		return err
	}
	c.skip(1)
	client := c.u8()
	e := &extensible{elements: elements{scan: s, size: c.u8(), l: l, g: g, at: make([]int, len(g.counts)), found: found}}
	maxBits, first := c.u8(), c.u8()
	e.smallest = c.u8()
	pointers, pageBits := c.u8(), c.u8()
	for range 6 {
		c.length() // statistics
	}
	index := c.addr()
	if err := e.check(&c, client); err != nil {
		return err
	}
	if index == undefined {
		return nil
	}
	if bits.OnesCount(uint(e.smallest)) != 1 || bits.OnesCount(uint(pointers)) != 1 || maxBits > 64 || pageBits > maxPageBits {
		return c.errorf("%d bits, blocks of %d entries, %d pointers, pages of %d bits", maxBits, e.smallest, pointers, pageBits)
	}
	e.perPage, e.numberLen = 1<<pageBits, (maxBits+7)/8
	e.front = 6 + s.offsetSize + e.numberLen
	if i := slices.Index(d.space.max, math.MaxUint64); i >= 0 {
		e.g.growFirst(i)
	}
	supers := max(0, 1+maxBits-(bits.Len(uint(e.smallest))-1))
	direct := min(supers, 2*(bits.Len(uint(pointers))-1)) // super blocks whose data blocks are in the index block
	blocks := 2 * (pointers - 1)
	n := 6 + s.offsetSize + first*e.size + (blocks+supers-direct)*s.offsetSize + 4
	if c, err = s.sealed(index, uint64(n), "EAIB", "extensible array's index block"); err != nil {
		return err
	}
	c.skip(2 + s.offsetSize)
	if err := e.read(&c, 0, first); err != nil {
		return err
	}
	number := uint64(first)
	for i := range supers {
		count, size := uint64(1)<<(i/2), uint64(e.smallest)<<((i+1)/2)
		if i < direct {
			if err := e.dataBlocks(&c, number, count, size, 0, nil); err != nil {
				return err
			}
		} else if addr := c.addr(); addr != undefined && c.err == nil {
			if err := e.superBlock(addr, number, count, size); err != nil {
				return err
			}
		}
		if c.err != nil {
			return c.err
		}
		number += count * size
	}
	return nil
}

// superBlock reads the addresses of data blocks, and which of their pages were written.
func (e *extensible) superBlock(addr, number, count, size uint64) error {
	bitmapSize, pages := uint64(0), uint64(0) // of each data block
	if size > uint64(e.perPage) {
		pages = size / uint64(e.perPage)
		bitmapSize = (pages + 7) / 8
	}
	if count > uint64(e.File.size) || bitmapSize > uint64(e.File.size) {
		return fmt.Errorf("extensible array: %d blocks of %d entries don't fit the file", count, size)
	}
	n := uint64(e.front) + count*(bitmapSize+uint64(e.offsetSize)) + 4
	c, err := e.sealed(addr, n, "EASB", "extensible array's super block")
	if err != nil {
		return err
	}
	c.skip(e.front - 4)
	return e.dataBlocks(&c, number, count, size, pages, c.take(int(count*bitmapSize)))
}

// dataBlocks reads the data blocks whose addresses follow. The bits of their pages are in one sequence.
func (e *extensible) dataBlocks(c *cursor, number, count, size, pages uint64, bits []byte) error {
	for i := range count {
		addr := c.addr()
		if c.err != nil {
			return c.err
		}
		if addr == undefined {
			continue
		}
		if err := e.dataBlock(addr, number+i*size, size, bitmap{bits, i * pages}); err != nil {
			return err
		}
	}
	return nil
}

func (e *extensible) dataBlock(addr, number, size uint64, written bitmap) error {
	const what = "extensible array's data block"
	if size > uint64(e.File.size) {
		return fmt.Errorf("extensible array: a block of %d entries doesn't fit the file", size)
	}
	if size > uint64(e.perPage) {
		front := uint64(e.front + 4)
		if _, err := e.sealed(addr, front, "EADB", what); err != nil {
			return err
		}
		return e.pages(addr+front, written, number, int(size), e.perPage)
	}
	c, err := e.sealed(addr, uint64(e.front)+size*uint64(e.size)+4, "EADB", what)
	if err != nil {
		return err
	}
	c.skip(e.front - 4)
	return e.read(&c, number, int(size))
}
