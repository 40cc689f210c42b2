package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// lists are the operators on lists of tensors. A list is a tensor (List).
var lists = []Op{
	{Name: "TensorListReserve", To: "FILL", Lower: lowerListReserve},
	{Name: "EmptyTensorList", To: "FILL", Lower: func(c *Context) {
		c.OutEdges(Edge{List: &List{DType: c.Type("element_dtype", f32), Element: c.elementShape(c.In(0))}})
	}},
	{Name: "TensorListFromTensor", Lower: lowerListFromTensor},
	{Name: "TensorListStack", To: "FILL PACK", Lower: func(c *Context) { c.Out(c.packItems(c.tensorOf(c.List(0), c.shapeOperand(1)))) }},
	{Name: "TensorListLength", To: "SHAPE STRIDED_SLICE", Lower: func(c *Context) { c.Out(c.scalarOf(c.lengthOf(c.List(0)))) }},
	{Name: "TensorListSetItem", To: "EXPAND_DIMS RESHAPE PACK DYNAMIC_UPDATE_SLICE PAD", Lower: lowerListSetItem},
	{Name: "TensorListGetItem", To: "GATHER UNPACK", Lower: func(c *Context) { c.Out(c.getItem(c.List(0), c.scalar32(c.In(1)), c.shapeOperand(2))) }},
	{Name: "TensorListPushBack", To: "EXPAND_DIMS RESHAPE CONCATENATION", Lower: func(c *Context) { c.OutEdges(Edge{List: c.pushItem(c.List(0), c.In(1))}) }},
	{Name: "TensorListPopBack", Results: []string{"output_handle", "tensor"}, To: "GATHER UNPACK SLICE", Lower: lowerListPopBack},
	{Name: "TensorListResize", To: "SLICE PAD", Lower: lowerListResize},
	{Name: "TensorListGather", To: "GATHER UNPACK", Lower: func(c *Context) { c.Out(c.getItem(c.List(0), c.In(1), c.shapeOperand(2))) }},
	{Name: "TensorListScatter", To: "GATHER SCATTER_ND", Note: "constant indices only", Lower: lowerListScatter},
	{Name: "TensorListScatterV2", To: "GATHER SCATTER_ND", Note: "constant indices only", Lower: lowerListScatter},
	{Name: "TensorListScatterIntoExistingList", To: "GATHER DYNAMIC_UPDATE_SLICE", Note: "constant indices only", Lower: lowerListScatterInto},
	{Name: "TensorListSplit", To: "RESHAPE", Note: "equal lengths only", Lower: lowerListSplit},
	{Name: "TensorListConcat", Results: []string{"tensor", "lengths"}, To: "RESHAPE", Note: "elements of one shape only", Lower: lowerListConcat},
	{Name: "TensorListConcatV2", Results: []string{"tensor", "lengths"}, To: "RESHAPE", Note: "elements of one shape only", Lower: lowerListConcat},
	{Name: "TensorListConcatLists", To: "CONCATENATION", Lower: lowerListConcatLists},
	{Name: "TensorListElementShape", To: "SHAPE STRIDED_SLICE", Lower: lowerListElementShape},
}

// shapeOperand returns operand i, a shape of elements; nil if it is missing or says nothing.
func (c *Context) shapeOperand(i int) []build.Dim {
	if i >= c.Len() {
		return nil
	}
	return c.elementShape(c.In(i))
}

func lowerListReserve(c *Context) {
	l := &List{DType: c.Type("element_dtype", f32), Element: c.elementShape(c.In(0)), Count: c.dimOf(c.In(1))}
	c.OutEdges(Edge{List: l})
}

func lowerListFromTensor(c *Context) {
	v := c.In(0)
	if len(v.Type.Shape) == 0 {
		build.Damaged("a scalar has no elements")
	}
	c.OutEdges(Edge{List: &List{Value: v}})
}

