package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// List returns operand i, which must be a list.
func (c *Context) List(i int) *List {
	l := c.Edge(i).List
	if l == nil {
		build.Refuse("input %d is no list of tensors", i)
	}
	return l
}

// tensorOf returns the list as a tensor, [n, …element]. A list without one becomes zeros; element is what the caller knows of the shape of an element, nil for nothing.
func (c *Context) tensorOf(l *List, element []build.Dim) *ir.Value {
	if l.Value != nil {
		return l.Value
	}
	element = join(l.Element, element)
	if !complete(element) {
		build.Refuse("the shape of the list's elements is not known")
	}
	if l.DType.Bits() == 0 {
		build.Refuse("lists of %v", l.DType)
	}
	zero := c.Const(c.name("zero"), tensor.New(l.DType, nil))
	dims := append([]build.Dim{l.Count}, element...)
	return c.emitDims("FILL", nil, l.DType, dims, c.Vector(c.name("dims"), dims), zero)
}

// join returns a shape of which a and b know parts.
func join(a, b []build.Dim) []build.Dim {
	if a == nil || b == nil || len(a) != len(b) {
		if a == nil {
			return b
		}
		return a
	}
	both := make([]build.Dim, len(a))
	for i, d := range a {
		if both[i] = d; d.Value == nil && d.Size < 0 {
			both[i] = b[i]
		}
	}
	return both
}

// complete reports whether every dimension is known, or computed.
func complete(dims []build.Dim) bool {
	for _, d := range dims {
		if d.Value == nil && d.Size < 0 {
			return false
		}
	}
	return dims != nil
}

// lengthOf returns the number of the list's elements.
func (c *Context) lengthOf(l *List) build.Dim {
	if l.Value == nil {
		return l.Count
	}
	return c.Dims(c.name("length"), l.Value)[0]
}

// scalarOf returns a dimension as a scalar of int32.
func (c *Context) scalarOf(d build.Dim) *ir.Value {
	if d.Value != nil {
		return d.Value
	}
	return c.Builder.Int(c.name("size"), d.Size)
}

// row returns an element as a list of one: with a leading dimension of 1.
func (c *Context) row(item *ir.Value) *ir.Value {
	if item.Type.Static() {
		return c.Reshape(c.name("reshape"), item, append(build.Fixed(1), build.Fixed(item.Type.Shape...)...))
	}
	return c.Emit("EXPAND_DIMS", nil, item, c.Builder.Int(c.name("axis"), 0))
}

// setItem returns the list with another element at an index, a scalar of int32. A list of one is just the new element.
func (c *Context) setItem(l *List, index, item *ir.Value) *List {
	row := c.row(item)
	if n := l.size(); n == 1 {
		return &List{Value: row}
	}
	v := c.tensorOf(l, c.Dims(c.name("item"), item))
	start := []*ir.Value{index}
	for range item.Type.Shape {
		start = append(start, c.Builder.Int(c.name("zero"), 0))
	}
	at := c.Emit("PACK", &op.Pack{Count: len(start)}, start...)
	after := c.Emit("DYNAMIC_UPDATE_SLICE", nil, v, row, at)
	c.noteItem(v, after, index, item)
	return &List{Value: after}
}

// size returns the number of elements, or -1.
func (l *List) size() int {
	switch {
	case l.Value != nil:
		return l.Value.Type.Shape[0]
	case l.Count.Value != nil:
		return -1
	}
	return l.Count.Size
}

// getItem returns the elements at indices of any shape.
func (c *Context) getItem(l *List, index *ir.Value, element []build.Dim) *ir.Value {
	v := c.tensorOf(l, element)
	if c.scope.unrolling > 0 {
		if item := c.unpackItems(v, index); item != nil {
			return item
		}
	}
	return c.Emit("GATHER", &op.Gather{}, v, index)
}

// pushItem returns the list with one more element.
func (c *Context) pushItem(l *List, item *ir.Value) *List {
	row := c.row(item)
	if l.size() == 0 {
		return &List{Value: row}
	}
	v := c.tensorOf(l, c.Dims(c.name("item"), item))
	return &List{Value: c.Emit("CONCATENATION", &op.Concat{}, v, row)}
}

