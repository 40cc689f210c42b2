package hdf5

import (
	"fmt"
	"slices"
)

// Dataset is an array of elements.
type Dataset struct {
	object
	typ     datatype
	space   dataspace
	size    int // bytes of all elements
	layout  layout
	filters []filter
	fill    []byte
}

// dataset reads what is to be known of a dataset but its elements.
func (s *scan) dataset(o object) (*Dataset, error) {
	d := &Dataset{object: o}
	typ, ok1 := o.message(kindDatatype)
	space, ok2 := o.message(kindDataspace)
	lay, ok3 := o.message(kindLayout)
	if !ok1 || !ok2 || !ok3 {
		return nil, fmt.Errorf("the dataset has no datatype, dataspace or layout")
	}
	if o.has(kindExternalFiles) {
		return nil, fmt.Errorf("%w: elements in other files", ErrNotSupported)
	}
	var err error
	if d.typ, err = s.datatype(typ); err != nil {
		return nil, err
	}
	if d.space, err = s.dataspace(space); err != nil {
		return nil, err
	}
	if d.size, ok1 = d.space.bytes(d.typ.Size); !ok1 {
		return nil, fmt.Errorf("%v elements of %d bytes are too many", d.space.shape, d.typ.Size)
	}
	c := lay.cursor(s.File, "layout")
	if d.layout, err = readLayout(&c, len(d.space.shape), d.typ.Size); err != nil {
		return nil, err
	}
	if m, ok := o.message(kindFilters); ok {
		if d.filters, err = s.filters(m); err != nil {
			return nil, err
		}
	}
	d.fill, err = s.fillValue(&o, d.typ.Size)
	return d, err
}

// Type returns the elements' type.
func (d *Dataset) Type() Type { return d.typ.Type }

// Shape returns the dimensions, none for a scalar.
func (d *Dataset) Shape() []int { return slices.Clone(d.space.shape) }

// Len returns the number of elements: 1 for a scalar, 0 for a null dataset.
func (d *Dataset) Len() int { return d.space.len }

// Null reports whether the dataset has no value at all, h5py's Empty.
func (d *Dataset) Null() bool { return d.space.null }

// Size returns the number of bytes of all elements, as ReadInto takes them.
func (d *Dataset) Size() int { return d.size }

// ReadAll returns the elements in C order as little-endian bytes. A dataset that is larger than what the file can hold, since most of it
// was never written, is an error; ReadInto reads it.
func (d *Dataset) ReadAll() ([]byte, error) {
	if err := d.bounded(); err != nil {
		return nil, err
	}
	b := make([]byte, d.size)
	if err := d.ReadInto(b); err != nil {
		return nil, err
	}
	return b, nil
}

// ReadInto puts the elements into dst, of exactly Size bytes, in C order as little-endian bytes. Beside it, it takes no more memory than a
// few chunks. Strings of variable length are an error: see Strings.
func (d *Dataset) ReadInto(dst []byte) error {
	if len(dst) != d.size {
		return d.errorf("want room for %d bytes, it has %d", d.size, len(dst))
	}
	if d.typ.variable {
		return d.errorf("its strings are elsewhere in the file")
	}
	if err := d.readRaw(dst); err != nil {
		return err
	}
	d.typ.toLittleEndian(dst)
	return nil
}

// Strings returns the elements in C order, each up to its end or padding. Another type than String is an error.
func (d *Dataset) Strings() ([]string, error) {
	if d.typ.Kind != String {
		return nil, d.errorf("want strings, it holds %s", d.typ.Kind)
	}
	if err := d.bounded(); err != nil {
		return nil, err
	}
	raw := make([]byte, d.size)
	if err := d.readRaw(raw); err != nil {
		return nil, err
	}
	all, err := d.file.scan().strings(d.typ, raw)
	if err != nil {
		return nil, d.errorf("%w", err)
	}
	return all, nil
}

func (d *Dataset) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", d.path, fmt.Errorf(format, args...))
}

// smallDataset is how many bytes a dataset may have without any that are stored.
const smallDataset = 1 << 20

// bounded refuses datasets of more bytes than twice those in the file, in all the chunks it has.
func (d *Dataset) bounded() error {
	held := 0
	switch d.layout.storage {
	case contiguous:
		if d.layout.addr != undefined {
			held = d.size
			if _, err := d.file.offset(d.layout.addr, uint64(d.size)); err != nil {
				return d.errorf("%w", err)
			}
		}
	case chunked:
		if int64(d.size) <= max(smallDataset, d.file.size) {
			return nil
		}
		err := d.file.scan().chunks(d, func(c chunk) error {
			held += d.layout.chunkBytes
			return d.plausible(c)
		})
		if err != nil {
			return d.errorf("%w", err)
		}
	default: // compact: in the header, at most 64 KB
	}
	if d.size/2 > max(held, smallDataset) {
		return d.errorf("its %d bytes are far more than the %d that the file holds of it", d.size, held)
	}
	return nil
}
