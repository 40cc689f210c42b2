package npy

import (
	"fmt"
	"slices"
)

// Type is the type of an array's elements, as in NumPy's descr without the byte order: a kind and a size in bytes.
type Type string

// The element types that this package reads and writes.
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
)

var types = []Type{Float16, Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Bool}

// Size returns the size of one element in bytes, 0 for a type that is none of the constants.
func (t Type) Size() int {
	if !slices.Contains(types, t) {
		return 0
	}
	return int(t[1] - '0')
}

// parseDescr reads a descr such as "<f4": a byte order ('<' little, '>' big, '|' none, '=' little as well, since files hold it only
// if a little-endian machine's writer put it there) and a type.
func parseDescr(descr string) (t Type, bigEndian bool, err error) {
	name := descr
	if name != "" {
		switch name[0] {
		case '<', '|', '=':
			name = name[1:]
		case '>':
			bigEndian, name = true, name[1:]
		}
	}
	t = Type(name)
	if t.Size() == 0 {
		if name != "" && name[0] == 'O' {
			return "", false, fmt.Errorf("element type %q: Python objects are pickled and cannot be read; save a plain numeric array", descr)
		}
		return "", false, fmt.Errorf("element type %q: want one of %v", descr, types)
	}
	return t, bigEndian && t.Size() > 1, nil
}

// descr returns t's descr in little-endian order.
func (t Type) descr() string {
	if t.Size() == 1 {
		return "|" + string(t)
	}
	return "<" + string(t)
}
