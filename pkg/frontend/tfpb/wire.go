package tfpb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	maxDepth = 100

	// expansion bounds the memory of decoded messages by the data's length. Nodes of real graphs take three times their bytes,
	// attributes up to twelve times.
	expansion = 32
	slack     = 1 << 16

	internedLength = 64 // names up to it are kept once: operators, attributes and devices repeat
	internedCost   = 64 // of the table, for each name
)

var (
	errDepth  = fmt.Errorf("messages nest more than %d deep", maxDepth)
	errMemory = fmt.Errorf("the message would take more than %d times the memory of its data", expansion)
)

// message is what a struct needs in order to be decoded: it takes one field after another.
type message interface{ field(f field) error }

// keeper is a message that wants its bytes, too.
type keeper interface {
	keep(d *decoder, data []byte) error
}

// visitor is a message that is not a struct.
type visitor func(f field) error

func (v visitor) field(f field) error { return v(f) }

// decoder is the state of one call of a Decode function.
type decoder struct {
	left  int // bytes of memory that decoded messages may still take
	depth int
	names map[string]string
}

func newDecoder(length int) *decoder {
	return &decoder{left: slack + expansion*length, names: map[string]string{}}
}

func (d *decoder) spend(n int) error {
	if n > d.left {
		return errMemory
	}
	d.left -= n
	return nil
}

// field is one field of a message: its scalar or its bytes, by wire type.
type field struct {
	d      *decoder
	number protowire.Number
	wire   protowire.Type
	scalar uint64
	bytes  []byte
}

// message gives m each field of the data.
func (d *decoder) message(data []byte, m message) error {
	if d.depth == maxDepth {
		return errDepth
	}
	d.depth++
	defer func() { d.depth-- }()
	if k, ok := m.(keeper); ok {
		if err := k.keep(d, data); err != nil {
			return err
		}
	}
	for rest := data; len(rest) > 0; {
		offset := len(data) - len(rest)
		number, wire, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return fmt.Errorf("offset %d: %w", offset, protowire.ParseError(n))
		}
		rest = rest[n:]
		f := field{d: d, number: number, wire: wire}
		switch wire {
		case protowire.VarintType:
			f.scalar, n = protowire.ConsumeVarint(rest)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(rest)
			f.scalar = uint64(v)
		case protowire.Fixed64Type:
			f.scalar, n = protowire.ConsumeFixed64(rest)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(rest)
			f.bytes = slices.Clip(f.bytes)
		default:
			n = protowire.ConsumeFieldValue(number, wire, rest)
		}
		if n < 0 {
			return fmt.Errorf("field %d at offset %d: %w", number, offset, protowire.ParseError(n))
		}
		rest = rest[n:]
		if err := m.field(f); err != nil {
			return err
		}
	}
	return nil
}

func (f field) want(wire protowire.Type, name string) error {
	if f.wire != wire {
		return fmt.Errorf("%s: wire type %d, want %d", name, f.wire, wire)
	}
	return nil
}

