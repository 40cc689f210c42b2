package tensor

import "fmt"

// DType is the type of a tensor's elements.
type DType uint8

// The element types. Sub-byte types are packed two (Int4, UInt4) or four (Int2) to a byte, the first element in the low bits.
const (
	Invalid DType = iota
	Float32
	Float16
	BFloat16
	Float64
	Int8
	Int16
	Int32
	Int64
	UInt8
	UInt16
	UInt32
	UInt64
	Bool
	Int4
	UInt4
	Int2
	Complex64
	Complex128
	String
	Resource
	Variant
	Float8E4M3FN
	Float8E5M2
)

var dtypes = [...]struct {
	name string
	bits int
}{
	Invalid: {"invalid", 0}, Float32: {"f32", 32}, Float16: {"f16", 16}, BFloat16: {"bf16", 16}, Float64: {"f64", 64},
	Int8: {"i8", 8}, Int16: {"i16", 16}, Int32: {"i32", 32}, Int64: {"i64", 64},
	UInt8: {"u8", 8}, UInt16: {"u16", 16}, UInt32: {"u32", 32}, UInt64: {"u64", 64}, Bool: {"bool", 8},
	Int4: {"i4", 4}, UInt4: {"u4", 4}, Int2: {"i2", 2}, Complex64: {"c64", 64}, Complex128: {"c128", 128},
	String: {"str", 0}, Resource: {"resource", 0}, Variant: {"variant", 0}, Float8E4M3FN: {"f8e4m3", 8}, Float8E5M2: {"f8e5m2", 8},
}

// sizes are the bytes of an element by type, a table without a hole so that no index needs a look.
var sizes = func() (sizes [1 << 8]uint8) {
	for i, d := range dtypes {
		sizes[i] = uint8(d.bits / 8)
	}
	return
}()

// String returns the short name that graphs print, such as "f32".
func (d DType) String() string {
	if int(d) < len(dtypes) {
		return dtypes[d].name
	}
	return fmt.Sprintf("dtype(%d)", uint8(d))
}

// ParseDType returns the type with the given short name.
func ParseDType(name string) (DType, error) {
	for i, d := range dtypes {
		if i > 0 && d.name == name {
			return DType(i), nil
		}
	}
	return Invalid, fmt.Errorf("unknown element type %q", name)
}

// MarshalText implements encoding.TextMarshaler by the short name.
func (d DType) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes, "invalid" included.
func (d *DType) UnmarshalText(text []byte) error {
	if string(text) == dtypes[Invalid].name {
		*d = Invalid
		return nil
	}
	parsed, err := ParseDType(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Bits returns the size of one element in bits, 0 for types without a fixed size (String, Resource, Variant).
func (d DType) Bits() int {
	if int(d) < len(dtypes) {
		return dtypes[d].bits
	}
	return 0
}

// Size returns the size of one element in bytes, 0 for types smaller than a byte or without a fixed size.
func (d DType) Size() int { return int(sizes[d]) }

// Bytes returns the bytes that n elements take, 0 for types without a fixed size.
func (d DType) Bytes(n int) int { return (n*d.Bits() + 7) / 8 }

// Float reports whether d is a real floating-point type.
func (d DType) Float() bool {
	switch d {
	case Float32, Float16, BFloat16, Float64, Float8E4M3FN, Float8E5M2:
		return true
	}
	return false
}
