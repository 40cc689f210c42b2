package tflite

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/octetlite/octet/pkg/tflite/schema"
)

// Opaque are the attributes of a builtin operator that package op has no attributes for, such as StableHLO's: the schema's own object.
type Opaque struct{ Options Options }

// Options is an options object of the schema, a pointer such as *schema.StablehloSliceOptionsT; nil if the file has none.
type Options struct{ Table any }

// MarshalText writes the object's type and its fields.
func (o Options) MarshalText() ([]byte, error) {
	if o.Table == nil {
		return []byte("none"), nil
	}
	fields, err := json.Marshal(o.Table)
	if err != nil {
		return nil, fmt.Errorf("options %T: %w", o.Table, err)
	}
	name := strings.TrimSuffix(reflect.TypeOf(o.Table).Elem().Name(), "T")
	return append([]byte(name), fields...), nil
}

// TensorCarry is what ir.Value.Carry holds for values of a file.
type TensorCarry struct {
	// NoRank says that the file gives the tensor a shape without has_rank, as files from before that field do.
	NoRank bool
	// Min and Max are the recorded range where it is not one number each.
	Min, Max []float32
	// Details are quantization parameters other than scales and zero points. Tensor numbers in them are one more than positions in
	// the Refs of the ir.Carry.
	Details *schema.QuantizationDetailsT
	// Variants are the types of the elements of a VARIANT tensor.
	Variants []*schema.VariantSubTypeT
}

// NodeCarry is what ir.Node.Carry holds for nodes of a file.
type NodeCarry struct {
	CustomOptions       []byte // of a builtin operator; CUSTOM has them in its attributes
	CustomOptionsFormat schema.CustomOptionsFormat
	Options             Options // of an operator that has no options by the schema
	Debug               int     // index into the debug metadata plus one
}

// GraphCarry is what ir.Graph.Carry holds for graphs of a file.
type GraphCarry struct {
	Debug int // index into the debug metadata plus one
}
