package bundle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// typeString is DT_STRING.
const typeString = 7

// sizes holds the bytes of an element, by DataType. Types that are not here have no fixed size.
var sizes = map[int]int64{
	1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 8: 8, 9: 8, 10: 1, // float, double, int32, uint8, int16, int8, complex64, int64, bool
	11: 1, 12: 1, 13: 4, 14: 2, 15: 2, 16: 2, 17: 2, // qint8, quint8, qint32, bfloat16, qint16, quint16, uint16
	18: 16, 19: 2, 22: 4, 23: 8, // complex128, half, uint32, uint64
	24: 1, 25: 1, 26: 1, 27: 1, 28: 1, // float8
	29: 1, 30: 1, 31: 1, 32: 1, // int4, uint4, int2, uint2
}

var errLarge = errors.New("shape has more than 2^63 bytes")

// extent returns the bytes of an element and of a whole tensor of numbers.
func (e Entry) extent() (element, whole int64, err error) {
	element, ok := sizes[e.DType]
	if !ok {
		return 0, 0, fmt.Errorf("type %d is not one of numbers", e.DType)
	}
	n, err := elements(e.Shape)
	if err != nil {
		return 0, 0, err
	}
	if n > math.MaxInt64/element {
		return 0, 0, errLarge
	}
	return element, n * element, nil
}

func elements(shape []int64) (int64, error) {
	n := int64(1)
	for _, d := range shape {
		if d == 0 {
			return 0, nil
		}
		if n > math.MaxInt64/d {
			return 0, errLarge
		}
		n *= d
	}
	return n, nil
}

// numbers returns the bytes of a tensor that is stored in one piece.
func (b *Bundle) numbers(e Entry) ([]byte, error) {
	_, whole, err := e.extent()
	if err != nil {
		return nil, err
	}
	if whole != e.size {
		return nil, fmt.Errorf("shape %v of type %d has %d bytes, stored are %d", e.Shape, e.DType, whole, e.size)
	}
	data, err := b.stored(e)
	if err != nil {
		return nil, err
	}
	if sum := masked(crc32.Checksum(data, castagnoli)); sum != e.crc {
		return nil, fmt.Errorf("checksum %08x, stored %08x", sum, e.crc)
	}
	return data, nil
}

// strings decodes a tensor of strings: the lengths as varints, a masked checksum of them, and the strings themselves. Checksums cover a
// length as four bytes, or eight if it needs them; the entry's covers lengths, their checksum and strings.
func (b *Bundle) strings(e Entry) ([][]byte, error) {
	if e.DType != typeString {
		return nil, fmt.Errorf("type %d is not that of strings, %d", e.DType, typeString)
	}
	if len(e.Slices) > 0 {
		return nil, errors.New("a partitioned variable of strings")
	}
	n, err := elements(e.Shape)
	if err != nil {
		return nil, err
	}
	if n > e.size {
		return nil, fmt.Errorf("%d strings in %d bytes: %w", n, e.size, errCut)
	}
	data, err := b.stored(e)
	if err != nil {
		return nil, err
	}
	lengths := make([]uint64, n)
	sum := uint32(0)
	for i := range lengths {
		if lengths[i], data, err = uvarint(data); err != nil {
			return nil, fmt.Errorf("length of string %d: %w", i, err)
		}
		word := binary.LittleEndian.AppendUint64(nil, lengths[i])
		if lengths[i] <= math.MaxUint32 {
			word = word[:4]
		}
		sum = crc32.Update(sum, castagnoli, word)
	}
	if len(data) < 4 {
		return nil, fmt.Errorf("checksum of the lengths: %w", errCut)
	}
	if stored := binary.LittleEndian.Uint32(data); masked(sum) != stored {
		return nil, fmt.Errorf("checksum %08x of the lengths, stored %08x", masked(sum), stored)
	}
	if sum = masked(crc32.Update(sum, castagnoli, data)); sum != e.crc {
		return nil, fmt.Errorf("checksum %08x, stored %08x", sum, e.crc)
	}
	data = data[4:]
	elements := make([][]byte, n)
	for i, l := range lengths {
		if l > uint64(len(data)) {
			return nil, fmt.Errorf("string %d of %d bytes: %w", i, l, errCut)
		}
		elements[i], data = data[:l:l], data[l:]
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%d bytes after the last string", len(data))
	}
	return elements, nil
}