func lowerListSetItem(c *Context) {
	l, index := c.List(0), c.scalar32(c.In(1))
	if c.Bool("resize_if_index_out_of_bounds", false) {
		l = c.growList(l, c.Emit("ADD", &op.Arith{}, index, c.Builder.Int(c.name("one"), 1)))
	}
	c.OutEdges(Edge{List: c.setItem(l, index, c.In(2))})
}

func lowerListPopBack(c *Context) {
	l := &List{Value: c.tensorOf(c.List(0), c.shapeOperand(1))}
	if l.size() == 0 {
		build.Damaged("the list is empty")
	}
	last := c.Emit("SUB", &op.Arith{}, c.scalarOf(c.lengthOf(l)), c.Builder.Int(c.name("one"), 1))
	item := c.getItem(l, last, nil)
	c.OutEdges(Edge{List: c.cutList(l, last)}, Edge{Value: item})
}

func lowerListResize(c *Context) {
	l, n := c.List(0), c.scalar32(c.In(1))
	size := c.dimOf(n)
	if l.Value == nil {
		c.OutEdges(Edge{List: &List{DType: l.DType, Count: size, Element: l.Element}})
		return
	}
	l = c.growList(l, n)
	if l.size() != size.Size || size.Value != nil {
		l = c.cutList(l, n)
	}
	c.OutEdges(Edge{List: l})
}

// indices returns an operand that must be a constant vector of indices.
func (c *Context) indices(i int) []int {
	list, ok := c.Known(c.In(i))
	if !ok || len(c.In(i).Type.Shape) != 1 || slices.Contains(list, build.Unknown) {
		build.Refuse("the indices are no constants")
	}
	return list
}

func lowerListScatter(c *Context) {
	v, at, size := c.In(0), c.indices(1), 0
	for _, i := range at {
		if i < 0 || i >= constLimit {
			build.Damaged("the index %d", i)
		}
		size = max(size, i+1)
	}
	if c.Def.Op == "TensorListScatterV2" {
		switch n, ok := c.Known(c.In(3)); {
		case !ok || len(n) != 1 || n[0] == build.Unknown:
			build.Refuse("the number of elements is no constant")
		case n[0] >= 0:
			size = max(size, n[0])
		}
	}
	c.checkRows(v, at)
	if element := c.Dims(c.name("rows"), v)[1:]; len(at) == 0 {
		c.OutEdges(Edge{List: &List{DType: v.Type.DType, Count: build.Dim{Size: size}, Element: element}})
		return
	}
	c.OutEdges(Edge{List: &List{Value: c.place(v, at, size)}})
}

// checkRows checks that v has a row for each index.
func (c *Context) checkRows(v *ir.Value, at []int) {
	if s := v.Type.Shape; len(s) == 0 || s[0] >= 0 && s[0] != len(at) {
		build.Damaged("%d indices for elements of shape %v", len(at), s)
	}
}

// place returns a tensor of the given size, whose rows are those of v at the given places, the last one where there are several, and zeros.
func (c *Context) place(v *ir.Value, at []int, size int) *ir.Value {
	last := map[int]int{}
	for row, i := range at {
		last[i] = row
	}
	inOrder := len(at) == size
	for row, i := range at {
		inOrder = inOrder && row == i
	}
	if inOrder {
		return v
	}
	var rows, places []int
	for row, i := range at {
		if last[i] == row {
			rows, places = append(rows, row), append(places, i)
		}
	}
	if len(rows) < len(at) {
		v = c.Emit("GATHER", &op.Gather{}, v, c.Ints(c.name("rows"), rows...))
	}
	index := c.Emit("RESHAPE", &op.Reshape{}, c.Ints(c.name("places"), places...), c.Ints(c.name("shape"), len(places), 1))
	dims := append(build.Fixed(size), c.Dims(c.name("rows"), v)[1:]...)
	return c.Emit("SCATTER_ND", nil, index, v, c.Vector(c.name("dims"), dims))
}

// scatterLimit bounds the elements that are set one by one.
const scatterLimit = 64

