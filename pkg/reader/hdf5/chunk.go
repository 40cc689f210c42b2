package hdf5

import (
	"fmt"
	"math"
	"math/bits"
)

// chunk is where the elements of one box of a dataset are.
type chunk struct {
	at   []int // the box's number along each dimension
	addr uint64
	size uint64 // stored bytes
	mask uint32 // filters that were left out
}

// chunks calls visit for every chunk that the file holds, in the order of the index. The chunk's at is reused.
func (s *scan) chunks(d *Dataset, visit func(chunk) error) error {
	l := &d.layout
	if l.addr == undefined {
		return nil
	}
	g := newGrid(d)
	if g.places == 0 {
		return nil
	}
	left := g.places
	found := func(c chunk) error {
		for i, n := range g.counts {
			if c.at[i] < 0 || c.at[i] >= n {
				return nil // outside of the dataset, which has been made smaller
			}
		}
		if left--; left < 0 {
			return fmt.Errorf("its index has more chunks than the %d there is room for", g.places)
		}
		return visit(c)
	}
	switch l.index {
	case indexSingle:
		c := chunk{at: make([]int, len(g.counts)), addr: l.addr, size: uint64(l.chunkBytes)}
		if l.singleFiltered {
			c.size, c.mask = l.singleSize, l.singleMask
		}
		return found(c)
	case indexImplicit:
		return s.implicitChunks(l, g, found)
	case indexFixed:
		return s.fixedArray(l, g, found)
	case indexExtensible:
		return s.extensibleArray(d, g, found)
	case indexTree2:
		return s.tree2Chunks(l, g, found)
	default:
		return s.tree1Chunks(l, found)
	}
}

// grid is how chunks are numbered.
type grid struct {
	counts []int    // chunks along each dimension
	places int      // product of counts, or the largest int
	max    []uint64 // chunks that there may be along each dimension
	order  []int    // dimensions, the slowest first
}

func newGrid(d *Dataset) grid {
	g := grid{places: 1}
	for i, n := range d.space.shape {
		count := n / d.layout.chunk[i]
		if n%d.layout.chunk[i] != 0 {
			count++
		}
		g.counts = append(g.counts, count)
		high, low := bits.Mul64(uint64(g.places), uint64(count))
		if g.places = int(low); high != 0 || low > math.MaxInt {
			g.places = math.MaxInt
		}
		size := uint64(d.layout.chunk[i])
		most := d.space.max[i] / size
		if d.space.max[i]%size != 0 {
			most++
		}
		g.max = append(g.max, most)
		g.order = append(g.order, i)
	}
	return g
}

// growFirst makes a dimension the slowest. It is what an extensible array does with the one that has no limit.
func (g *grid) growFirst(dimension int) {
	copy(g.order[1:dimension+1], g.order[:dimension])
	g.order[0] = dimension
}

// place sets at to the chunk of a number in an array over the dataset's maximal shape. It returns false if there is no such chunk.
func (g grid) place(number uint64, at []int) bool {
	for k := len(g.order) - 1; k > 0; k-- {
		i := g.order[k]
		if g.max[i] == 0 {
			return false
		}
		at[i] = int(number % g.max[i])
		number /= g.max[i]
	}
	at[g.order[0]] = int(min(number, math.MaxInt))
	return at[g.order[0]] < g.counts[g.order[0]]
}

// implicitChunks are one behind the other, all of them.
func (s *scan) implicitChunks(l *layout, g grid, found func(chunk) error) error {
	at := make([]int, len(g.counts))
	size := uint64(l.chunkBytes)
	for number := uint64(0); g.place(number, at); number++ {
		high, offset := bits.Mul64(number, size)
		if _, err := s.offset(l.addr, offset); high != 0 || err != nil {
			return err
		}
		if err := found(chunk{at: at, addr: l.addr + offset, size: size}); err != nil {
			return err
		}
	}
	return nil
}

// tree1Chunks are below a B-tree of version 1. Its keys hold the stored size, the mask, and the first element's place.
func (s *scan) tree1Chunks(l *layout, found func(chunk) error) error {
	at := make([]int, len(l.chunk))
	return s.tree(l.addr, treeOfChunks, 8+8*(len(at)+1), func(key *cursor, child uint64) error {
		c := chunk{at: at, addr: child, size: key.uint(4), mask: uint32(key.uint(4))}
		for i := range at {
			first := key.uint(8)
			if size := uint64(l.chunk[i]); first%size != 0 {
				return key.errorf("a chunk at element %d of dimension %d, chunks have %d", first, i, size)
			}
			at[i] = int(first / uint64(l.chunk[i]))
		}
		if key.err != nil {
			return key.err
		}
		return found(c)
	})
}

// tree2Chunks are below a B-tree of version 2. If they are filtered, its records hold the stored size and the mask.
func (s *scan) tree2Chunks(l *layout, g grid, found func(chunk) error) error {
	at := make([]int, len(g.counts))
	return s.records(l.addr, func(r *cursor) error {
		c := chunk{at: at, addr: r.addr(), size: uint64(l.chunkBytes)}
		if n := r.left() - 8*len(at); n > 4 {
			c.size, c.mask = r.uint(n-4), uint32(r.uint(4))
		}
		for i := range at {
			at[i] = int(min(r.uint(8), math.MaxInt))
		}
		if r.err != nil {
			return r.err
		}
		return found(c)
	})
}
