package hdf5

import "math/bits"

const (
	tree2Overhead = 4 + 1 + 1 + 4 // a node's signature, version, type, checksum
	maxTree2Depth = 64
)

// tree2 is a B-tree of version 2: records of one size in nodes of one size.
type tree2 struct {
	*scan
	record    int
	countSize int   // bytes of a child's number of records
	totalSize []int // by a child's depth: bytes of the number of records below and in it
	visit     func(record *cursor) error
}

// records walks a B-tree of version 2 and visits its records in order.
func (s *scan) records(addr uint64, visit func(record *cursor) error) error {
	c, err := s.sealed(addr, uint64(4+1+1+4+2+2+1+1+s.offsetSize+2+s.lengthSize+4), "BTHD", "B-tree header")
	if err != nil {
		return err
	}
	c.skip(2)
	node, record, depth := c.u32(), c.u16(), c.u16()
	c.skip(2)
	root, count := c.addr(), c.u16()
	if c.err != nil {
		return c.err
	}
	if root == undefined {
		return nil
	}
	if record == 0 || node < tree2Overhead+record || depth > maxTree2Depth {
		return c.errorf("nodes of %d bytes, records of %d, depth %d", node, record, depth)
	}
	t := &tree2{scan: s, record: record, visit: visit}
	most := uint64((node - tree2Overhead) / record)
	t.countSize = sizeOf(most)
	t.totalSize = []int{0}
	for total := most; len(t.totalSize) <= depth; {
		pointer := s.offsetSize + t.countSize + t.totalSize[len(t.totalSize)-1]
		inner := max(0, node-tree2Overhead-pointer) / (record + pointer)
		high, low := bits.Mul64(uint64(inner)+1, total)
		if total = low + uint64(inner); high != 0 || total < low {
			return c.errorf("depth %d is too much for nodes of %d bytes", depth, node)
		}
		t.totalSize = append(t.totalSize, sizeOf(total))
	}
	return t.node(root, count, depth)
}

// sizeOf returns how many bytes a number takes, at least one.
func sizeOf(n uint64) int { return max(1, (bits.Len64(n)+7)/8) }

func (t *tree2) node(addr uint64, count, depth int) error {
	signature := "BTLF"
	n := tree2Overhead + count*t.record
	pointer := 0
	if depth > 0 {
		signature = "BTIN"
		pointer = t.offsetSize + t.countSize + t.totalSize[depth-1]
		n += (count + 1) * pointer
	}
	c, err := t.sealed(addr, uint64(n), signature, "B-tree node")
	if err != nil {
		return err
	}
	c.skip(2)
	first := c.pos
	c.skip(count * t.record)
	for i := range count + 1 {
		if depth > 0 {
			child, below := c.addr(), int(c.uint(t.countSize))
			c.skip(t.totalSize[depth-1])
			if c.err != nil {
				return c.err
			}
			if err := t.node(child, below, depth-1); err != nil {
				return err
			}
		}
		if i == count {
			break
		}
		at := first + i*t.record
		r := cursor{f: t.File, b: c.b[at : at+t.record], at: c.at + int64(at), what: "B-tree record"}
		if err := t.visit(&r); err != nil {
			return err
		}
	}
	return nil
}
