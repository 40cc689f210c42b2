package tflite

import (
	"fmt"
	"maps"
	"math"
	"reflect"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// codec translates the options of an operator to attributes and back.
type codec struct {
	first  schema.BuiltinOptions // which member of the unions holds the options; at most one is not NONE
	second schema.BuiltinOptions2
	decode func(options any) ir.Attr // takes the schema's object
	encode func(attr ir.Attr) (any, error)
}

// family holds the codecs of operators by name.
type family map[string]codec

// codecs are those of all operators of the schema but CUSTOM, and those that are carried in Opaque.
var codecs = func() family {
	all := family{}
	for _, f := range []family{convCodecs, mathCodecs, plainCodecs, arrayCodecs, recurrentCodecs, controlCodecs} {
		maps.Copy(all, f)
	}
	return all
}()

// attrs makes the codec between the schema's object O and the attributes A.
func attrs[O, A any](member schema.BuiltinOptions, decode func(*O) A, encode func(*A) O) codec {
	return codec{
		first: member,
		decode: func(options any) ir.Attr {
			a := decode(options.(*O))
			return &a
		},
		encode: func(attr ir.Attr) (any, error) {
			a, ok := attr.(*A)
			if !ok || a == nil {
				return nil, fmt.Errorf("has attributes of type %T, wants %T", attr, a)
			}
			if err := checkInts(reflect.ValueOf(*a)); err != nil {
				return nil, err
			}
			o := encode(a)
			return &o, nil
		},
	}
}

// plain makes the codec of operators without attributes. Their options, if the schema has some, are an empty table.
func plain(member schema.BuiltinOptions) codec {
	return codec{first: member, encode: func(attr ir.Attr) (any, error) {
		if attr != nil {
			return nil, fmt.Errorf("has attributes of type %T, wants none", attr)
		}
		return defaults(member, 0), nil
	}}
}

// same gives several operators one codec.
func same(c codec, ops ...string) family {
	f := family{}
	for _, name := range ops {
		f[name] = c
	}
	return f
}

// join puts families together.
func join(families ...family) family {
	all := family{}
	for _, f := range families {
		maps.Copy(all, f)
	}
	return all
}

// emptyTable is a flatbuffer of a table without fields, at position 4 behind its vtable.
var emptyTable = flatbuffers.Table{Bytes: []byte{4, 0, 4, 0, 4, 0, 0, 0}, Pos: 4}

// defaults returns the object of a union's member with the schema's defaults, nil for NONE.
func defaults(first schema.BuiltinOptions, second schema.BuiltinOptions2) any {
	if o := first.UnPack(emptyTable); o != nil {
		return o.Value
	}
	if o := second.UnPack(emptyTable); o != nil {
		return o.Value
	}
	return nil
}

// checkInts fails if an integer of the struct, or of a list in it, does not fit into the 32 bits that files have for it.
func checkInts(attr reflect.Value) error {
	for i := range attr.NumField() {
		name, f := attr.Type().Field(i).Name, attr.Field(i)
		switch f.Interface().(type) {
		case int:
			if v := f.Int(); v < math.MinInt32 || v > math.MaxInt32 {
				return fmt.Errorf("%s %d does not fit into 32 bits", name, v)
			}
		case []int:
			if _, err := int32s(name, f.Interface().([]int)); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkTypes fails if a field of an options object is an element type that the schema does not know.
func checkTypes(options reflect.Value) error {
	for i := range options.NumField() {
		name, f := options.Type().Field(i).Name, options.Field(i)
		if (f.Type() == reflect.TypeFor[schema.TensorType]() || name == "OutputType") && decodeDType(schema.TensorType(f.Int())) == tensor.Invalid {
			return fmt.Errorf("%s: element type %d is not known", name, f.Int())
		}
	}
	return nil
}

// decodeOptions returns the attributes of a builtin operator, and what has to be carried along with the node.
func decodeOptions(name string, first *schema.BuiltinOptionsT, second *schema.BuiltinOptions2T) (attr ir.Attr, extra Options, err error) {
	var options any
	var member1 schema.BuiltinOptions
	var member2 schema.BuiltinOptions2
	switch {
	case first != nil && second != nil:
		return nil, Options{}, fmt.Errorf("has options in both places: %v and %v", first.Type, second.Type)
	case first != nil:
		options, member1 = first.Value, first.Type
	case second != nil:
		options, member2 = second.Value, second.Type
	}
	c, ok := codecs[name]
	switch {
	case !ok && options == nil:
		return nil, Options{}, nil
	case !ok:
		return &Opaque{Options{options}}, Options{}, nil
	case options == nil:
		options = defaults(c.first, c.second)
	case member1 == c.first && member2 == c.second:
	case c.decode == nil:
		return nil, Options{options}, nil
	default:
		return nil, Options{}, fmt.Errorf("has options of type %T, wants %T", options, defaults(c.first, c.second))
	}
	if c.decode == nil {
		return nil, Options{}, nil
	}
	if err := checkTypes(reflect.ValueOf(options).Elem()); err != nil {
		return nil, Options{}, err
	}
	return c.decode(options), Options{}, nil
}

// encodeOptions is the inverse of decodeOptions.
func encodeOptions(name string, attr ir.Attr, extra Options) (first *schema.BuiltinOptionsT, second *schema.BuiltinOptions2T, err error) {
	options := extra.Table
	if options == nil {
		if c, ok := codecs[name]; ok {
			options, err = c.encode(attr)
		} else if o, ok := attr.(*Opaque); ok && o != nil {
			options = o.Options.Table
		} else if attr != nil {
			err = fmt.Errorf("has attributes of type %T, which the file format has no place for", attr)
		}
	}
	if options == nil || err != nil {
		return nil, nil, err
	}
	m := unionMembers()[reflect.TypeOf(options)]
	switch {
	case m.first != 0:
		return &schema.BuiltinOptionsT{Type: m.first, Value: options}, nil, nil
	case m.second != 0:
		return nil, &schema.BuiltinOptions2T{Type: m.second, Value: options}, nil
	}
	return nil, nil, fmt.Errorf("has options of type %T, which are no operator's", options)
}
