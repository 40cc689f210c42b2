// Package parquet reads the columns of Parquet files that can feed models: numbers, lists of numbers, and bytes.
package parquet

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// Type is the type of a column's elements, as in NumPy: a kind and a size in bytes. Bytes are encoded pictures, text, and whatever else has no type of numbers.
type Type string

// The types of elements.
const (
	Float16 Type = "f2"
	Float32 Type = "f4"
	Float64 Type = "f8"
	Int8    Type = "i1"
	Int16   Type = "i2"
	Int32   Type = "i4"
	Int64   Type = "i8"
	UInt8   Type = "u1"
	UInt16  Type = "u2"
	UInt32  Type = "u4"
	UInt64  Type = "u8"
	Bool    Type = "b1"
	Bytes   Type = "bytes"
)

// Column is a column of plain values, or of lists of them, however deep.
type Column struct {
	Path string // its names from the top, with dots between them: "image.bytes", "x.list.element"
	Name string // as people name it: without what only spells out that it is a list
	Type Type

	leaf     int
	repeated bool
}

// File is a file that is open. It is safe for concurrent use if the underlying io.ReaderAt is.
type File struct {
	file    *parquet.File
	r       io.ReaderAt
	columns []Column
	groups  []parquet.RowGroup
	ends    []int64 // rows up to and with a group
	cache   *Cache
}

// Open reads a file's footer. Pages that are decoded are kept in the cache.
func Open(r io.ReaderAt, size int64, cache *Cache) (f *File, err error) {
	defer recovered(&err)
	if err := footer(r, size); err != nil {
		return nil, fmt.Errorf("not a Parquet file that can be read: %w", err)
	}
	file, err := parquet.OpenFile(r, size, &parquet.FileConfig{SkipBloomFilters: true, ReadBufferSize: 64 << 10})
	if err != nil {
		return nil, fmt.Errorf("not a Parquet file that can be read: %w", err)
	}
	f = &File{file: file, r: r, groups: file.RowGroups(), cache: cache}
	rows := int64(0)
	for _, g := range f.groups {
		n := g.NumRows()
		if n < 0 || rows+n < rows {
			return nil, fmt.Errorf("a group of %d rows", n)
		}
		rows += n
		f.ends = append(f.ends, rows)
	}
	f.describe(file.Root(), "")
	return f, nil
}

// maxFooter bounds what describes a file, in bytes.
const maxFooter = 256 << 20

// footer checks what a file says of its footer's size, for which memory is taken before anything is read.
func footer(r io.ReaderAt, size int64) error {
	const tail, least = 8, 12 // the size and a magic word, which also begins the file
	if size < least {
		return fmt.Errorf("it has %d bytes", size)
	}
	var end [tail]byte
	if n, err := r.ReadAt(end[:], size-tail); n < tail {
		return noEOF(err)
	}
	if n := int64(binary.LittleEndian.Uint32(end[:])); n > size-least || n > maxFooter {
		return fmt.Errorf("a footer of %d bytes in a file of %d; the limit is %d", n, size, maxFooter)
	}
	return nil
}

// recovered turns a panic into an error: what a file claims is not checked everywhere in the library that reads it.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the file is damaged: %v", p)
	}
}

// Rows returns the number of rows.
func (f *File) Rows() int64 {
	if len(f.ends) == 0 {
		return 0
	}
	return f.ends[len(f.ends)-1]
}

// Columns returns the columns in the file's order.
func (f *File) Columns() []Column { return f.columns }

// Column returns the column at a path.
func (f *File) Column(path string) (Column, bool) {
	i := slices.IndexFunc(f.columns, func(c Column) bool { return c.Path == path })
	if i < 0 {
		return Column{}, false
	}
	return f.columns[i], true
}

// describe lists the leaves below a column.
func (f *File) describe(c *parquet.Column, name string) {
	if c.Leaf() {
		if t := typeOf(c.Type()); t != "" {
			f.columns = append(f.columns, Column{Path: strings.Join(c.Path(), "."), Name: name, Type: t, leaf: c.Index(), repeated: c.MaxRepetitionLevel() > 0})
		}
		return
	}
	for _, child := range c.Columns() {
		below := child.Name()
		switch {
		case name == "":
		case child.Repeated() || c.Repeated(): // "list" and "element" of a list
			below = name
		default:
			below = name + "." + below
		}
		f.describe(child, below)
	}
}

// integers are the types of whole numbers by bits.
var integers = map[int8][2]Type{8: {UInt8, Int8}, 16: {UInt16, Int16}, 32: {UInt32, Int32}, 64: {UInt64, Int64}}

// converted are the types by what older files say of them.
var converted = map[deprecated.ConvertedType]Type{
	deprecated.UTF8: Bytes, deprecated.Enum: Bytes, deprecated.Json: Bytes, deprecated.Bson: Bytes,
	deprecated.Int8: Int8, deprecated.Int16: Int16, deprecated.Int32: Int32, deprecated.Int64: Int64,
	deprecated.Uint8: UInt8, deprecated.Uint16: UInt16, deprecated.Uint32: UInt32, deprecated.Uint64: UInt64,
}

// typeOf returns the type of elements, "" for those of no use: times, decimals and such.
func typeOf(t parquet.Type) Type {
	l := t.LogicalType()
	if l != nil {
		switch v := l.Value.(type) {
		case *format.IntType:
			signed := 0
			if v.IsSigned {
				signed = 1
			}
			return integers[v.BitWidth][signed]
		case *format.Float16Type:
			return Float16
		case *format.StringType, *format.JsonType, *format.BsonType, *format.EnumType:
			return Bytes
		case nil:
		default:
			return ""
		}
	} else if old := t.ConvertedType(); old != nil {
		plain, ok := converted[*old]
		if !ok {
			return ""
		}
		return plain
	}
	switch t.Kind() {
	case parquet.Boolean:
		return Bool
	case parquet.Int32:
		return Int32
	case parquet.Int64:
		return Int64
	case parquet.Float:
		return Float32
	case parquet.Double:
		return Float64
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return Bytes
	default:
		return ""
	}
}
