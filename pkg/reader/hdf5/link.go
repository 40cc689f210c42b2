package hdf5

import (
	"fmt"
)

// The types of links.
const (
	linkHard     = 0
	linkSoft     = 1
	linkExternal = 64
)

// link reads a link message.
func (s *scan) link(m message, add func(string, link) error) error {
	c := m.cursor(s.File, "link")
	if m.shared {
		return c.errorf("%w: a shared link", ErrNotSupported)
	}
	if v := c.u8(); v != 1 {
		return c.errorf("%w: version %d", ErrNotSupported, v)
	}
	flags := c.u8()
	typ := linkHard
	if flags&8 != 0 {
		typ = c.u8()
	}
	if flags&4 != 0 {
		c.skip(8) // order of creation
	}
	if flags&16 != 0 {
		c.skip(1) // character set
	}
	name := string(c.take(int(c.uint(1 << (flags & 3)))))
	var to link
	switch typ {
	case linkHard:
		to.addr = c.addr()
	case linkSoft:
		if to.soft = string(c.take(c.u16())); to.soft == "" && c.err == nil {
			return c.errorf("soft link %q has no target", name)
		}
	case linkExternal:
		to.other = "a link to another file"
	default:
		to.other = fmt.Sprintf("a link of type %d", typ)
	}
	if c.err != nil {
		return c.err
	}
	return add(name, to)
}

// denseLinks reads the links of a fractal heap, in the order of the B-tree that indexes them.
func (s *scan) denseLinks(m message, add func(string, link) error) error {
	c := m.cursor(s.File, "link info")
	c.skip(1)
	if flags := c.u8(); flags&1 != 0 {
		c.skip(8)
	}
	heap, tree := c.addr(), c.addr()
	if c.err != nil || heap == undefined {
		return c.err
	}
	h, err := s.fractalHeap(heap)
	if err != nil {
		return err
	}
	return s.records(tree, func(r *cursor) error {
		r.skip(4) // the name's hash
		id := r.take(7)
		if r.err != nil {
			return r.err
		}
		m, err := h.object(id)
		if err != nil {
			return err
		}
		return s.link(m, add)
	})
}