func lowerListScatterInto(c *Context) {
	l, v, at := c.List(0), c.In(1), c.indices(2)
	c.checkRows(v, at)
	if len(at) > scatterLimit {
		build.Refuse("sets more than %d elements", scatterLimit)
	}
	for row, i := range at {
		item := c.Emit("GATHER", &op.Gather{}, v, c.Builder.Int(c.name("row"), row))
		l = c.setItem(l, c.Builder.Int(c.name("index"), i), item)
	}
	c.OutEdges(Edge{List: l})
}

func lowerListSplit(c *Context) {
	c.OutEdges(Edge{List: c.splitRows(c.In(0), c.indices(2), c.shapeOperand(1))})
}

// splitRows returns the list of parts of v, of equal lengths along dimension 0. element counts if there is none.
func (c *Context) splitRows(v *ir.Value, lengths []int, element []build.Dim) *List {
	if len(v.Type.Shape) == 0 {
		build.Damaged("a scalar can't be split")
	}
	for _, n := range lengths {
		if n != lengths[0] || n < 0 {
			build.Refuse("the lengths differ")
		}
	}
	if len(lengths) == 0 {
		return &List{DType: v.Type.DType, Element: element}
	}
	dims := append(build.Fixed(len(lengths), lengths[0]), c.Dims(c.name("rows"), v)[1:]...)
	return &List{Value: c.Reshape(c.name("split"), v, dims)}
}

func lowerListConcat(c *Context) {
	var element []build.Dim
	if c.Def.Op == "TensorListConcatV2" {
		element = c.shapeOperand(1)
	} else if s, unranked := c.ShapeAttr("element_shape"); !unranked {
		element = build.Fixed(s...)
	}
	c.Out(c.joinRows(c.List(0), element))
}

// joinRows returns the list's elements one behind the other along dimension 0, and how long each is along it.
func (c *Context) joinRows(l *List, element []build.Dim) (rows, lengths *ir.Value) {
	v := c.tensorOf(l, element)
	dims := c.Dims(c.name("list"), v)
	if len(dims) < 2 {
		build.Damaged("scalars can't be joined")
	}
	each := c.Emit("CAST", &op.Cast{In: i32, Out: i64}, c.scalarOf(dims[1]))
	lengths = c.Emit("FILL", nil, c.Vector(c.name("count"), dims[:1]), each)
	dims = append([]build.Dim{c.product(dims[0], dims[1])}, dims[2:]...)
	return c.Reshape(c.name("concat"), v, dims), lengths
}

func (c *Context) product(a, b build.Dim) build.Dim {
	return c.dimOf(c.Emit("MUL", &op.Fused{}, c.scalarOf(a), c.scalarOf(b)))
}

func lowerListConcatLists(c *Context) {
	a, b := c.List(0), c.List(1)
	switch {
	case a.size() == 0:
		c.OutEdges(Edge{List: b})
	case b.size() == 0:
		c.OutEdges(Edge{List: a})
	default:
		x, y := c.tensorOf(a, c.elementOf(b)), c.tensorOf(b, c.elementOf(a))
		c.OutEdges(Edge{List: &List{Value: c.Emit("CONCATENATION", &op.Concat{}, x, y)}})
	}
}

// elementOf returns what is known of the shape of the list's elements.
func (c *Context) elementOf(l *List) []build.Dim {
	if l.Value == nil {
		return l.Element
	}
	return c.Dims(c.name("list"), l.Value)[1:]
}

func lowerListElementShape(c *Context) {
	d := c.Type("shape_type", i32)
	element := c.elementOf(c.List(0))
	if element == nil {
		c.Out(c.Const(c.name("unknown"), tensor.I32(nil, -1)))
		return
	}
	v := c.Vector(c.name("shape"), element)
	if d != i32 {
		v = c.Emit("CAST", &op.Cast{In: i32, Out: d}, v)
	}
	c.Out(v)
}
