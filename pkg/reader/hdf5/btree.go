package hdf5

// The types of B-trees of version 1.
const (
	treeOfGroup  = 0
	treeOfChunks = 1
)

// tree walks a B-tree of version 1, and calls leaf for every child of its lowest nodes, in order, with the key before it.
func (s *scan) tree(addr uint64, typ, keySize int, leaf func(key *cursor, child uint64) error) error {
	if addr == undefined {
		return nil
	}
	return s.treeNode(addr, typ, keySize, -1, leaf)
}

// treeNode walks a node and what is below it. Levels get smaller, which bounds the depth; -1 is any level.
func (s *scan) treeNode(addr uint64, typ, keySize, level int, leaf func(key *cursor, child uint64) error) error {
	const what = "B-tree node"
	c, err := s.signed(addr, uint64(8+2*s.offsetSize), "TREE", what)
	if err != nil {
		return err
	}
	gotType, gotLevel, count := c.u8(), c.u8(), c.u16()
	if gotType != typ {
		return c.errorf("its type is %d instead of %d", gotType, typ)
	}
	if level >= 0 && gotLevel != level {
		return c.errorf("its level is %d instead of %d", gotLevel, level)
	}
	front := uint64(len(c.b))
	c, err = s.block(addr+front, uint64(count*(keySize+s.offsetSize)), what)
	if err != nil {
		return err
	}
	for range count {
		key := cursor{f: s.File, at: c.at + int64(c.pos), what: "B-tree key"}
		key.b = c.take(keySize)
		child := c.addr()
		if c.err != nil {
			return c.err
		}
		if gotLevel == 0 {
			err = leaf(&key, child)
		} else {
			err = s.treeNode(child, typ, keySize, gotLevel-1, leaf)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
