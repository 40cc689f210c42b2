package schema

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
)

// Verify checks a model's bytes so that the accessors and UnPack can be used on them: every offset, length and union member that a model
// can reach lies inside data. It returns where the reachable part ends; what follows is not part of the flatbuffer.
//
// Tables and vectors that are reached many times over could blow a small file up to a large object tree; Verify refuses what reaches more
// than twice as many bytes as there are. An error names the path from the root.
func Verify(data []byte) (end int, err error) {
	v := verifier{data: data[:min(len(data), math.MaxInt32)]}
	v.budget = 2*int64(len(v.data)) + 64<<10
	if len(data) < 8 {
		return 0, fmt.Errorf("%d bytes hold no flatbuffer", len(data))
	}
	if got := string(data[4:8]); got != ModelIdentifier {
		return 0, fmt.Errorf("has identifier %q, want %q", got, ModelIdentifier)
	}
	root := int64(binary.LittleEndian.Uint32(data))
	if bad := v.table(layouts()["Model"], root); bad != nil {
		return 0, fmt.Errorf("%s: %s", cmp.Or(bad.path, "Model"), bad.message)
	}
	return int(v.end), nil
}

type verifier struct {
	data   []byte
	end    int64 // of what was reached so far
	budget int64 // bytes that may still be reached
}

// flaw is an error on its way out: the path grows in front.
type flaw struct{ path, message string }

func flawf(format string, args ...any) *flaw { return &flaw{message: fmt.Sprintf(format, args...)} }

// take notes that n bytes at pos are used, at a cost of so many bytes in memory.
func (v *verifier) take(pos, n, cost int64) *flaw {
	if pos < 0 || n < 0 || pos+n > int64(len(v.data)) {
		return flawf("%d bytes at %d are not inside of a file of %d, which may be cut off", n, pos, len(v.data))
	}
	v.end = max(v.end, pos+n)
	if v.budget -= cost; v.budget < 0 {
		return flawf("refers to the same bytes too often")
	}
	return nil
}

func (v *verifier) u16(pos int64) int64 { return int64(binary.LittleEndian.Uint16(v.data[pos:])) }
func (v *verifier) u32(pos int64) int64 { return int64(binary.LittleEndian.Uint32(v.data[pos:])) }

// tableCost is what a table costs beyond its own bytes.
const tableCost = 8

func (v *verifier) table(t *table, pos int64) *flaw {
	if bad := v.take(pos, 4, tableCost); bad != nil {
		return bad
	}
	vtable := pos - int64(int32(v.u32(pos)))
	if bad := v.take(vtable, 4, 0); bad != nil {
		return flawf("vtable: %s", bad.message)
	}
	vsize, size := v.u16(vtable), v.u16(vtable+2)
	if vsize < 4 || vsize%2 != 0 || size < 4 {
		return flawf("vtable at %d declares %d and %d bytes", vtable, vsize, size)
	}
	if bad := v.take(vtable, vsize, 0); bad != nil {
		return flawf("vtable: %s", bad.message)
	}
	if bad := v.take(pos, size, size); bad != nil {
		return bad
	}
	member := 0
	for i, f := range t.fields {
		slot := int64(4 + 2*i)
		if slot+2 > vsize {
			break
		}
		offset := v.u16(vtable + slot)
		if offset == 0 || f.kind == retired {
			continue
		}
		width := int64(4)
		if f.kind == scalar || f.kind == discriminator {
			width = int64(f.size)
		}
		if offset < 4 || offset+width > size {
			return &flaw{f.name, fmt.Sprintf("lies at %d of a table of %d bytes", offset, size)}
		}
		if f.kind == discriminator {
			member = int(v.data[pos+offset])
		}
		if bad := v.field(f, pos+offset, member); bad != nil {
			bad.path = join(f.name, bad.path)
			return bad
		}
		if f.kind == union {
			member = 0
		}
	}
	return nil
}

// field checks what the field at pos refers to.
func (v *verifier) field(f field, pos int64, member int) *flaw {
	if f.kind == scalar || f.kind == discriminator {
		return nil
	}
	target, bad := v.follow(pos)
	if bad != nil {
		return bad
	}
	switch f.kind {
	case single:
		return v.table(f.ref, target)
	case union:
		if member >= len(f.members) {
			return flawf("is of type %d, which this schema does not know", member)
		}
		if member == 0 {
			return nil
		}
		return v.table(f.members[member], target)
	}
	if bad := v.take(target, 4, 4); bad != nil {
		return bad
	}
	n := v.u32(target)
	switch f.kind {
	case text:
		return v.take(target+4, n, n)
	case scalars:
		return v.take(target+4, n*int64(f.size), n*int64(f.size))
	}
	if bad := v.take(target+4, 4*n, 4*n); bad != nil {
		return bad
	}
	for i := range n {
		element, bad := v.follow(target + 4 + 4*i)
		if bad == nil {
			bad = v.table(f.ref, element)
		}
		if bad != nil {
			bad.path = join(fmt.Sprintf("[%d]", i), bad.path)
			return bad
		}
	}
	return nil
}

// follow returns where the offset at pos, which is inside, leads. Offsets lead forward only, so that there are no cycles.
func (v *verifier) follow(pos int64) (int64, *flaw) {
	offset := v.u32(pos)
	if offset == 0 {
		return 0, flawf("offset at %d is 0", pos)
	}
	return pos + offset, nil
}

func join(outer, inner string) string {
	if inner == "" || inner[0] == '[' {
		return outer + inner
	}
	return outer + "." + inner
}
