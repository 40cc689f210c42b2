package hdf5

import (
	"bytes"
	"fmt"
	"math"
)

// cursor reads the fields of one structure. The first read behind its end sets err, and reads give zeros from there on.
type cursor struct {
	f    *File
	b    []byte
	pos  int
	at   int64  // of b in the file
	what string // the structure's name
	err  error
}

// errorf makes an error that says which structure it is about, and where it is.
func (c *cursor) errorf(format string, args ...any) error {
	return fmt.Errorf("%s at %d: %w", c.what, c.at, fmt.Errorf(format, args...))
}

func (c *cursor) left() int { return len(c.b) - c.pos }

func (c *cursor) take(n int) []byte {
	if c.err == nil && (n < 0 || n > c.left()) {
		c.err = c.errorf("a field of %d bytes at its byte %d goes beyond its end at %d", n, c.pos, len(c.b))
	}
	if c.err != nil {
		return nil
	}
	b := c.b[c.pos : c.pos+n]
	c.pos += n
	return b
}

func (c *cursor) skip(n int) { c.take(n) }

// uint reads an unsigned number of 0 to 8 bytes.
func (c *cursor) uint(n int) uint64 {
	if n > 8 {
		c.take(math.MaxInt)
		return 0
	}
	var v uint64
	for i, b := range c.take(n) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

func (c *cursor) u8() int  { return int(c.uint(1)) }
func (c *cursor) u16() int { return int(c.uint(2)) }
func (c *cursor) u32() int { return int(c.uint(4)) }

// length reads a number of as many bytes as the superblock says.
func (c *cursor) length() uint64 { return c.uint(c.f.lengthSize) }

// addr reads an address. Of whatever size it is, all ones are undefined.
func (c *cursor) addr() uint64 {
	v := c.uint(c.f.offsetSize)
	if c.f.offsetSize < 8 && v == 1<<(8*c.f.offsetSize)-1 {
		return undefined
	}
	return v
}

// text reads up to a zero byte, which it skips.
func (c *cursor) text() string {
	if c.err != nil {
		return ""
	}
	n := bytes.IndexByte(c.b[c.pos:], 0)
	if n < 0 {
		c.err = c.errorf("a name at its byte %d has no end", c.pos)
		return ""
	}
	return string(c.take(n + 1)[:n])
}
