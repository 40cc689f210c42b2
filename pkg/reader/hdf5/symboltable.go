package hdf5

// The types of a symbol table's entries, by what is cached in them.
const cachedSoftLink = 2

// symbolTable reads the links of a group of the old kind: names in a local heap, entries in nodes below a B-tree.
func (s *scan) symbolTable(m message, add func(string, link) error) error {
	c := m.cursor(s.File, "symbol table")
	tree, heap := c.addr(), c.addr()
	if c.err != nil {
		return c.err
	}
	names, err := s.localHeap(heap)
	if err != nil {
		return err
	}
	return s.tree(tree, treeOfGroup, s.lengthSize, func(_ *cursor, child uint64) error {
		return s.symbols(child, names, add)
	})
}

// symbols reads one node of entries.
func (s *scan) symbols(addr uint64, names *localHeap, add func(string, link) error) error {
	const what = "symbol table node"
	c, err := s.signed(addr, 8, "SNOD", what)
	if err != nil {
		return err
	}
	c.skip(2)
	count := c.u16()
	c, err = s.block(addr+8, uint64(count*(2*s.offsetSize+24)), what)
	if err != nil {
		return err
	}
	for range count {
		nameAt := c.uint(s.offsetSize)
		to := link{addr: c.addr()}
		cached := c.u32()
		c.skip(4)
		scratch := c.take(16)
		if c.err != nil {
			return c.err
		}
		name, err := names.text(nameAt)
		if err != nil {
			return c.errorf("%w", err)
		}
		if cached == cachedSoftLink {
			v := cursor{f: s.File, b: scratch, at: c.at, what: what}
			if to.soft, err = names.text(v.uint(4)); err != nil {
				return c.errorf("soft link %q: %w", name, err)
			}
			if to.soft == "" {
				return c.errorf("soft link %q has no target", name)
			}
		}
		if err := add(name, to); err != nil {
			return c.errorf("%w", err)
		}
	}
	return nil
}
