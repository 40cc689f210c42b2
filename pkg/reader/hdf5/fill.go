package hdf5

// fillValue returns the bytes of the element that stands for those that were never written, nil for zeros.
func (s *scan) fillValue(o *object, size int) ([]byte, error) {
	m, ok := o.message(kindFill)
	old, oldOK := o.message(kindOldFill)
	if !ok && !oldOK {
		return nil, nil
	}
	c := m.cursor(s.File, "fill value")
	defined := true
	if !ok {
		m = old
		c = m.cursor(s.File, "fill value")
	} else {
		switch version := c.u8(); version {
		case 1:
			c.skip(3)
		case 2:
			c.skip(2)
			defined = c.u8() != 0
		case 3:
			defined = c.u8()&0x20 != 0
		default:
			return nil, c.errorf("%w: version %d", ErrNotSupported, version)
		}
	}
	if m.shared {
		return nil, c.errorf("%w: a shared fill value", ErrNotSupported)
	}
	if !defined || c.err != nil {
		return nil, c.err
	}
	n := c.u32()
	v := c.take(n)
	if c.err != nil || n == 0 || n == 1<<32-1 || isZero(v) {
		return nil, c.err
	}
	if n != size {
		return nil, c.errorf("it has %d bytes, the elements have %d", n, size)
	}
	return v, nil
}

// fill fills dst with copies of v, or with zeros.
func fill(dst, v []byte) {
	if v == nil {
		clear(dst)
		return
	}
	for n := copy(dst, v); n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}
