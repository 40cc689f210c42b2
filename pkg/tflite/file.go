package tflite

import (
	"bytes"
	"cmp"
	"io"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/memory"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// File is a model file that was not put together: pieces of structure, and between them the constants of the model that it was made from, which must not
// change while the file is in use.
type File struct {
	parts [][]byte
	size  int64
}

func (f *File) add(part []byte) {
	if len(part) > 0 {
		f.parts = append(f.parts, part)
		f.size += int64(len(part))
	}
}

// align adds zeros up to the alignment of constants.
func (f *File) align() { f.add(zeros[:-f.size&(alignment-1)]) }

// zeros are what there is between contents. They are only read.
var zeros = make([]byte, 4*alignment)

// Size returns the file's bytes.
func (f *File) Size() int64 { return f.size }

// WriteTo implements io.WriterTo. It may be called several times.
func (f *File) WriteTo(w io.Writer) (n int64, err error) {
	for _, part := range f.parts {
		k, err := w.Write(part)
		if n += int64(k); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Equal reports whether the file consists of these bytes. What shares memory with them is not read.
func (f *File) Equal(data []byte) bool {
	if int64(len(data)) != f.size {
		return false
	}
	for _, part := range f.parts {
		if !bytes.Equal(part, data[:len(part)]) {
			return false
		}
		data = data[len(part):]
	}
	return true
}

// Bytes returns the file in one piece, which may be shared with f.
func (f *File) Bytes() []byte {
	if len(f.parts) == 1 {
		return f.parts[0]
	}
	all := make([]byte, 0, f.size)
	for _, part := range f.parts {
		all = append(all, part...)
	}
	return all
}

// Join puts the file in one piece, and has the constants of m, which it was made from, lie in there, so that the memory of theirs is free. Memory that only these
// constants have is given back while they move, a block at a time, so that nothing large is there twice. What is not a piece of the file, since it is small, gets memory
// of its own: else a few bytes would keep all of the file that m was read from. Join returns the piece.
func (f *File) Join(m *ir.Model) []byte {
	if len(f.parts) == 1 {
		return f.parts[0]
	}
	own := owned(m)
	all := memory.Joined(int(f.size), f.parts, func(i int, block []byte) {
		if part := f.parts[i]; own[&part[0]] == len(part) {
			memory.Discard(block)
		}
	})
	l := relocation{}
	at := 0
	for _, part := range f.parts {
		l[content{&part[0], len(part)}] = all[at : at+len(part) : at+len(part)]
		at += len(part)
	}
	for _, g := range m.Graphs {
		for _, v := range g.Values {
			if t := v.Const; t != nil {
				var inside bool
				if t.Data, inside = l.move(t.Data); inside {
					t.Own = false
				}
			}
		}
		for _, n := range g.Nodes {
			switch a := n.Attr.(type) {
			case *op.Custom:
				a.Options, _ = l.move(a.Options)
			case *op.FullyConnected:
				a.QuantSpec, _ = l.move(a.QuantSpec)
			}
			if n.Carry != nil {
				if c, ok := n.Carry.Data.(*NodeCarry); ok {
					c.CustomOptions, _ = l.move(c.CustomOptions)
				}
			}
		}
	}
	for i := range m.Metadata {
		m.Metadata[i].Data, _ = l.move(m.Metadata[i].Data)
	}
	m.Trailer, _ = l.move(m.Trailer)
	f.parts = [][]byte{all}
	return all
}

// relocation is where contents have moved to.
type relocation map[content][]byte

// move returns the same bytes in other memory, and whether that is the file's. What shared memory shares the new one.
func (l relocation) move(data []byte) (moved []byte, inside bool) {
	if len(data) == 0 {
		if data == nil {
			return nil, false
		}
		return []byte{}, false
	}
	key := content{&data[0], len(data)}
	moved, inside = l[key]
	if !inside {
		moved = tensor.Alloc(len(data)) // which is aligned for elements of every type
		copy(moved, data)
		l[key] = moved
	}
	return moved, inside
}

// owned returns the sizes of the contents of which a model has all the memory for itself, by where they begin: no constant that may be shared with others lies in it, and
// none that is only a part of it or reaches beyond it.
func owned(m *ir.Model) map[*byte]int {
	var list []*tensor.Tensor
	for _, g := range m.Graphs {
		for _, v := range g.Values {
			if v.Const != nil && len(v.Const.Data) > 0 {
				list = append(list, v.Const)
			}
		}
	}
	slices.SortFunc(list, func(a, b *tensor.Tensor) int { return cmp.Compare(tensor.Address(a.Data), tensor.Address(b.Data)) })
	sizes := map[*byte]int{}
	for i := 0; i < len(list); {
		start, size, free := list[i], len(list[i].Data), true
		end := tensor.Address(start.Data)
		k := i
		for ; k < len(list) && (k == i || tensor.Address(list[k].Data) < end); k++ { // all that hang together
			t := list[k]
			end = max(end, tensor.Address(t.Data)+uintptr(len(t.Data)))
			free = free && t.Own && &t.Data[0] == &start.Data[0] && len(t.Data) == size
		}
		if free {
			sizes[&start.Data[0]] = size
		}
		i = k
	}
	return sizes
}
