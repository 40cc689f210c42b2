package tfpb_test

import (
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

func TestDataTypes(t *testing.T) {
	for _, c := range []struct {
		number int32
		name   string
		size   int
		base   tfpb.DataType
	}{
		{0, "invalid", 0, tfpb.Invalid}, {1, "float", 4, tfpb.Float}, {7, "string", 0, tfpb.String}, {14, "bfloat16", 2, tfpb.Bfloat16},
		{19, "half", 2, tfpb.Half}, {20, "resource", 0, tfpb.Resource}, {25, "float8_e4m3fn", 1, tfpb.Float8E4M3FN}, {32, "uint2", 1, tfpb.Uint2},
		{101, "float_ref", 0, tfpb.Float}, {110, "bool_ref", 0, tfpb.Bool}, {33, "type(33)", 0, 33}, {100, "type(100)", 0, 100}, {-1, "type(-1)", 0, -1},
	} {
		d := tfpb.DataType(c.number)
		if d.String() != c.name || d.Size() != c.size || d.Base() != c.base {
			t.Errorf("%d is %v of %d bytes, base %v; want %s, %d, %v", c.number, d, d.Size(), d.Base(), c.name, c.size, c.base)
		}
	}
}
