package build

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// leastReuse is the size in bytes from which on memory is used again.
const leastReuse = 1 << 16

// spare is what Alloc gave out, by where it begins, and what came back.
type spare struct {
	lent map[*byte][]byte
	free []byte
}

// Alloc returns memory for the content of a constant, n bytes of whatever content: that of one that was released, if it is large enough. Fresh memory takes
// longer to come by than a weight to be read.
func (b *Builder) Alloc(n int) []byte {
	if n < leastReuse {
		return tensor.Alloc(n)
	}
	s := &b.state.spare
	room := s.free
	if s.free = nil; len(room) < n {
		room = tensor.Alloc(n)
	}
	if s.lent == nil {
		s.lent = map[*byte][]byte{}
	}
	s.lent[&room[0]] = room
	return room[:n:n]
}

// Release drops the content of a constant that nothing uses any more, and that is to be swept. Memory that came from Alloc is used again if no value of the model
// has any of it.
func (b *Builder) Release(v *ir.Value) {
	t := v.Const
	v.Const = nil
	if t == nil || len(t.Data) == 0 {
		return
	}
	start := &t.Data[0]
	delete(b.state.seen, start)
	s := &b.state.spare
	room := s.lent[start]
	if delete(s.lent, start); len(room) > len(s.free) && !b.has(room) {
		s.free = room
	}
}

// has reports whether the content of any constant lies in room.
func (b *Builder) has(room []byte) bool {
	for _, g := range b.Model.Graphs {
		for _, v := range g.Values {
			if v.Const != nil && tensor.Overlap(v.Const.Data, room) {
				return true
			}
		}
	}
	return false
}
