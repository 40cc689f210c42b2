package tfpb

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// DataType is TensorFlow's enum of element types.
type DataType int32

// The element types.
const (
	Invalid DataType = iota
	Float
	Double
	Int32
	Uint8
	Int16
	Int8
	String
	Complex64
	Int64
	Bool
	Qint8
	Quint8
	Qint32
	Bfloat16
	Qint16
	Quint16
	Uint16
	Complex128
	Half
	Resource
	Variant
	Uint32
	Uint64
	Float8E5M2
	Float8E4M3FN
	Float8E4M3FNUZ
	Float8E4M3B11FNUZ
	Float8E5M2FNUZ
	Int4
	Uint4
	Int2
	Uint2
)

// refOffset is the distance of the types of TensorFlow 1's references from the types that they refer to.
const refOffset = 100

// Fields of TensorProto that hold values.
const (
	floatVal    protowire.Number = 5
	doubleVal   protowire.Number = 6
	intVal      protowire.Number = 7
	stringVal   protowire.Number = 8
	scomplexVal protowire.Number = 9
	int64Val    protowire.Number = 10
	boolVal     protowire.Number = 11
	dcomplexVal protowire.Number = 12
	halfVal     protowire.Number = 13
	uint32Val   protowire.Number = 16
	uint64Val   protowire.Number = 17
	float8Val   protowire.Number = 18
)

// dataTypes says, by type, what an element takes in a tensor's content, and which field has values instead.
var dataTypes = [...]struct {
	name   string
	size   int // bytes of an element, 0 if there is no fixed size
	values protowire.Number
}{
	Invalid: {"invalid", 0, 0}, Float: {"float", 4, floatVal}, Double: {"double", 8, doubleVal}, Int32: {"int32", 4, intVal},
	Uint8: {"uint8", 1, intVal}, Int16: {"int16", 2, intVal}, Int8: {"int8", 1, intVal}, String: {"string", 0, stringVal},
	Complex64: {"complex64", 8, scomplexVal}, Int64: {"int64", 8, int64Val}, Bool: {"bool", 1, boolVal},
	Qint8: {"qint8", 1, intVal}, Quint8: {"quint8", 1, intVal}, Qint32: {"qint32", 4, intVal}, Bfloat16: {"bfloat16", 2, halfVal},
	Qint16: {"qint16", 2, intVal}, Quint16: {"quint16", 2, intVal}, Uint16: {"uint16", 2, intVal},
	Complex128: {"complex128", 16, dcomplexVal}, Half: {"half", 2, halfVal}, Resource: {"resource", 0, 0}, Variant: {"variant", 0, 0},
	Uint32: {"uint32", 4, uint32Val}, Uint64: {"uint64", 8, uint64Val},
	Float8E5M2: {"float8_e5m2", 1, float8Val}, Float8E4M3FN: {"float8_e4m3fn", 1, float8Val}, Float8E4M3FNUZ: {"float8_e4m3fnuz", 1, float8Val},
	Float8E4M3B11FNUZ: {"float8_e4m3b11fnuz", 1, float8Val}, Float8E5M2FNUZ: {"float8_e5m2fnuz", 1, float8Val},
	Int4: {"int4", 1, intVal}, Uint4: {"uint4", 1, intVal}, Int2: {"int2", 1, intVal}, Uint2: {"uint2", 1, intVal},
}

// String returns TensorFlow's name of the type, such as "float" or, of a reference, "float_ref".
func (t DataType) String() string {
	switch {
	case t.known():
		return dataTypes[t].name
	case t.IsRef():
		return t.Base().String() + "_ref"
	}
	return fmt.Sprintf("type(%d)", int32(t))
}

func (t DataType) known() bool { return t >= 0 && int(t) < len(dataTypes) }

// Size returns the bytes of an element, or 0 if the type has no fixed size. Types of less than a byte take one.
func (t DataType) Size() int {
	if !t.known() {
		return 0
	}
	return dataTypes[t].size
}

// IsRef says whether the type is that of a reference to a variable of TensorFlow 1.
func (t DataType) IsRef() bool { return t > refOffset && (t - refOffset).known() }

// Base returns the type that a reference refers to, and other types as they are.
func (t DataType) Base() DataType {
	if t.IsRef() {
		return t - refOffset
	}
	return t
}
