package bundle

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/bits"
	"slices"
)

// Full is the Length of an extent over a whole dimension.
const Full = -1

// Extent is the range of one dimension that a slice takes.
type Extent struct{ Start, Length int64 }

// Slice is a box of a partitioned variable: an extent for each dimension.
type Slice []Extent

// sliceMark begins the keys of slices, and of nothing else: an ordered code of the number 0.
const sliceMark = "\x00"

// key returns the key of a slice's entry: ordered codes of 0, the variable's name, the rank, and each start and length.
func (s Slice) key(name string) string {
	b := append([]byte(sliceMark), escape(name)...)
	rank := binary.BigEndian.AppendUint64(nil, uint64(len(s)))
	rank = rank[bits.LeadingZeros64(uint64(len(s)))/8:]
	b = append(append(b, byte(len(rank))), rank...)
	for _, x := range s {
		b = appendSigned(appendSigned(b, x.Start), x.Length)
	}
	return string(b)
}

// escape is the ordered code of a string: 00 and ff get a second byte, and 00 01 ends it.
func escape(s string) []byte {
	var b []byte
	for _, c := range []byte(s) {
		b = append(b, c)
		switch c {
		case 0:
			b = append(b, 0xff)
		case 0xff:
			b = append(b, 0)
		}
	}
	return append(b, 0, 1)
}

// appendSigned appends the ordered code of a number: big-endian in the least n bytes that hold n+1 bits of length and the number with
// its sign. The length is as many ones, at the top, for numbers from 0, and zeros below.
func appendSigned(b []byte, v int64) []byte {
	n := (bits.Len64(uint64(v^v>>63)) + 7) / 7
	code := make([]byte, 2, 10) // as if v had 80 bits
	code[0], code[1] = byte(v>>63), byte(v>>63)
	code = binary.BigEndian.AppendUint64(code, uint64(v))[10-n:]
	ones := ^uint16(0) << (16 - n)
	code[0] ^= byte(ones >> 8)
	if n > 1 {
		code[1] ^= byte(ones)
	}
	return append(b, code...)
}

// assemble puts a partitioned variable together.
func (b *Bundle) assemble(key string, e Entry) ([]byte, error) {
	element, whole, err := e.extent()
	if err != nil {
		return nil, err
	}
	if err := b.holds(whole); err != nil {
		return nil, err
	}
	data := b.alloc(whole)
	missing := make([]bool, whole/element)
	for i := range missing {
		missing[i] = true
	}
	left, taken := len(missing), 0
	for i, s := range e.Slices {
		at, err := s.in(e.Shape)
		if err != nil {
			return nil, fmt.Errorf("slice %d: %w", i, err)
		}
		part, ok := b.entries[s.key(key)]
		if !ok {
			return nil, fmt.Errorf("slice %d, %v, has no entry", i, s)
		}
		if want := at.lengths(); part.DType != e.DType || !slices.Equal(part.Shape, want) {
			return nil, fmt.Errorf("slice %d is of type %d and shape %v, want %d and %v", i, part.DType, part.Shape, e.DType, want)
		}
		from, err := b.numbers(part)
		if err != nil {
			return nil, fmt.Errorf("slice %d: %w", i, err)
		}
		if taken += len(from) / int(element); taken > len(missing) {
			return nil, fmt.Errorf("slice %d, %v, overlaps those before it", i, s)
		}
		at.rows(e.Shape, func(first, n int64) {
			copy(data[first*element:(first+n)*element], from)
			from = from[n*element:]
			for j := first; j < first+n; j++ {
				if missing[j] {
					missing[j] = false
					left--
				}
			}
		})
	}
	if left > 0 {
		return nil, fmt.Errorf("its %d slices leave out %d elements of shape %v", len(e.Slices), left, e.Shape)
	}
	return data, nil
}

// holds returns an error if the shards together have less than n bytes.
func (b *Bundle) holds(n int64) error {
	have := int64(0)
	for i := 0; i < b.shards && have < n; i++ {
		info, err := fs.Stat(b.fsys, b.shard(i))
		if err != nil {
			return err
		}
		have += info.Size()
	}
	if have < n {
		return fmt.Errorf("a shape of %d bytes, all shards have %d: %w", n, have, errCut)
	}
	return nil
}

// in returns the slice with all lengths written out, if it lies within a shape.
func (s Slice) in(shape []int64) (Slice, error) {
	if len(s) != len(shape) {
		return nil, fmt.Errorf("%v has %d dimensions, shape %v", s, len(s), shape)
	}
	out := slices.Clone(s)
	for i, x := range s {
		if x.Length == Full && x.Start == 0 {
			out[i].Length = shape[i]
		} else if x.Start < 0 || x.Length < 0 || x.Start > shape[i] || x.Length > shape[i]-x.Start {
			return nil, fmt.Errorf("%v lies outside of shape %v", s, shape)
		}
	}
	return out, nil
}

func (s Slice) lengths() []int64 {
	var l []int64
	for _, x := range s {
		l = append(l, x.Length)
	}
	return l
}

// rows calls visit with the position and the number of the elements of each innermost run of the slice, in order.
func (s Slice) rows(shape []int64, visit func(first, n int64)) {
	if len(s) == 0 {
		visit(0, 1)
		return
	}
	if slices.Contains(s.lengths(), 0) {
		return
	}
	var walk func(dim int, base int64)
	walk = func(dim int, base int64) {
		base = base*shape[dim] + s[dim].Start
		if dim == len(s)-1 {
			visit(base, s[dim].Length)
			return
		}
		for i := range s[dim].Length {
			walk(dim+1, base+i)
		}
	}
	walk(0, 0)
}
