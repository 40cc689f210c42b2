package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The numbers under which filters are registered.
const (
	filterDeflate    = 1
	filterShuffle    = 2
	filterFletcher32 = 3
	filterLZF        = 32000
)

var filterNames = map[int]string{4: "szip", 5: "nbit", 6: "scale-offset", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle", 32015: "Zstandard"}

// maxRatio is what a byte of a chunk may become: deflate and LZF can't do more.
const maxRatio = 1032

// filter is a step that chunks went through when they were written.
type filter struct {
	id   int
	size int // shuffle's size of elements
}

// filters reads a pipeline, in the order of writing.
func (s *scan) filters(m message) ([]filter, error) {
	c := m.cursor(s.File, "filters")
	if m.shared {
		return nil, c.errorf("%w: a shared pipeline", ErrNotSupported)
	}
	version, count := c.u8(), c.u8()
	switch version {
	case 1:
		c.skip(6)
	case 2:
	default:
		return nil, c.errorf("%w: version %d", ErrNotSupported, version)
	}
	var all []filter
	for range count {
		f := filter{id: c.u16()}
		name := 0
		if version == 1 || f.id >= 256 {
			name = c.u16()
		}
		c.skip(2)
		values := c.u16()
		if version == 1 {
			name = pad8(name)
		}
		c.skip(name)
		for i := range values {
			if v := c.u32(); i == 0 {
				f.size = v
			}
		}
		if version == 1 && values%2 != 0 {
			c.skip(4)
		}
		if c.err != nil {
			return nil, c.err
		}
		switch f.id {
		case filterDeflate, filterShuffle, filterFletcher32, filterLZF:
		default:
			return nil, c.errorf("%w: filter %d %s", ErrNotSupported, f.id, filterNames[f.id])
		}
		all = append(all, f)
	}
	return all, nil
}

// pipeline undoes filters. It keeps its memory from chunk to chunk: two buffers that a chunk fits in.
type pipeline struct {
	filters []filter
	limit   int    // bytes that a chunk may have between two filters
	current []byte // the chunk
	spare   []byte
	zlib    io.ReadCloser
}

func newPipeline(filters []filter, chunkBytes int) *pipeline {
	return &pipeline{filters: filters, limit: chunkBytes + 4*len(filters)}
}

// input makes current a buffer of n bytes, for a chunk as it is stored.
func (p *pipeline) input(n int) []byte {
	if cap(p.current) < n {
		p.current = make([]byte, n)
	}
	p.current = p.current[:n]
	return p.current
}

// undo turns current into what it was before it was filtered, and returns it. Bit i of mask says that filter i was left out.
func (p *pipeline) undo(mask uint32) ([]byte, error) {
	for i, f := range slices.Backward(p.filters) {
		b := p.current
		if i < 32 && mask>>i&1 != 0 {
			continue
		}
		switch f.id {
		case filterFletcher32:
			n := len(b) - 4
			if n < 0 {
				return nil, fmt.Errorf("%d bytes have no room for fletcher32's sum", len(b))
			}
			if want, got := binary.LittleEndian.Uint32(b[n:]), fletcher32(b[:n]); want != got {
				return nil, fmt.Errorf("fletcher32: the chunk's sum is %#08x, its bytes give %#08x", want, got)
			}
			p.current = b[:n]
			continue
		case filterShuffle:
			unshuffle(p.room(len(b)), b, f.size)
		case filterDeflate:
			n, err := p.inflate(b)
			if err != nil {
				return nil, fmt.Errorf("deflate: %w", err)
			}
			p.spare = p.spare[:n]
		case filterLZF:
			out, err := unLZF(p.room(p.limit)[:0], b, p.limit)
			if err != nil {
				return nil, fmt.Errorf("LZF: %w", err)
			}
			p.spare = out
		}
		p.current, p.spare = p.spare, p.current
	}
	return p.current, nil
}

func (p *pipeline) room(n int) []byte {
	if cap(p.spare) < n {
		p.spare = make([]byte, n)
	}
	p.spare = p.spare[:n]
	return p.spare
}

// inflate decompresses into spare, and returns how many bytes came out.
func (p *pipeline) inflate(b []byte) (int, error) {
	var err error
	if p.zlib == nil {
		p.zlib, err = zlib.NewReader(bytes.NewReader(b))
	} else {
		err = p.zlib.(zlib.Resetter).Reset(bytes.NewReader(b), nil)
	}
	if err != nil {
		return 0, err
	}
	// The end must come, and with it the check of the stream's own sum.
	out := p.room(p.limit)
	n := 0
	for {
		if n == len(out) {
			var more [1]byte
			switch k, err := p.zlib.Read(more[:]); {
			case k > 0:
				return 0, fmt.Errorf("more than %d bytes come out", len(out))
			case errors.Is(err, io.EOF):
				return n, nil
			case err != nil:
				return 0, err
			}
			continue
		}
		k, err := p.zlib.Read(out[n:])
		n += k
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// unshuffle puts the bytes of elements together again: b holds all first bytes, then all second ones. What is left over stays at the end.
func unshuffle(out, b []byte, size int) {
	if size <= 1 || size > len(b) {
		copy(out, b)
		return
	}
	n := len(b) / size
	for j := range size {
		for k, v := range b[j*n : (j+1)*n] {
			out[k*size+j] = v
		}
	}
	copy(out[n*size:], b[n*size:])
}

// fletcher32 sums words of two bytes, the first of them the high one, and an odd byte at the end as a high byte.
func fletcher32(b []byte) uint32 {
	var s1, s2 uint32
	for len(b) > 0 {
		// 360 words don't overflow the sums.
		part := b[:min(len(b), 720)]
		b = b[len(part):]
		for ; len(part) >= 2; part = part[2:] {
			s1 += uint32(part[0])<<8 | uint32(part[1])
			s2 += s1
		}
		if len(part) == 1 {
			s1 += uint32(part[0]) << 8
			s2 += s1
		}
		s1, s2 = s1&0xffff+s1>>16, s2&0xffff+s2>>16
	}
	s1, s2 = s1&0xffff+s1>>16, s2&0xffff+s2>>16
	return s2<<16 | s1
}
