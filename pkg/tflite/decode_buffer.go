package tflite

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// region is a part of the file, from inclusive to exclusive.
type region struct{ from, to int64 }

// buffer is an entry of the buffers table.
type buffer struct {
	data []byte // nil if empty
	used bool   // by a tensor
}

func (d *decoder) loadBuffers() error {
	d.buffers = make([]buffer, d.root.BuffersLength())
	for i := range d.buffers {
		var b schema.Buffer
		d.root.Buffers(&b, i)
		data := b.DataBytes()
		if len(data) == 0 {
			var err error
			if data, err = d.outside(b.Offset(), b.Size()); err != nil {
				return fmt.Errorf("buffer %d: %w", i, err)
			}
		}
		if len(data) > 0 {
			d.buffers[i].data = slices.Clip(data)
		}
	}
	return nil
}

// outside returns the bytes that a file stores by their offset from its start, and notes the region. Offsets 0 and 1 mean that there are none.
func (d *decoder) outside(offset, size uint64) ([]byte, error) {
	if offset <= 1 || size == 0 {
		return nil, nil
	}
	if n := uint64(len(d.file)); offset > n || size > n-offset {
		return nil, fmt.Errorf("%d bytes at offset %d are not inside of a file of %d", size, offset, n)
	}
	d.regions = append(d.regions, region{int64(offset), int64(offset + size)})
	return d.file[offset : offset+size : offset+size], nil
}

// content returns the bytes of buffer i, aligned for elements of type t. Tensors that share a buffer share the result.
func (d *decoder) content(i int, t tensor.DType) ([]byte, error) {
	data := d.buffers[i].data
	d.buffers[i].used = true
	aligned := tensor.Aligned(t, data)
	if len(data) > 0 && &aligned[0] != &data[0] {
		if d.copied += int64(len(data)); d.copied > 2*int64(len(d.file)) {
			return nil, fmt.Errorf("buffer %d: overlaps with too many others", i)
		}
		d.buffers[i].data = aligned
	}
	return aligned, nil
}
