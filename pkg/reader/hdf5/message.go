package hdf5

// kind is a header message's type.
type kind uint16

const (
	kindDataspace     kind = 0x01
	kindLinkInfo      kind = 0x02
	kindDatatype      kind = 0x03
	kindOldFill       kind = 0x04
	kindFill          kind = 0x05
	kindLink          kind = 0x06
	kindExternalFiles kind = 0x07
	kindLayout        kind = 0x08
	kindGroupInfo     kind = 0x0a
	kindFilters       kind = 0x0b
	kindAttribute     kind = 0x0c
	kindContinuation  kind = 0x10
	kindSymbolTable   kind = 0x11
	kindAttributeInfo kind = 0x15
)

// message is one of the messages that an object header consists of.
type message struct {
	kind   kind
	shared bool // the data say where the message is
	data   []byte
	at     int64 // of data in the file
}

func (m message) cursor(f *File, what string) cursor {
	return cursor{f: f, b: m.data, at: m.at, what: what}
}

// header reads the messages of the object header at an address.
func (s *scan) header(addr uint64) ([]message, error) {
	c, err := s.block(addr, 4, "object header")
	if err != nil {
		return nil, err
	}
	if string(c.b) == "OHDR" {
		return s.header2(addr)
	}
	if c.b[0] != 1 {
		return nil, c.errorf("it is neither of version 1 nor of version 2")
	}
	return s.header1(addr)
}

// extent is a piece of an object header.
type extent struct{ addr, size uint64 }

func (s *scan) header1(addr uint64) ([]message, error) {
	c, err := s.block(addr, 16, "object header")
	if err != nil {
		return nil, err
	}
	c.skip(2)
	count := c.u16()
	c.skip(4)
	size := c.uint(4)
	var messages []message
	for pending := []extent{{addr + 16, size}}; len(pending) > 0; pending = pending[1:] {
		c, err := s.block(pending[0].addr, pending[0].size, "object header")
		if err != nil {
			return nil, err
		}
		for ; count > 0 && c.left() >= 8; count-- {
			m := message{kind: kind(c.u16())}
			n := c.u16()
			m.shared = c.u8()&2 != 0
			c.skip(3)
			m.at = c.at + int64(c.pos)
			m.data = c.take(n)
			if c.err != nil {
				return nil, c.err
			}
			if messages, pending, err = s.add(messages, pending, m); err != nil {
				return nil, err
			}
		}
	}
	return messages, nil
}

func (s *scan) header2(addr uint64) ([]message, error) {
	const what = "object header"
	// The longest prefix: signature, version, flags, four times, two limits, size of 8 bytes.
	c, err := s.signed(addr, min(4+1+1+16+4+8, uint64(s.size-s.base)-addr), "OHDR", what)
	if err != nil {
		return nil, err
	}
	if v := c.u8(); v != 2 {
		return nil, c.errorf("%w: version %d", ErrNotSupported, v)
	}
	flags := c.u8()
	if flags&0x20 != 0 {
		c.skip(16)
	}
	if flags&0x10 != 0 {
		c.skip(4)
	}
	size := c.uint(1 << (flags & 3))
	if c.err != nil {
		return nil, c.err
	}
	prefix := c.pos
	if _, err := s.offset(addr, size); err != nil {
		return nil, c.errorf("%w", err)
	}
	c, err = s.sealed(addr, uint64(prefix)+size+4, "OHDR", what)
	if err != nil {
		return nil, err
	}
	c.pos = prefix
	var messages []message
	var pending []extent
	for {
		for front := 4 + flags>>2&1*2; c.left() >= front; {
			m := message{kind: kind(c.u8())}
			n := c.u16()
			m.shared = c.u8()&2 != 0
			c.skip(front - 4)
			m.at = c.at + int64(c.pos)
			m.data = c.take(n)
			if c.err != nil {
				return nil, c.err
			}
			if messages, pending, err = s.add(messages, pending, m); err != nil {
				return nil, err
			}
		}
		if len(pending) == 0 {
			return messages, nil
		}
		if pending[0].size < 8 {
			return nil, c.errorf("its continuation has %d bytes", pending[0].size)
		}
		if c, err = s.sealed(pending[0].addr, pending[0].size, "OCHK", what); err != nil {
			return nil, err
		}
		pending = pending[1:]
	}
}

// add files a message, or the piece of the header that it points to.
func (s *scan) add(messages []message, pending []extent, m message) ([]message, []extent, error) {
	if m.kind != kindContinuation {
		return append(messages, m), pending, nil
	}
	c := m.cursor(s.File, "header continuation")
	pending = append(pending, extent{c.addr(), c.length()})
	return messages, pending, c.err
}
