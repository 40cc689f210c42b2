package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// undefined is the address of what doesn't exist.
const undefined = ^uint64(0)

// maxStructures bounds the bytes of structures that one call reads.
const maxStructures = 1 << 30

// readAt fills b from an offset in the file.
func (f *File) readAt(b []byte, at int64) error {
	n, err := f.r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("reading %d bytes at %d: %w", len(b), at, err)
}

// offset returns where in the file n bytes at an address are, or an error if they are not inside.
func (f *File) offset(addr, n uint64) (int64, error) {
	if addr == undefined {
		return 0, errors.New("it has no address")
	}
	if room := uint64(f.size - f.base); addr > room || n > room-addr {
		return 0, fmt.Errorf("%d bytes at address %d are not inside the file of %d", n, addr, f.size)
	}
	return f.base + int64(addr), nil
}

// checksum compares the last four bytes of a structure with those before them.
func (f *File) checksum(b []byte, what string, at int64) error {
	n := len(b) - 4
	if want, got := binary.LittleEndian.Uint32(b[n:]), lookup3(b[:n]); want != got && !f.trusting {
		return fmt.Errorf("%s at %d: its checksum is %#08x, its bytes give %#08x", what, at, want, got)
	}
	return nil
}

// scan is what one call may still read of the file's structures. Structures that don't overlap stay far below the limit, while
// those that refer to each other in circles, or many times to the same bytes, run into it.
type scan struct {
	*File
	left int64
}

func (f *File) scan() *scan {
	return &scan{File: f, left: min(4*f.size+64<<10, maxStructures)}
}

// block reads n bytes of structure. Its name and place are what errors say.
func (s *scan) block(addr, n uint64, what string) (cursor, error) {
	at, err := s.offset(addr, n)
	if err != nil {
		return cursor{}, fmt.Errorf("%s: %w", what, err)
	}
	// A structure of a few bytes costs a read, too.
	if s.left -= int64(n) + 16; s.left < 0 {
		return cursor{}, fmt.Errorf("%s at %d: structures refer to more bytes than the file can hold", what, at)
	}
	b := make([]byte, n)
	if err := s.readAt(b, at); err != nil {
		return cursor{}, fmt.Errorf("%s: %w", what, err)
	}
	return cursor{f: s.File, b: b, at: at, what: what}, nil
}

// signed reads a structure of n bytes that begins with a signature of four letters.
func (s *scan) signed(addr, n uint64, signature, what string) (cursor, error) {
	c, err := s.block(addr, n, what)
	if err != nil {
		return c, err
	}
	if got := c.take(4); string(got) != signature {
		return c, c.errorf("it begins with %q instead of %q", got, signature)
	}
	return c, nil
}

// sealed reads a signed structure whose n bytes end with a checksum.
func (s *scan) sealed(addr, n uint64, signature, what string) (cursor, error) {
	c, err := s.signed(addr, n, signature, what)
	if err != nil {
		return c, err
	}
	if err := s.checksum(c.b, what, c.at); err != nil {
		return c, err
	}
	c.b = c.b[:len(c.b)-4]
	return c, nil
}
