package quantize_test

import (
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quantize"
)

// TestChoices says which choices for single operators go with the scheme of all.
func TestChoices(t *testing.T) {
	for _, tt := range []struct {
		all  quantize.Scheme
		own  quantize.Choice
		want string // in the error; "" if the choice is taken
	}{
		{quantize.Int8, quantize.Choice{Float: true}, ""},
		{quantize.Int8, quantize.Choice{Scheme: quantize.Int8, PerTensor: true}, ""},
		{quantize.Int8, quantize.Choice{Scheme: quantize.Int16x8}, "int16x8 beside int8"},
		{quantize.Int16x8, quantize.Choice{Scheme: quantize.Dynamic}, ""},
		{quantize.Int8, quantize.Choice{Scheme: quantize.WeightOnly, Bits: 4, Block: 32}, ""},
		{quantize.Dynamic, quantize.Choice{Scheme: quantize.Int8}, "int8 beside dynamic"},
		{quantize.Dynamic, quantize.Choice{Scheme: quantize.WeightOnly, Bits: 4, Block: 64}, ""},
		{quantize.Dynamic, quantize.Choice{Scheme: quantize.Float16, Least: 1}, "least number of elements"},
		{quantize.Float16, quantize.Choice{Scheme: quantize.Dynamic, Bits: 4}, "weight-only quantization alone"},
		{quantize.Float16, quantize.Choice{Scheme: quantize.WeightOnly, Least: -1}, "-1 elements"},
	} {
		err := quantize.Options{Scheme: tt.all, Own: map[*ir.Node]quantize.Choice{{}: tt.own}}.Validate()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v in a model in %s: %v, want %q", tt.own, tt.all, err, tt.want)
		}
	}
}
