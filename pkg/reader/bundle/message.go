package bundle

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// header is BundleHeaderProto, the value of the empty key.
type header struct {
	shards    int // num_shards = 1
	bigEndian bool
}

func parseHeader(message []byte) (header, error) {
	var h header
	err := fields(message, func(number protowire.Number, scalar uint64, _ []byte) error {
		switch number {
		case 1:
			if scalar > math.MaxInt32 {
				return fmt.Errorf("%d shards", int64(scalar))
			}
			h.shards = int(scalar)
		case 2:
			h.bigEndian = scalar != 0
		}
		return nil
	})
	if err != nil {
		return header{}, fmt.Errorf("header: %w", err)
	}
	return h, nil
}

// parseEntry decodes BundleEntryProto, the value of every other key.
func parseEntry(message []byte) (Entry, error) {
	var e Entry
	err := fields(message, func(number protowire.Number, scalar uint64, bytes []byte) (err error) {
		switch number {
		case 1:
			e.DType = int(int32(scalar))
		case 2:
			e.Shape, err = parseShape(bytes)
		case 3:
			e.shard = int(int32(scalar))
		case 4:
			e.offset = int64(scalar)
		case 5:
			e.size = int64(scalar)
		case 6:
			e.crc = uint32(scalar)
		case 7:
			var s Slice
			if s, err = parseSlice(bytes); err == nil {
				e.Slices = append(e.Slices, s)
			}
		}
		return err
	})
	return e, err
}

// maxRank is TensorFlow's limit on dimensions.
const maxRank = 254

var errRank = fmt.Errorf("more than %d dimensions", maxRank)

// parseShape decodes TensorShapeProto, whose dimensions are all known in a checkpoint.
func parseShape(message []byte) ([]int64, error) {
	var shape []int64
	err := fields(message, func(number protowire.Number, scalar uint64, bytes []byte) error {
		switch number {
		case 2:
			if len(shape) == maxRank {
				return errRank
			}
			var size int64
			err := fields(bytes, func(number protowire.Number, scalar uint64, _ []byte) error {
				if number == 1 {
					size = int64(scalar)
				}
				return nil
			})
			if err != nil {
				return err
			}
			if size < 0 {
				return fmt.Errorf("dimension %d is %d", len(shape), size)
			}
			shape = append(shape, size)
		case 3:
			if scalar != 0 {
				return errors.New("unknown rank")
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("shape: %w", err)
	}
	return shape, nil
}

// parseSlice decodes TensorSliceProto. An extent without a length is the whole dimension.
func parseSlice(message []byte) (Slice, error) {
	var s Slice
	err := fields(message, func(number protowire.Number, _ uint64, bytes []byte) error {
		if number != 1 {
			return nil
		}
		if len(s) == maxRank {
			return errRank
		}
		extent := Extent{Length: Full}
		err := fields(bytes, func(number protowire.Number, scalar uint64, _ []byte) error {
			switch number {
			case 1:
				extent.Start = int64(scalar)
			case 2:
				extent.Length = int64(scalar)
			}
			return nil
		})
		s = append(s, extent)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("slice: %w", err)
	}
	return s, nil
}

// fields calls visit with each field of a message: its scalar or its bytes, by wire type.
func fields(message []byte, visit func(number protowire.Number, scalar uint64, bytes []byte) error) error {
	for rest := message; len(rest) > 0; {
		offset := len(message) - len(rest)
		number, wire, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return fmt.Errorf("offset %d: %w", offset, protowire.ParseError(n))
		}
		rest = rest[n:]
		var scalar uint64
		var bytes []byte
		switch wire {
		case protowire.VarintType:
			scalar, n = protowire.ConsumeVarint(rest)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(rest)
			scalar = uint64(v)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(rest)
		default:
			n = protowire.ConsumeFieldValue(number, wire, rest)
		}
		if n < 0 {
			return fmt.Errorf("field %d at offset %d: %w", number, offset, protowire.ParseError(n))
		}
		rest = rest[n:]
		if err := visit(number, scalar, bytes); err != nil {
			return err
		}
	}
	return nil
}
