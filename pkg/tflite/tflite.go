// Package tflite reads and writes TensorFlow Lite model files.
//
// Decode turns a file into a model of package ir and Encode writes one; what a file says and graphs have no word for travels in Opaque
// attributes and in TensorCarry, NodeCarry and GraphCarry, so that reading and writing a file keeps its meaning. Each operator's options are translated
// by a row of a table (codec_*.go), both directions side by side.
package tflite

import (
	"fmt"

	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// version is the only version of the file format that exists in files with the identifier "TFL3".
const version = 3

// alignment of constants, in bytes from the start of the file.
const alignment = 16

var dtypes = [...]tensor.DType{
	schema.TensorTypeFLOAT32: tensor.Float32, schema.TensorTypeFLOAT16: tensor.Float16, schema.TensorTypeINT32: tensor.Int32,
	schema.TensorTypeUINT8: tensor.UInt8, schema.TensorTypeINT64: tensor.Int64, schema.TensorTypeSTRING: tensor.String,
	schema.TensorTypeBOOL: tensor.Bool, schema.TensorTypeINT16: tensor.Int16, schema.TensorTypeCOMPLEX64: tensor.Complex64,
	schema.TensorTypeINT8: tensor.Int8, schema.TensorTypeFLOAT64: tensor.Float64, schema.TensorTypeCOMPLEX128: tensor.Complex128,
	schema.TensorTypeUINT64: tensor.UInt64, schema.TensorTypeRESOURCE: tensor.Resource, schema.TensorTypeVARIANT: tensor.Variant,
	schema.TensorTypeUINT32: tensor.UInt32, schema.TensorTypeUINT16: tensor.UInt16, schema.TensorTypeINT4: tensor.Int4,
	schema.TensorTypeBFLOAT16: tensor.BFloat16, schema.TensorTypeINT2: tensor.Int2, schema.TensorTypeUINT4: tensor.UInt4,
	schema.TensorTypeFLOAT8_E4M3FN: tensor.Float8E4M3FN, schema.TensorTypeFLOAT8_E5M2: tensor.Float8E5M2,
}

// decodeDType returns the element type that a file means by t, Invalid for types that the schema does not know.
func decodeDType(t schema.TensorType) tensor.DType {
	if t < 0 || int(t) >= len(dtypes) {
		return tensor.Invalid
	}
	return dtypes[t]
}

// encodeDType is the inverse of decodeDType. Invalid gives FLOAT32, the schema's default.
func encodeDType(d tensor.DType) schema.TensorType {
	for t, known := range dtypes {
		if known == d {
			return schema.TensorType(t)
		}
	}
	return schema.TensorTypeFLOAT32
}

// int32s converts ints for the file. It fails on what does not fit.
func int32s(what string, list []int) ([]int32, error) {
	if list == nil {
		return nil, nil
	}
	out := make([]int32, len(list))
	for i, v := range list {
		if int(int32(v)) != v {
			return nil, fmt.Errorf("%s: %d at position %d does not fit into 32 bits", what, v, i)
		}
		out[i] = int32(v)
	}
	return out, nil
}

// ints is the inverse of int32s; an empty list gives nil.
func ints[T int32 | uint16 | uint8](list []T) []int {
	if len(list) == 0 {
		return nil
	}
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = int(v)
	}
	return out
}
