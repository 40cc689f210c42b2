package tfpb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// TensorProto is a constant. Its elements are decoded when they are asked for.
type TensorProto struct {
	Dtype       DataType
	TensorShape TensorShapeProto

	data []byte
}

// keep holds on to the message's bytes. Concatenation is how protobuf merges messages.
func (t *TensorProto) keep(d *decoder, data []byte) error {
	if t.data == nil {
		t.data = data
		return nil
	}
	if err := d.spend(len(t.data) + len(data)); err != nil {
		return err
	}
	t.data = append(slices.Clip(t.data), data...)
	return nil
}

func (t *TensorProto) field(f field) error {
	switch f.number {
	case 1:
		return integer(f, "dtype", &t.Dtype)
	case 2:
		return f.message("tensor_shape", &t.TensorShape)
	}
	return nil
}

// Stored returns the number of bytes that the message holds of the tensor.
func (t *TensorProto) Stored() int { return len(t.data) }

// Bytes returns the elements of a tensor of numbers: little-endian, in row-major order, of Dtype.Size() bytes each. They share memory
// with the decoded data if that has them in one piece. Otherwise it has values: if fewer than elements, the last one is repeated, and if
// there are none, all are zero. Content of another size than the shape's, or more values, are errors.
//
// A few bytes of data may stand for a tensor of any size: one of more than limit bytes is an error.
func (t *TensorProto) Bytes(limit int64) ([]byte, error) {
	b, err := t.bytes(limit)
	if err != nil {
		return nil, fmt.Errorf("constant of type %v: %w", t.Dtype, err)
	}
	return b, nil
}

func (t *TensorProto) bytes(limit int64) ([]byte, error) {
	size := int64(t.Dtype.Size())
	if size == 0 {
		return nil, errors.New("not a type of numbers")
	}
	n, err := t.elements(limit / size)
	if err != nil {
		return nil, err
	}
	whole := int(n * size)
	var content, values []byte
	err = newDecoder(len(t.data)).message(t.data, visitor(func(f field) error {
		switch f.number {
		case 4:
			return f.raw("tensor_content", &content)
		case dataTypes[t.Dtype].values:
			if values, err = appendValues(values, f, t.Dtype); err != nil {
				return err
			}
			if len(values) > whole {
				return fmt.Errorf("more values than the %d elements of shape %v", n, t.TensorShape.Dim)
			}
		}
		return nil
	}))
	if err != nil {
		return nil, err
	}
	if len(content) > 0 {
		if len(content) != whole {
			return nil, fmt.Errorf("shape %v takes %d bytes, the content has %d", t.TensorShape.Dim, whole, len(content))
		}
		return content, nil
	}
	if len(values)%int(size) != 0 {
		return nil, errors.New("half of a complex number")
	}
	return repeat(values, whole, int(size)), nil
}

// elements returns the number of elements, if it is at most limit.
func (t *TensorProto) elements(limit int64) (int64, error) {
	n, err := t.TensorShape.Elements()
	if err != nil {
		return 0, err
	}
	if n > limit {
		return 0, fmt.Errorf("shape %v has %d elements, more than the limit of %d", t.TensorShape.Dim, n, limit)
	}
	return n, nil
}

// appendValues appends the value or packed values of a field.
func appendValues(b []byte, f field, t DataType) ([]byte, error) {
	switch f.number {
	case floatVal, scomplexVal:
		err := f.scalars("values", protowire.Fixed32Type, func(v uint64) error {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
			return nil
		})
		return b, err
	case doubleVal, dcomplexVal:
		err := f.scalars("values", protowire.Fixed64Type, func(v uint64) error {
			b = binary.LittleEndian.AppendUint64(b, v)
			return nil
		})
		return b, err
	case float8Val:
		return append(b, f.bytes...), f.want(protowire.BytesType, "values")
	}
	err := f.scalars("values", protowire.VarintType, func(v uint64) error {
		if t == Bool && v != 0 {
			v = 1
		}
		for range t.Size() {
			b = append(b, byte(v))
			v >>= 8
		}
		return nil
	})
	return b, err
}

// repeat returns whole bytes: the values, and then the last one, of size bytes, again and again, or zeros if there is none.
func repeat(values []byte, whole, size int) []byte {
	if len(values) == whole {
		return values
	}
	all := make([]byte, whole)
	copy(all, values)
	if len(values) > 0 {
		for have := len(values); have < whole; have += size {
			copy(all[have:have+size], all[have-size:have])
		}
	}
	return all
}

// Strings returns the elements of a tensor of strings, in row-major order. They share memory with the decoded data. As with Bytes, the
// last of fewer values is repeated; missing ones are empty. A tensor of more than limit elements is an error.
func (t *TensorProto) Strings(limit int64) ([][]byte, error) {
	s, err := t.strings(limit)
	if err != nil {
		return nil, fmt.Errorf("constant of type %v: %w", t.Dtype, err)
	}
	return s, nil
}

func (t *TensorProto) strings(limit int64) ([][]byte, error) {
	if t.Dtype != String {
		return nil, errors.New("not a type of strings")
	}
	n, err := t.elements(limit)
	if err != nil {
		return nil, err
	}
	var content []byte
	var values [][]byte
	err = newDecoder(len(t.data)).message(t.data, visitor(func(f field) error {
		switch f.number {
		case 4:
			return f.raw("tensor_content", &content)
		case stringVal:
			if int64(len(values)) == n {
				return fmt.Errorf("more values than the %d elements of shape %v", n, t.TensorShape.Dim)
			}
			values = append(values, f.bytes)
			return f.want(protowire.BytesType, "string_val")
		}
		return nil
	}))
	if err != nil {
		return nil, err
	}
	if len(content) > 0 {
		return split(content, n)
	}
	all := make([][]byte, n)
	copy(all, values)
	for i := len(values); i < len(all) && len(values) > 0; i++ {
		all[i] = values[len(values)-1]
	}
	return all, nil
}

// split decodes the content of n strings: their lengths as varints, and then their bytes.
func split(content []byte, n int64) ([][]byte, error) {
	if n > int64(len(content)) {
		return nil, fmt.Errorf("%d strings in %d bytes of content", n, len(content))
	}
	lengths := make([]uint64, n)
	for i := range lengths {
		v, used := protowire.ConsumeVarint(content)
		if used < 0 {
			return nil, fmt.Errorf("length of string %d: %w", i, protowire.ParseError(used))
		}
		lengths[i], content = v, content[used:]
	}
	all := make([][]byte, n)
	for i, l := range lengths {
		if l > uint64(len(content)) {
			return nil, fmt.Errorf("string %d has %d bytes, the content %d more", i, l, len(content))
		}
		all[i], content = content[:l:l], content[l:]
	}
	if len(content) > 0 {
		return nil, fmt.Errorf("%d bytes after the last string", len(content))
	}
	return all, nil
}
