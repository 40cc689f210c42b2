package hdf5

import "math/bits"

// fractalHeap holds dense links and attributes: objects in blocks whose sizes double from row to row of a table.
type fractalHeap struct {
	*scan
	at                   cursor // the header, for errors
	offsetBytes, lenSize int    // of an object's place in the heap, in bytes
	width, rows          int    // of the root's table; no rows if the root is a direct block
	start, maxDirect     uint64 // sizes of blocks
	root                 uint64
	huge                 uint64 // B-tree of the objects outside of the heap
	blockFront           int    // bytes before the table of an indirect block
	tables               map[uint64]cursor
}

func (s *scan) fractalHeap(addr uint64) (*fractalHeap, error) {
	n := 4 + 1 + 2 + 2 + 1 + 4 + 12*s.lengthSize + 3*s.offsetSize + 2 + 2 + 2 + 2 + 4
	c, err := s.sealed(addr, uint64(n), "FRHP", "fractal heap")
	if err != nil {
		return nil, err
	}
	h := &fractalHeap{scan: s, tables: map[uint64]cursor{}}
	c.skip(1 + 2)
	filters := c.u16()
	c.skip(1)
	maxObject := c.uint(4)
	c.length()        // the next huge object's number
	h.huge = c.addr() // of those
	c.length()        // free space
	c.addr()          // its manager
	for range 8 {
		c.length() // sizes and counts
	}
	h.width = c.u16()
	h.start, h.maxDirect = c.length(), c.length()
	heapBits := c.u16()
	c.skip(2)
	h.root = c.addr()
	h.rows = c.u16()
	if c.err != nil {
		return nil, c.err
	}
	if filters != 0 {
		return nil, c.errorf("%w: a filtered heap", ErrNotSupported)
	}
	if h.width == 0 || heapBits > 64 || bits.OnesCount64(h.start) != 1 || bits.OnesCount64(h.maxDirect) != 1 || h.rows > 64 {
		return nil, c.errorf("a table %d wide of %d rows, blocks of %d to %d bytes, %d bits", h.width, h.rows, h.start, h.maxDirect, heapBits)
	}
	h.offsetBytes = (heapBits + 7) / 8
	h.lenSize = min((bits.Len64(h.maxDirect)+7)/8, sizeOf(maxObject))
	h.blockFront = 5 + s.offsetSize + h.offsetBytes
	h.at = c
	return h, nil
}

// object reads the object of an ID.
func (h *fractalHeap) object(id []byte) (message, error) {
	c := cursor{f: h.File, b: id, at: h.at.at, what: "fractal heap's object"}
	var addr, n uint64
	switch head := c.u8(); head >> 4 & 3 {
	case 0:
		offset := c.uint(h.offsetBytes)
		n = c.uint(h.lenSize)
		if c.err != nil {
			return message{}, c.err
		}
		var err error
		if addr, err = h.find(h.root, h.rows, offset, n); err != nil {
			return message{}, err
		}
	case 1:
		var err error
		if addr, n, err = h.findHuge(c.uint(min(c.left(), 8))); err != nil {
			return message{}, err
		}
	case 2:
		data := c.take(head&15 + 1)
		return message{data: data, at: c.at}, c.err
	default:
		return message{}, c.errorf("%w: an ID that begins with %#x", ErrNotSupported, head)
	}
	b, err := h.block(addr, n, c.what)
	return message{data: b.b, at: b.at}, err
}

// find returns the address of n bytes at an offset below an indirect block of some rows, or in a direct block.
func (h *fractalHeap) find(addr uint64, rows int, offset, n uint64) (uint64, error) {
	if rows == 0 {
		// The root; its size is the first one.
		if offset > h.start || n > h.start-offset {
			return 0, h.at.errorf("object at %d of %d bytes is not in its block of %d", offset, n, h.start)
		}
		return addr + offset, nil
	}
	for rows > 0 {
		directRows := min(rows, h.row(h.maxDirect)+1)
		c, ok := h.tables[addr]
		if !ok {
			var err error
			if c, err = h.sealed(addr, uint64(h.blockFront+h.width*rows*h.offsetSize+4), "FHIB", "fractal heap's block"); err != nil {
				return 0, err
			}
			c.skip(h.blockFront - 4)
			h.tables[addr] = c
		}
		row, column, inside := h.cell(offset)
		if row >= rows {
			return 0, c.errorf("object at %d is behind its %d rows", offset, rows)
		}
		c.skip((row*h.width + column) * h.offsetSize)
		addr, offset = c.addr(), inside
		if c.err != nil {
			return 0, c.err
		}
		size := h.rowSize(row)
		if row < directRows {
			if n > size-offset || addr == undefined {
				return 0, c.errorf("object at %d of %d bytes is not in its block of %d", offset, n, size)
			}
			return addr + offset, nil
		}
		// As many rows as make up the block's size.
		rows = h.row(size / uint64(h.width))
		if rows > row {
			return 0, c.errorf("its table doesn't get smaller")
		}
	}
	return 0, h.at.errorf("object at %d is in no block", offset)
}

// rowSize returns the size of the blocks in a row: start, start, 2*start, 4*start, …
func (h *fractalHeap) rowSize(row int) uint64 { return h.start << max(0, row-1) }

// row returns the last row whose blocks have at most a size.
func (h *fractalHeap) row(size uint64) int { return max(0, bits.Len64(size)-bits.Len64(h.start)+1) }

// cell returns which block of a table an offset is in, and where in that block.
func (h *fractalHeap) cell(offset uint64) (row, column int, inside uint64) {
	width := uint64(h.width)
	rowStart := uint64(0)
	for ; row < 64; row++ {
		high, whole := bits.Mul64(h.rowSize(row), width)
		if high != 0 || offset-rowStart < whole {
			break
		}
		rowStart += whole
	}
	size := max(1, h.rowSize(row))
	return row, int((offset - rowStart) / size % width), (offset - rowStart) % size
}

// findHuge looks an object up that is not in the heap, but anywhere in the file.
func (h *fractalHeap) findHuge(id uint64) (addr, n uint64, err error) {
	if h.huge == undefined {
		return 0, 0, h.at.errorf("it has no huge objects")
	}
	found := false
	err = h.records(h.huge, func(r *cursor) error {
		a, size, got := r.addr(), r.length(), r.length()
		if got == id && !found {
			addr, n, found = a, size, true
		}
		return r.err
	})
	if err == nil && !found {
		err = h.at.errorf("it has no huge object %d", id)
	}
	return addr, n, err
}
