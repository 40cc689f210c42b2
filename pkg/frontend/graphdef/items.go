package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// items is what is known of the elements of lists beside their tensors. Loops that are written out, and lists that Python filled, set and read elements at known
// indices one by one: PACK and UNPACK do that at once.
type items struct {
	set   map[*ir.Value]setting     // the tensors of lists in which an element was set
	whole map[*ir.Value]*ir.Value   // the tensors that were packed instead
	cut   map[*ir.Value][]*ir.Value // the elements of tensors that were unpacked
}

// setting is an element that was set in a list.
type setting struct {
	list  *ir.Value // before
	index int
	item  *ir.Value
}

func newItems() *items {
	return &items{map[*ir.Value]setting{}, map[*ir.Value]*ir.Value{}, map[*ir.Value][]*ir.Value{}}
}

// noteItem remembers that after is the list before with another item at an index, if that is known.
func (c *Context) noteItem(before, after, index, item *ir.Value) {
	if k, ok := c.Known(index); ok && len(k) == 1 && k[0] >= 0 {
		c.scope.items.set[after] = setting{before, k[0], item}
	}
}

// packItems returns a list's tensor, by PACK if all its elements were set one by one.
func (c *Context) packItems(v *ir.Value) *ir.Value {
	r := c.scope.items
	if w := r.whole[v]; w != nil {
		return w
	}
	if _, ok := r.set[v]; !ok || v.Type.Shape[0] < 2 || v.Type.Shape[0] > constLimit {
		return v
	}
	items := make([]*ir.Value, v.Type.Shape[0])
	missing := len(items)
	for at, ok := r.set[v]; ok && missing > 0; at, ok = r.set[at.list] {
		if at.index < len(items) && items[at.index] == nil {
			items[at.index] = at.item
			missing--
		}
	}
	if missing > 0 {
		return v
	}
	r.whole[v] = c.Emit("PACK", &op.Pack{Count: len(items)}, items...)
	return r.whole[v]
}

// unpackable are the element types that UNPACK takes.
var unpackable = []tensor.DType{f32, tensor.Int8, tensor.UInt8, tensor.Int16, i32, tensor.Bool}

// unpackItems returns an element of a list at a known index by UNPACK, which gives all others, too; nil if it can't.
func (c *Context) unpackItems(v, index *ir.Value) *ir.Value {
	k, ok := c.Known(index)
	n := v.Type.Shape[0]
	if !ok || len(k) != 1 || len(index.Type.Shape) > 0 || k[0] < 0 || k[0] >= n || n < 2 || v.Const != nil || !slices.Contains(unpackable, v.Type.DType) {
		return nil
	}
	r := c.scope.items
	if r.cut[v] == nil {
		r.cut[v] = c.EmitN("UNPACK", &op.Unpack{Count: n}, n, v)
	}
	return r.cut[v][k[0]]
}