// growList returns the list with zeros behind it, so that it has at least n elements, a scalar of int32.
func (c *Context) growList(l *List, n *ir.Value) *List {
	length := c.scalarOf(c.lengthOf(l))
	if l.Value == nil {
		most := c.Emit("MAXIMUM", nil, length, n)
		return &List{DType: l.DType, Count: c.dimOf(most), Element: l.Element}
	}
	more := c.Emit("MAXIMUM", nil, c.Emit("SUB", &op.Arith{}, n, length), c.Builder.Int(c.name("zero"), 0))
	if known, _ := c.Known(more); len(known) == 1 && known[0] == 0 {
		return l
	}
	dims := c.Dims(c.name("list"), l.Value)
	rank := len(dims)
	pads := c.Emit("PACK", &op.Pack{Count: 2}, c.Builder.Int(c.name("zero"), 0), more)
	pads = c.Emit("RESHAPE", &op.Reshape{}, pads, c.Ints(c.name("shape"), 1, 2))
	if rank > 1 {
		rest := c.Const(c.name("rest"), tensor.New(tensor.Int32, tensor.Shape{rank - 1, 2}))
		pads = c.Emit("CONCATENATION", &op.Concat{}, pads, rest)
	}
	dims[0] = c.dimOf(c.Emit("MAXIMUM", nil, length, n))
	return &List{Value: c.emitDims("PAD", nil, l.Value.Type.DType, dims, l.Value, pads)}
}

// cutList returns the first n elements, of a list of at least n; n is a scalar of int32.
func (c *Context) cutList(l *List, n *ir.Value) *List {
	if l.Value == nil {
		return &List{DType: l.DType, Count: c.dimOf(n), Element: l.Element}
	}
	rank := len(l.Value.Type.Shape)
	size := []build.Dim{c.dimOf(n)}
	for range rank - 1 {
		size = append(size, build.Dim{Size: -1})
	}
	begin := c.Const(c.name("begin"), tensor.New(tensor.Int32, tensor.Shape{rank}))
	dims := c.Dims(c.name("list"), l.Value)
	dims[0] = size[0]
	return &List{Value: c.emitDims("SLICE", nil, l.Value.Type.DType, dims, l.Value, begin, c.Vector(c.name("size"), size))}
}

// emitDims emits an operator whose result has the given dimensions. It may compute them from numbers that the operands only hold when the model runs.
func (c *Context) emitDims(operator string, attr ir.Attr, d tensor.DType, dims []build.Dim, in ...*ir.Value) *ir.Value {
	known := true
	for _, dim := range dims {
		if dim.Value != nil {
			_, ok := c.Known(dim.Value)
			known = known && ok
		}
	}
	if known {
		return c.Emit(operator, attr, in...)
	}
	return c.EmitForms(c.name(operator), operator, attr, []build.Form{c.FormOf(d, dims)}, in...)[0]
}

// dimOf returns a scalar as a dimension: a number where that is known.
func (c *Context) dimOf(n *ir.Value) build.Dim {
	if known, ok := c.Known(n); ok && len(known) == 1 && known[0] >= 0 {
		return build.Dim{Size: known[0]}
	}
	return build.Dim{Size: build.Unknown, Value: c.scalar32(n)}
}

// scalar32 returns one integer as a scalar of int32.
func (c *Context) scalar32(v *ir.Value) *ir.Value {
	if v.Type.DType != i32 {
		v = c.Emit("CAST", &op.Cast{In: v.Type.DType, Out: i32}, v)
	}
	if len(v.Type.Shape) > 0 {
		v = c.Emit("RESHAPE", &op.Reshape{}, v, c.Const(c.name("shape"), tensor.I32(tensor.Shape{0})))
	}
	return v
}

// elementShape reads an operand that is a shape, -1 where a dimension is not known; a scalar -1 means that not even the rank is, and gives nil.
func (c *Context) elementShape(v *ir.Value) []build.Dim {
	if len(v.Type.Shape) != 1 || v.Type.Shape[0] < 0 {
		return nil
	}
	dims := make([]build.Dim, length(v, "the shape"))
	known, ok := c.Known(v)
	for i := range dims {
		switch {
		case ok && known[i] != build.Unknown:
			dims[i] = build.Dim{Size: max(known[i], -1)}
		default:
			d := c.Emit("STRIDED_SLICE", &op.StridedSlice{ShrinkAxisMask: 1}, v, c.Ints(c.name("begin"), i), c.Ints(c.name("end"), i+1), c.Ints(c.name("stride"), 1))
			dims[i] = c.dimOf(d)
		}
	}
	return dims
}
