package hdf5

// storage is how a dataset's elements are laid out in the file.
type storage int

// The classes of layout messages.
const (
	compact    storage = 0
	contiguous storage = 1
	chunked    storage = 2
	virtual    storage = 3
)

// The types of chunk indexes. A layout message of version 3 has a B-tree of version 1, and no number for it.
const (
	indexTree1      = 0
	indexSingle     = 1
	indexImplicit   = 2
	indexFixed      = 3
	indexExtensible = 4
	indexTree2      = 5
)

// layout is a layout message.
type layout struct {
	storage storage
	data    []byte // compact
	addr    uint64 // of the contiguous elements, of the index, or of the only or first chunk
	size    uint64 // of the contiguous elements

	chunk          []int // dimensions
	chunkBytes     int
	index          int
	wholeAtEdges   bool   // chunks that stick out over the dataset's edge are not filtered
	singleFiltered bool   // the only chunk's stored size and mask follow
	singleSize     uint64 // of the only chunk
	singleMask     uint32
}

// readLayout reads the layout of a dataset of a rank, whose elements have a size.
func readLayout(c *cursor, rank, size int) (layout, error) {
	version := c.u8()
	if c.err == nil && version != 3 && version != 4 {
		return layout{}, c.errorf("%w: version %d", ErrNotSupported, version)
	}
	l := layout{storage: storage(c.u8()), addr: undefined}
	switch l.storage {
	case compact:
		l.data = c.take(c.u16())
	case contiguous:
		l.addr, l.size = c.addr(), c.length()
	case chunked:
		var dims []int
		if version == 3 {
			n := c.u8()
			l.addr = c.addr()
			dims = c.dims(n, 4)
		} else {
			flags := c.u8()
			l.wholeAtEdges, l.singleFiltered = flags&1 != 0, flags&2 != 0
			n := c.u8()
			dims = c.dims(n, c.u8())
			if err := l.readIndex(c); err != nil {
				return l, err
			}
		}
		if c.err != nil {
			return l, c.err
		}
		if len(dims) != rank+1 || rank == 0 || dims[rank] != size {
			return l, c.errorf("chunks %v don't fit %d dimensions of elements of %d bytes", dims, rank, size)
		}
		l.chunk, l.chunkBytes = dims[:rank], 1
		for _, d := range dims {
			if d <= 0 || l.chunkBytes > (1<<32-1)/d {
				return l, c.errorf("chunks %v are empty, or larger than HDF5 has", dims)
			}
			l.chunkBytes *= d
		}
	case virtual:
		return l, c.errorf("%w: a virtual dataset", ErrNotSupported)
	default:
		return l, c.errorf("%w: class %d", ErrNotSupported, l.storage)
	}
	return l, c.err
}

func (c *cursor) dims(n, size int) []int {
	dims := make([]int, n)
	for i := range dims {
		dims[i] = int(c.uint(size))
	}
	return dims
}

// readIndex reads where the index of chunks is. Its parameters are in its own header, too.
func (l *layout) readIndex(c *cursor) error {
	switch l.index = c.u8(); l.index {
	case indexSingle:
		if l.singleFiltered {
			l.singleSize, l.singleMask = c.length(), uint32(c.uint(4))
		}
	case indexImplicit:
	case indexFixed:
		c.skip(1)
	case indexExtensible:
		c.skip(5)
	case indexTree2:
		c.skip(6)
	default:
		return c.errorf("%w: chunks under an index of type %d", ErrNotSupported, l.index)
	}
	l.addr = c.addr()
	return c.err
}
