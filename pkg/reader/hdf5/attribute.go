package hdf5

import (
	"fmt"
	"slices"
	"strings"
)

// Attr is an attribute and its value.
type Attr struct {
	file  *File
	path  string
	name  string
	typ   datatype
	space dataspace
	data  []byte // as in the file
}

// Name returns the attribute's name.
func (a *Attr) Name() string { return a.name }

// Type returns the elements' type.
func (a *Attr) Type() Type { return a.typ.Type }

// Shape returns the dimensions, none for a scalar.
func (a *Attr) Shape() []int { return slices.Clone(a.space.shape) }

// Len returns the number of elements: 1 for a scalar, 0 for a null attribute.
func (a *Attr) Len() int { return a.space.len }

// Null reports whether the attribute has no value at all, h5py's Empty.
func (a *Attr) Null() bool { return a.space.null }

// Bytes returns the elements in C order as little-endian bytes. Strings of variable length are an error: see Strings.
func (a *Attr) Bytes() ([]byte, error) {
	if a.typ.variable {
		return nil, fmt.Errorf("%s: attribute %q: its strings are elsewhere in the file", a.path, a.name)
	}
	b := slices.Clone(a.data)
	a.typ.toLittleEndian(b)
	return b, nil
}

// Strings returns the elements in C order, each up to its end or padding. Another type than String is an error.
func (a *Attr) Strings() ([]string, error) {
	s, err := a.file.scan().strings(a.typ, a.data)
	if err != nil {
		return nil, fmt.Errorf("%s: attribute %q: %w", a.path, a.name, err)
	}
	return s, nil
}

// Text returns the one string that the attribute holds.
func (a *Attr) Text() (string, error) {
	s, err := a.Strings()
	if err != nil {
		return "", err
	}
	if len(s) != 1 {
		return "", fmt.Errorf("%s: attribute %q: want one string, it has %d", a.path, a.name, len(s))
	}
	return s[0], nil
}

// attributes finds an object's attributes, in its header and in dense storage, by name.
func (s *scan) attributes(messages []message) (map[string]message, error) {
	all := map[string]message{}
	add := func(m message) error {
		name, err := s.attrName(m)
		if err != nil {
			return err
		}
		if _, ok := all[name]; ok {
			return fmt.Errorf("attribute %q at %d: there are two of this name", name, m.at)
		}
		all[name] = m
		return nil
	}
	for _, m := range messages {
		var err error
		switch m.kind {
		case kindAttribute:
			err = add(m)
		case kindAttributeInfo:
			err = s.denseAttributes(m, add)
		default: // says other things about the object
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// denseAttributes reads the attributes of a fractal heap, in the order of the B-tree that indexes them.
func (s *scan) denseAttributes(m message, add func(message) error) error {
	c := m.cursor(s.File, "attribute info")
	c.skip(1)
	if flags := c.u8(); flags&1 != 0 {
		c.skip(2)
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
		id := r.take(8)
		shared := r.u8()&2 != 0
		if r.err != nil {
			return r.err
		}
		if shared {
			return r.errorf("%w: a shared attribute", ErrNotSupported)
		}
		m, err := h.object(id)
		if err != nil {
			return err
		}
		m.kind = kindAttribute
		return add(m)
	})
}

// attrHead is the beginning of an attribute message.
type attrHead struct {
	version, flags                  int
	nameSize, typeSize, spaceSize   int
	sharedType, sharedSpace, padded bool
}

func readAttrHead(c *cursor) (attrHead, error) {
	var h attrHead
	h.version, h.flags = c.u8(), c.u8()
	h.nameSize, h.typeSize, h.spaceSize = c.u16(), c.u16(), c.u16()
	switch h.version {
	case 1:
		h.padded = true
	case 2, 3:
		h.sharedType, h.sharedSpace = h.flags&1 != 0, h.flags&2 != 0
		c.skip(h.version - 2) // the character set
	default:
		return h, c.errorf("%w: version %d", ErrNotSupported, h.version)
	}
	return h, nil
}

// part takes a part of an attribute message, and its padding.
func (h attrHead) part(c *cursor, n int) []byte {
	b := c.take(n)
	if h.padded {
		c.skip(pad8(n) - n)
	}
	return b
}

func (s *scan) attrName(m message) (string, error) {
	c := m.cursor(s.File, "attribute")
	if m.shared {
		return "", c.errorf("%w: a shared attribute", ErrNotSupported)
	}
	h, err := readAttrHead(&c)
	if err != nil {
		return "", err
	}
	name, _, _ := strings.Cut(string(h.part(&c, h.nameSize)), "\x00")
	return name, c.err
}

func (s *scan) attr(m message) (*Attr, error) {
	c := m.cursor(s.File, "attribute")
	h, err := readAttrHead(&c)
	if err != nil {
		return nil, err
	}
	a := &Attr{file: s.File}
	a.name, _, _ = strings.Cut(string(h.part(&c, h.nameSize)), "\x00")
	typ := message{shared: h.sharedType, at: c.at + int64(c.pos)}
	typ.data = h.part(&c, h.typeSize)
	space := message{shared: h.sharedSpace, at: c.at + int64(c.pos)}
	space.data = h.part(&c, h.spaceSize)
	if c.err != nil {
		return nil, c.err
	}
	if a.typ, err = s.datatype(typ); err != nil {
		return nil, err
	}
	if a.space, err = s.dataspace(space); err != nil {
		return nil, err
	}
	n, ok := a.space.bytes(a.typ.Size)
	if !ok || n > c.left() {
		return nil, c.errorf("%v elements of %d bytes are more than the %d it has", a.space.shape, a.typ.Size, c.left())
	}
	a.data = c.take(n)
	return a, c.err
}
