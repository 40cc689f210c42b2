package tfrecord

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Kind is the type of a feature's values.
type Kind uint8

// The kinds of a feature. One that was never set is Empty.
const (
	Empty Kind = iota
	Bytes
	Float
	Int64
)

// String returns the name of the list in tf.Feature.
func (k Kind) String() string {
	return [...]string{"empty", "bytes_list", "float_list", "int64_list"}[k]
}

// Feature is one named list of an example. Only the slice of its kind is set.
type Feature struct {
	Kind   Kind
	Bytes  [][]byte // they share the example's memory
	Floats []float32
	Ints   []int64
}

// Len returns the number of values.
func (f Feature) Len() int { return len(f.Bytes) + len(f.Floats) + len(f.Ints) }

// Example is a tf.Example's features by name.
type Example map[string]Feature

// ParseExample decodes a tf.Example message, by protobuf's rules for repeated fields: messages merge, of a map's equal keys the last
// one counts, and setting another list of a feature drops the first. Unknown fields are skipped.
//
//	message Example { Features features = 1; }
//	message Features { map<string, Feature> feature = 1; }
//	message Feature { oneof kind { BytesList bytes_list = 1; FloatList float_list = 2; Int64List int64_list = 3; } }
//	message …List { repeated … value = 1; }        packed or not
func ParseExample(data []byte) (Example, error) {
	e := Example{}
	err := fields(data, func(f field) error {
		if f.number != 1 {
			return nil
		}
		features, err := f.message()
		if err != nil {
			return fmt.Errorf("features: %w", err)
		}
		return fields(features, func(f field) error {
			if f.number != 1 {
				return nil
			}
			entry, err := f.message()
			if err != nil {
				return fmt.Errorf("features: %w", err)
			}
			return e.add(entry)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("tf.Example: %w", err)
	}
	return e, nil
}

// add decodes one entry of the map.
func (e Example) add(entry []byte) error {
	var name string
	var feature Feature
	err := fields(entry, func(f field) error {
		switch f.number {
		case 1:
			key, err := f.message()
			name = string(key)
			return err
		case 2:
			value, err := f.message()
			if err != nil {
				return err
			}
			return feature.merge(value)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("feature %q: %w", name, err)
	}
	e[name] = feature
	return nil
}

func (f *Feature) merge(message []byte) error {
	return fields(message, func(kind field) error {
		if kind.number < 1 || kind.number > 3 {
			return nil
		}
		k := Kind(kind.number)
		list, err := kind.message()
		if err != nil {
			return err
		}
		if f.Kind != k {
			*f = Feature{Kind: k}
		}
		return fields(list, func(v field) error {
			if v.number != 1 {
				return nil
			}
			if err := f.append(v); err != nil {
				return fmt.Errorf("%v: %w", k, err)
			}
			return nil
		})
	})
}

// append decodes one field of a list: a value, or several packed ones.
func (f *Feature) append(v field) error {
	switch {
	case f.Kind == Bytes && v.wire == protowire.BytesType:
		f.Bytes = append(f.Bytes, v.bytes)
	case f.Kind == Float && v.wire == protowire.Fixed32Type:
		f.Floats = append(f.Floats, math.Float32frombits(uint32(v.scalar)))
	case f.Kind == Float && v.wire == protowire.BytesType:
		if len(v.bytes)%4 != 0 {
			return fmt.Errorf("%d bytes of packed floats", len(v.bytes))
		}
		for b := v.bytes; len(b) > 0; b = b[4:] {
			f.Floats = append(f.Floats, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
	case f.Kind == Int64 && v.wire == protowire.VarintType:
		f.Ints = append(f.Ints, int64(v.scalar))
	case f.Kind == Int64 && v.wire == protowire.BytesType:
		for b := v.bytes; len(b) > 0; {
			x, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return protowire.ParseError(n)
			}
			f.Ints = append(f.Ints, int64(x))
			b = b[n:]
		}
	default:
		return fmt.Errorf("value of wire type %d", v.wire)
	}
	return nil
}

// field is one field of a message: its scalar or its bytes, by wire type.
type field struct {
	number protowire.Number
	wire   protowire.Type
	scalar uint64
	bytes  []byte
}

var errNotMessage = errors.New("want a length-delimited field")

func (f field) message() ([]byte, error) {
	if f.wire != protowire.BytesType {
		return nil, fmt.Errorf("field %d: %w, have wire type %d", f.number, errNotMessage, f.wire)
	}
	return f.bytes, nil
}

// fields calls visit with each field of a message.
func fields(message []byte, visit func(field) error) error {
	for rest := message; len(rest) > 0; {
		offset := len(message) - len(rest)
		number, wire, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return fmt.Errorf("offset %d: %w", offset, protowire.ParseError(n))
		}
		f := field{number: number, wire: wire}
		rest = rest[n:]
		switch wire {
		case protowire.VarintType:
			f.scalar, n = protowire.ConsumeVarint(rest)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(rest)
			f.scalar = uint64(v)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(rest)
		default:
			n = protowire.ConsumeFieldValue(number, wire, rest)
		}
		if n < 0 {
			return fmt.Errorf("field %d at offset %d: %w", number, offset, protowire.ParseError(n))
		}
		rest = rest[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}
