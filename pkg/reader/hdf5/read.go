package hdf5

import "fmt"

// readRaw puts the elements into dst as they are in the file, and the fill value where there are none.
func (d *Dataset) readRaw(dst []byte) error {
	if len(dst) == 0 {
		return nil
	}
	switch l := &d.layout; l.storage {
	case compact:
		if len(l.data) < len(dst) {
			return d.errorf("%d bytes are in the header instead of %d", len(l.data), len(dst))
		}
		copy(dst, l.data)
	case contiguous:
		if l.addr == undefined {
			fill(dst, d.fill)
			return nil
		}
		at, err := d.file.offset(l.addr, uint64(len(dst)))
		if err == nil {
			err = d.file.readAt(dst, at)
		}
		if err != nil {
			return d.errorf("elements: %w", err)
		}
	default:
		fill(dst, d.fill)
		p := newPipeline(d.filters, l.chunkBytes)
		b := newBox(d)
		err := d.file.scan().chunks(d, func(c chunk) error {
			data, err := d.readChunk(p, c)
			if err != nil {
				return fmt.Errorf("chunk %v at address %d: %w", c.at, c.addr, err)
			}
			b.place(dst, data, c.at)
			return nil
		})
		if err != nil {
			return d.errorf("%w", err)
		}
	}
	return nil
}

// readChunk reads a chunk and undoes its filters. The result is valid until the next call.
func (d *Dataset) readChunk(p *pipeline, c chunk) ([]byte, error) {
	if err := d.plausible(c); err != nil {
		return nil, err
	}
	at, err := d.file.offset(c.addr, c.size)
	if err != nil {
		return nil, err
	}
	if err := d.file.readAt(p.input(int(c.size)), at); err != nil {
		return nil, err
	}
	data := p.current
	if len(d.filters) > 0 && !d.unfiltered(c) {
		if data, err = p.undo(c.mask); err != nil {
			return nil, err
		}
	}
	if len(data) != d.layout.chunkBytes {
		return nil, fmt.Errorf("it has %d bytes instead of %d", len(data), d.layout.chunkBytes)
	}
	return data, nil
}

// unfiltered reports whether a chunk sticks out over the dataset's edge and is stored as it is for that reason.
func (d *Dataset) unfiltered(c chunk) bool {
	if !d.layout.wholeAtEdges {
		return false
	}
	for i, n := range d.layout.chunk {
		if (c.at[i]+1)*n > d.space.shape[i] {
			return true
		}
	}
	return false
}

// plausible refuses chunks that are not in the file, or can't become what they should.
func (d *Dataset) plausible(c chunk) error {
	if _, err := d.file.offset(c.addr, c.size); err != nil {
		return err
	}
	want := uint64(d.layout.chunkBytes)
	switch {
	case len(d.filters) == 0 && c.size != want:
		return fmt.Errorf("it is stored in %d bytes instead of %d", c.size, want)
	case c.size < want/maxRatio, c.size/2 > want+1<<10:
		return fmt.Errorf("%d stored bytes can't be those of %d", c.size, want)
	}
	return nil
}

// box puts chunks into a dataset's elements.
type box struct {
	shape, chunk []int
	to, from     []int // bytes between neighbors along each dimension, in the dataset and in a chunk
	whole        int   // the last dimension along which a chunk is not as long as the dataset; behind it all is in one piece
}

func newBox(d *Dataset) *box {
	rank := len(d.space.shape)
	b := &box{shape: d.space.shape, chunk: d.layout.chunk, to: make([]int, rank), from: make([]int, rank)}
	to, from := d.typ.Size, d.typ.Size
	for i := rank - 1; i >= 0; i-- {
		b.to[i], b.from[i] = to, from
		to *= b.shape[i]
		from *= b.chunk[i]
	}
	b.whole = rank - 1
	for b.whole > 0 && b.shape[b.whole] == b.chunk[b.whole] {
		b.whole--
	}
	return b
}

// place copies the part of a chunk that is inside the dataset.
func (b *box) place(dst, chunk []byte, at []int) { b.copy(dst, chunk, at, 0) }

func (b *box) copy(dst, src []byte, at []int, i int) {
	first := at[i] * b.chunk[i]
	n := min(b.chunk[i], b.shape[i]-first)
	dst = dst[first*b.to[i]:]
	if i == b.whole {
		copy(dst[:n*b.to[i]], src)
		return
	}
	for k := range n {
		b.copy(dst[k*b.to[i]:], src[k*b.from[i]:], at, i+1)
	}
}
