package tflite

import (
	"strings"

	"github.com/octetlite/octet/pkg/tensor"
)

// versionKey is an operator and the element type of its first input.
type versionKey struct {
	op  string
	typ tensor.DType
}

// versionsByType holds the versions of operators that depend on the first input's type alone.
var versionsByType = func() map[versionKey]int {
	all := map[versionKey]int{}
	for _, row := range []struct {
		typ     tensor.DType
		version int
		ops     string
	}{
		{tensor.Int8, 2, `ABS ADD ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND CONCATENATION DEPTH_TO_SPACE DEQUANTIZE EQUAL EXP
			FLOOR_MOD GATHER GELU GREATER GREATER_EQUAL LESS LESS_EQUAL LOG LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL
			NOT_EQUAL PACK PAD PADV2 REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6 RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SLICE SOFTMAX
			SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT_V SQRT SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TOPK_V2 TRANSPOSE UNPACK`},
		{tensor.Int8, 3, `FLOOR_DIV REVERSE_V2 TILE`},
		{tensor.UInt8, 2, `ABS GELU RELU UNPACK`},
		{tensor.Int16, 2, `EXP FLOOR_MOD LEAKY_RELU LOG REDUCE_PROD SQRT`},
		{tensor.Int16, 3, `ABS AVERAGE_POOL_2D BATCH_MATMUL CONCATENATION DEQUANTIZE FLOOR_DIV GATHER_ND GREATER_EQUAL LESS LOGISTIC MAX_POOL_2D MEAN
			MIRROR_PAD PACK PAD PADV2 REDUCE_MAX REDUCE_MIN RELU RELU6 RSQRT SOFTMAX TANH`},
		{tensor.Int16, 4, `DYNAMIC_UPDATE_SLICE GATHER NOT_EQUAL SLICE UNPACK`},
		{tensor.Int16, 5, `EQUAL`},
		{tensor.Int32, 2, `SIGN`},
		{tensor.Int32, 5, `ABS`},
		{tensor.Int64, 2, `RANGE`},
		{tensor.Int64, 4, `ADD`},
		{tensor.Float32, 2, `FLOOR_DIV`},
		{tensor.Float16, 3, `DEQUANTIZE`},
		{tensor.Int4, 6, `DEQUANTIZE`},
		{tensor.Bool, 2, `REVERSE_V2`},
		{tensor.Bool, 3, `ARG_MAX ARG_MIN GATHER STRIDED_SLICE TRANSPOSE UNPACK`},
		{tensor.String, 2, `GATHER_ND`},
		{tensor.String, 3, `EQUAL NOT_EQUAL`},
	} {
		for name := range strings.FieldsSeq(row.ops) {
			all[versionKey{name, row.typ}] = row.version
		}
	}
	return all
}()
