package hdf5

import (
	"bytes"
	"fmt"
	"strings"
)

// Kind is what elements are.
type Kind uint8

// The kinds of elements that this package reads.
const (
	Float16 Kind = iota + 1
	BFloat16
	Float32
	Float64
	Int8
	Int16
	Int32
	Int64
	UInt8
	UInt16
	UInt32
	UInt64
	Bool   // h5py's enumeration of FALSE = 0 and TRUE = 1; other enumerations are read as their numbers
	String // of fixed or variable length
	Opaque // bytes without a meaning
)

var kindNames = [...]string{
	Float16: "float16", BFloat16: "bfloat16", Float32: "float32", Float64: "float64",
	Int8: "int8", Int16: "int16", Int32: "int32", Int64: "int64",
	UInt8: "uint8", UInt16: "uint16", UInt32: "uint32", UInt64: "uint64",
	Bool: "bool", String: "string", Opaque: "opaque",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Type is the type of the elements of a dataset or an attribute.
type Type struct {
	Kind Kind
	Size int // bytes of an element in the file; of a string of variable length, those of the reference to it
}

// datatype is a Type and how the file stores it.
type datatype struct {
	Type
	bigEndian bool
	variable  bool // a string of variable length
	padding   int  // of a string of fixed length: ends at a zero, is padded with zeros, or is padded with spaces
}

// The classes of datatype messages.
const (
	classFixed     = 0
	classFloat     = 1
	classString    = 3
	classOpaque    = 5
	classEnum      = 8
	classVariable  = 9
	paddedToZero   = 0
	paddedByZeros  = 1
	paddedBySpaces = 2
)

var classNames = [...]string{2: "time", 4: "bit field", 6: "compound", 7: "reference", 10: "array", 11: "complex"}

// datatype reads the datatype that a message holds or refers to.
func (s *scan) datatype(m message) (datatype, error) {
	if m.shared {
		return s.sharedDatatype(m)
	}
	c := m.cursor(s.File, "datatype")
	t, err := readDatatype(&c)
	if err == nil {
		err = c.err
	}
	return t, err
}

// sharedDatatype reads a named datatype, an object of its own.
func (s *scan) sharedDatatype(m message) (datatype, error) {
	c := m.cursor(s.File, "shared datatype")
	version, where := c.u8(), c.u8()
	switch {
	case version == 1:
		c.skip(6)
	case version == 2, version == 3 && where != 1:
	default:
		return datatype{}, c.errorf("%w: a message of version %d in a table of shared messages", ErrNotSupported, version)
	}
	addr := c.addr()
	if c.err != nil {
		return datatype{}, c.err
	}
	messages, err := s.header(addr)
	if err != nil {
		return datatype{}, c.errorf("%w", err)
	}
	for _, m := range messages {
		if m.kind == kindDatatype && !m.shared {
			return s.datatype(m)
		}
	}
	return datatype{}, c.errorf("there is none at address %d", addr)
}

// readDatatype reads a datatype. What follows it, such as the values of an enumeration, is not always read to the end.
func readDatatype(c *cursor) (datatype, error) {
	head := c.u8()
	class, version := head&15, head>>4
	bits := c.uint(3)
	size := c.u32()
	if c.err != nil {
		return datatype{}, c.err
	}
	if size == 0 {
		return datatype{}, c.errorf("its elements have no bytes")
	}
	t := datatype{Type: Type{Size: size}}
	switch class {
	case classFixed:
		t.bigEndian = bits&1 != 0
		first, precision := c.u16(), c.u16()
		if t.Kind = integers[integer{size, bits&8 != 0}]; t.Kind == 0 || first != 0 || precision != 8*size {
			return t, c.errorf("%w: integers of %d bits at bit %d of %d bytes", ErrNotSupported, precision, first, size)
		}
	case classFloat:
		t.bigEndian = bits&1 != 0
		c.skip(5)
		exponent := c.u8()
		c.skip(1)
		mantissa := c.u8()
		if t.Kind = floats[float{size, exponent, mantissa}]; t.Kind == 0 || bits&0x40 != 0 {
			return t, c.errorf("%w: floats of %d bytes, %d bits of exponent, %d of mantissa", ErrNotSupported, size, exponent, mantissa)
		}
		c.skip(4)
	case classString:
		t.Kind, t.padding = String, int(bits&15)
	case classVariable:
		t.Kind, t.variable = String, true
		if bits&15 != 1 {
			return t, c.errorf("%w: sequences of variable length", ErrNotSupported)
		}
		if want := 4 + c.f.offsetSize + 4; size != want {
			return t, c.errorf("references to strings have %d bytes instead of %d", size, want)
		}
	case classOpaque:
		t.Kind = Opaque
	case classEnum:
		return readEnum(c, version, int(bits&0xffff))
	default:
		name := fmt.Sprint(class)
		if class < len(classNames) && classNames[class] != "" {
			name = classNames[class]
		}
		return t, c.errorf("%w: elements of class %s", ErrNotSupported, name)
	}
	return t, c.err
}

type integer struct {
	size   int
	signed bool
}

var integers = map[integer]Kind{
	{1, true}: Int8, {2, true}: Int16, {4, true}: Int32, {8, true}: Int64,
	{1, false}: UInt8, {2, false}: UInt16, {4, false}: UInt32, {8, false}: UInt64,
}

type float struct{ size, exponent, mantissa int }

var floats = map[float]Kind{
	{2, 5, 10}: Float16, {2, 8, 7}: BFloat16, {4, 8, 23}: Float32, {8, 11, 52}: Float64,
}

// readEnum reads an enumeration: its numbers' type, its names, its values.
func readEnum(c *cursor, version, members int) (datatype, error) {
	t, err := readDatatype(c)
	if err != nil {
		return t, err
	}
	if t.Kind < Int8 || t.Kind > UInt64 {
		return t, c.errorf("an enumeration of %s", t.Kind)
	}
	if members != 2 || t.Kind != Int8 {
		return t, nil
	}
	var names [2]string
	for i := range names {
		start := c.pos
		names[i] = c.text()
		if version < 3 {
			c.skip(start + pad8(c.pos-start) - c.pos)
		}
	}
	if values := [2]int{c.u8(), c.u8()}; names == [2]string{"FALSE", "TRUE"} && values == [2]int{0, 1} {
		t.Kind = Bool
	}
	return t, c.err
}

func pad8(n int) int { return (n + 7) &^ 7 }

// trim cuts a string of fixed length at its end.
func (t datatype) trim(s string) string {
	switch t.padding {
	case paddedToZero:
		s, _, _ = strings.Cut(s, "\x00")
		return s
	case paddedBySpaces:
		return strings.TrimRight(s, " ")
	default:
		return strings.TrimRight(s, "\x00")
	}
}

// toLittleEndian turns elements around, in place.
func (t datatype) toLittleEndian(b []byte) {
	if !t.bigEndian || t.Size == 1 {
		return
	}
	for ; len(b) >= t.Size; b = b[t.Size:] {
		for i, j := 0, t.Size-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}

// isZero reports whether bytes are all zero.
func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
