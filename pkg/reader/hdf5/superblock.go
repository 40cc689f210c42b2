package hdf5

import (
	"errors"
	"fmt"
	"io"
)

const signature = "\x89HDF\r\n\x1a\n"

// readSuperblock finds and reads the superblock, and returns the address of the root group's header.
func (f *File) readSuperblock() (root uint64, err error) {
	if f.base, err = f.findSignature(); err != nil {
		return 0, err
	}
	// Longer than any superblock up to the address of the root.
	b := make([]byte, min(f.size-f.base, 128))
	if err := f.readAt(b, f.base); err != nil {
		return 0, fmt.Errorf("superblock: %w", err)
	}
	c := cursor{f: f, b: b, at: f.base, what: "superblock"}
	c.skip(len(signature))
	version := c.u8()
	switch version {
	case 0, 1:
		c.skip(4)
		f.offsetSize, f.lengthSize = c.u8(), c.u8()
		c.skip(1 + 2 + 2 + 4)
		if version == 1 {
			c.skip(4)
		}
	case 2, 3:
		f.offsetSize, f.lengthSize = c.u8(), c.u8()
		c.skip(1)
	default:
		return 0, c.errorf("%w: version %d", ErrNotSupported, version)
	}
	for _, n := range []int{f.offsetSize, f.lengthSize} {
		if n != 4 && n != 8 && c.err == nil {
			return 0, c.errorf("%w: addresses or lengths of %d bytes", ErrNotSupported, n)
		}
	}
	base := c.addr()
	c.addr() // free space, or the superblock's extension
	end := c.addr()
	if version < 2 {
		c.addr() // driver information
		c.addr() // the root's name
	}
	root = c.addr()
	if c.err != nil {
		return 0, c.err
	}
	if version >= 2 {
		if c.skip(4); c.err != nil {
			return 0, c.err
		}
		if err := f.checksum(b[:c.pos], c.what, c.at); err != nil {
			return 0, err
		}
	}
	// The end is an address in the file as it was written, where the superblock was at base.
	if have := uint64(f.size-f.base) + base; end > have && end != undefined {
		return 0, fmt.Errorf("the file is truncated: its superblock says %d bytes, there are %d", end, have)
	}
	return root, nil
}

// findSignature looks at 0, 512, 1024, 2048, …, where a superblock may be.
func (f *File) findSignature() (int64, error) {
	var b [len(signature)]byte
	for at := int64(0); at <= f.size-int64(len(b)); at = max(512, 2*at) {
		if _, err := f.r.ReadAt(b[:], at); err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("superblock: %w", err)
		}
		if string(b[:]) == signature {
			return at, nil
		}
	}
	return 0, errors.New("not an HDF5 file: it has no signature")
}
