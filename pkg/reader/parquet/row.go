package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"

	"github.com/parquet-go/parquet-go"
)

// ErrNull is returned for a row in which a value is missing.
var ErrNull = errors.New("a value is missing (null)")

// page is a run of rows of a column, decoded: those that are left of a page of the file from the row on that was asked for.
type page struct {
	file        *File
	leaf        int
	first, last int64 // rows of the file, [first, last)
	data        []byte
	ends        []int  // of each row in data
	null        []bool // by row; those behind its end are not
}

// size returns the memory that the page takes, in bytes.
func (p *page) size() int { return cap(p.data) + 8*cap(p.ends) + cap(p.null) }

// Row returns a row's elements: little-endian bytes of a type of numbers, or the bytes themselves, of which there must be one value. ErrNull if one is missing. The caller must
// not change them.
func (f *File) Row(c Column, row int64) (data []byte, err error) {
	defer recovered(&err)
	if row < 0 || row >= f.Rows() {
		return nil, fmt.Errorf("row %d of %d", row, f.Rows())
	}
	p, err := f.page(c, row)
	if err != nil {
		return nil, fmt.Errorf("column %s, row %d: %w", c.Path, row, err)
	}
	i := int(row - p.first)
	if i < len(p.null) && p.null[i] {
		return nil, ErrNull
	}
	from := 0
	if i > 0 {
		from = p.ends[i-1]
	}
	return p.data[from:p.ends[i]], nil
}

// page returns decoded rows with the given one among them.
func (f *File) page(c Column, row int64) (*page, error) {
	if p := f.cache.find(f, c.leaf, row); p != nil {
		return p, nil
	}
	p, err := f.decode(c, row)
	if err == nil {
		f.cache.keep(p)
	}
	return p, err
}

// decode reads rows from the given one on to the end of its page.
func (f *File) decode(c Column, row int64) (p *page, err error) {
	g := sort.Search(len(f.ends), func(i int) bool { return f.ends[i] > row })
	first := f.ends[g] - f.groups[g].NumRows()
	chunk := f.groups[g].ColumnChunks()[c.leaf]
	f.hint(chunk, g, row-first)
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	if err := pages.SeekToRow(row - first); err != nil {
		return nil, err
	}
	p = &page{file: f, leaf: c.leaf, first: row}
	index, err := chunk.OffsetIndex()
	if err := p.gather(c, pages, !c.repeated || err == nil && index != nil); err != nil {
		return nil, err
	}
	p.last = min(p.first+int64(len(p.ends)), f.ends[g])
	return p, nil
}

// gather adds the rows of the next page. Unless rows are known to end with their page, the last one may go on in those that follow.
func (p *page) gather(c Column, pages parquet.PageReader, whole bool) error {
	for len(p.ends) == 0 || !whole {
		next, err := pages.ReadPage()
		if errors.Is(err, io.EOF) && len(p.ends) > 0 {
			return nil
		}
		if err != nil {
			return noEOF(err)
		}
		more, err := p.take(c, next)
		parquet.Release(next)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// take adds a page's values. Where rows are there already it adds only what belongs to the last one, and returns false if there was more.
func (p *page) take(c Column, from parquet.Page) (more bool, err error) {
	values := from.Values()
	buffer := make([]parquet.Value, 256)
	begun := len(p.ends) > 0
	for {
		n, err := values.ReadValues(buffer)
		for _, v := range buffer[:n] {
			if v.RepetitionLevel() == 0 {
				if begun {
					return false, nil
				}
				p.ends = append(p.ends, len(p.data))
			} else if len(p.ends) == 0 {
				return false, errors.New("a page begins in the middle of a row")
			}
			if err := p.add(c, v); err != nil {
				return false, err
			}
			p.ends[len(p.ends)-1] = len(p.data)
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if n == 0 {
			return false, io.ErrNoProgress
		}
	}
}

// maxDecoded bounds a page's decoded bytes.
const maxDecoded = 1 << 30

// add appends a value to the last row.
func (p *page) add(c Column, v parquet.Value) error {
	if v.IsNull() {
		// A list that is empty is one value too, which is not defined.
		p.missing()
		return nil
	}
	le := binary.LittleEndian
	switch c.Type {
	case Bool:
		b := byte(0)
		if v.Boolean() {
			b = 1
		}
		p.data = append(p.data, b)
	case Int8, UInt8:
		p.data = append(p.data, byte(v.Int32()))
	case Int16, UInt16:
		p.data = le.AppendUint16(p.data, uint16(v.Int32()))
	case Int32, UInt32:
		p.data = le.AppendUint32(p.data, uint32(v.Int32()))
	case Int64, UInt64:
		p.data = le.AppendUint64(p.data, uint64(v.Int64()))
	case Float32:
		p.data = le.AppendUint32(p.data, math.Float32bits(v.Float()))
	case Float64:
		p.data = le.AppendUint64(p.data, math.Float64bits(v.Double()))
	case Float16:
		if len(v.ByteArray()) != 2 {
			return errors.New("a half-precision float that has not two bytes")
		}
		p.data = append(p.data, v.ByteArray()...)
	default:
		if v.RepetitionLevel() > 0 {
			return errors.New("a list of bytes: want one value in a row")
		}
		p.data = append(p.data, v.ByteArray()...)
	}
	if len(p.data) > maxDecoded {
		return fmt.Errorf("a page of more than %d bytes", maxDecoded)
	}
	return nil
}

// missing marks the last row.
func (p *page) missing() {
	for len(p.null) < len(p.ends) {
		p.null = append(p.null, false)
	}
	p.null[len(p.ends)-1] = true
}

// prefetcher is a file that can begin to read what will be wanted soon.
type prefetcher interface{ Prefetch(offset, n int64) bool }

// maxHint bounds what is asked for ahead, in bytes.
const maxHint = 8 << 20

// hint has a row's page and the next one prefetched, or, without an index, what the group holds of the column.
func (f *File) hint(chunk parquet.ColumnChunk, group int, row int64) {
	ahead, ok := f.r.(prefetcher)
	if !ok {
		return
	}
	if index, err := chunk.OffsetIndex(); err == nil && index != nil {
		i := sort.Search(index.NumPages(), func(i int) bool { return index.FirstRowIndex(i) > row }) - 1
		for k := max(i, 0); k < min(i+2, index.NumPages()); k++ {
			ahead.Prefetch(index.Offset(k), min(index.CompressedPageSize(k), maxHint))
		}
		return
	}
	columns := f.file.Metadata().RowGroups[group].Columns
	if c := chunk.Column(); c < len(columns) {
		meta := columns[c].MetaData
		ahead.Prefetch(meta.DataPageOffset, min(meta.TotalCompressedSize, maxHint))
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