// message decodes the field into m.
func (f field) message(name string, m message) error {
	if err := f.want(protowire.BytesType, name); err != nil {
		return err
	}
	if err := f.d.message(f.bytes, m); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (f field) text(name string, to *string) error {
	if err := f.want(protowire.BytesType, name); err != nil {
		return err
	}
	if s, ok := f.d.names[string(f.bytes)]; ok {
		*to = s
		return nil
	}
	cost := len(f.bytes)
	if cost <= internedLength {
		cost += internedCost
	}
	if err := f.d.spend(cost); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	*to = string(f.bytes)
	if len(*to) <= internedLength {
		f.d.names[*to] = *to
	}
	return nil
}

func (f field) raw(name string, to *[]byte) error {
	*to = f.bytes
	return f.want(protowire.BytesType, name)
}

func (f field) boolean(name string, to *bool) error {
	*to = f.scalar != 0
	return f.want(protowire.VarintType, name)
}

func (f field) float(name string, to *float32) error {
	*to = math.Float32frombits(uint32(f.scalar))
	return f.want(protowire.Fixed32Type, name)
}

func integer[T ~int32 | ~int64](f field, name string, to *T) error {
	*to = T(f.scalar)
	return f.want(protowire.VarintType, name)
}

// grow appends a zero element.
func grow[T any](d *decoder, list *[]T) (*T, error) {
	if err := d.spend(int(reflect.TypeFor[T]().Size())); err != nil {
		return nil, err
	}
	*list = append(*list, *new(T))
	return &(*list)[len(*list)-1], nil
}

// add decodes an element of a repeated field of messages. An error says which, by its number and, if it has one, by its name.
func add[T any, P interface {
	*T
	message
}](f field, name string, list *[]T) error {
	i := len(*list)
	m, err := grow(f.d, list)
	if err != nil {
		return fmt.Errorf("%s %d: %w", name, i, err)
	}
	if err = f.want(protowire.BytesType, "message"); err == nil {
		err = f.d.message(f.bytes, P(m))
	}
	if err == nil {
		return nil
	}
	if n, ok := any(m).(interface{ name() string }); ok && n.name() != "" {
		return fmt.Errorf("%s %d, %.200q: %w", name, i, n.name(), err)
	}
	return fmt.Errorf("%s %d: %w", name, i, err)
}

// one decodes a message behind a pointer, which it makes if there is none.
func one[T any, P interface {
	*T
	message
}](f field, name string, to **T) error {
	if *to == nil {
		if err := f.d.spend(int(reflect.TypeFor[T]().Size())); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*to = new(T)
	}
	return f.message(name, P(*to))
}

// addText decodes an element of a repeated field of strings.
func addText(f field, name string, list *[]string) error {
	s, err := grow(f.d, list)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return f.text(name, s)
}

// put decodes an entry of a map of messages.
func put[V any, P interface {
	*V
	message
}](f field, name string, m *Map[V]) error {
	var key string
	var value V
	if err := f.want(protowire.BytesType, name); err != nil {
		return err
	}
	err := f.d.message(f.bytes, visitor(func(e field) error {
		switch e.number {
		case 1:
			return e.text("key", &key)
		case 2:
			if err := e.want(protowire.BytesType, "value"); err != nil {
				return err
			}
			return e.d.message(e.bytes, P(&value))
		}
		return nil
	}))
	if err == nil {
		err = m.set(f.d, key, value)
	}
	if err != nil {
		return fmt.Errorf("%s %.200q: %w", name, key, err)
	}
	return nil
}

// putText decodes an entry of a map of strings.
func putText(f field, name string, m *Map[string]) error {
	var key, value string
	err := f.message(name, visitor(func(e field) error {
		switch e.number {
		case 1:
			return e.text("key", &key)
		case 2:
			return e.text("value", &value)
		}
		return nil
	}))
	if err != nil {
		return err
	}
	return m.set(f.d, key, value)
}

// scalars calls visit with each value of a field that holds one, or several packed ones, of the given wire type.
func (f field) scalars(name string, wire protowire.Type, visit func(v uint64) error) error {
	if f.wire == wire {
		return visit(f.scalar)
	}
	if err := f.want(protowire.BytesType, name); err != nil {
		return err
	}
	for b := f.bytes; len(b) > 0; {
		var v uint64
		n := 0
		switch wire {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			if n = 4; len(b) >= n {
				v = uint64(binary.LittleEndian.Uint32(b))
			}
		case protowire.Fixed64Type:
			if n = 8; len(b) >= n {
				v = binary.LittleEndian.Uint64(b)
			}
		default:
			return errors.New("no scalar")
		}
		if n < 0 || n > len(b) {
			return fmt.Errorf("%s: packed values end too early", name)
		}
		if err := visit(v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b = b[n:]
	}
	return nil
}

// addIntegers decodes a field's part of a repeated field of integers.
func addIntegers[T ~int32 | ~int64](f field, name string, list *[]T) error {
	return f.scalars(name, protowire.VarintType, func(v uint64) error {
		x, err := grow(f.d, list)
		if err != nil {
			return err
		}
		*x = T(v)
		return nil
	})
}
