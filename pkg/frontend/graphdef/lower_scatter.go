package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// scatters are the operators that put slices into a tensor by their indices.
var scatters = []Op{
	{Name: "ScatterNd", To: "SCATTER_ND CAST BITCAST", Lower: func(c *Context) { c.Out(c.scatter(c.In(0), c.In(1), c.In(2))) }},
	{Name: "TensorScatterUpdate", To: scattering, Lower: lowerScatterUpdate},
	{Name: "TensorScatterAdd", To: "SCATTER_ND ADD CAST", Lower: lowerScatterBy("ADD", "")},
	{Name: "TensorScatterSub", To: "SCATTER_ND SUB CAST", Lower: lowerScatterBy("SUB", "")},
	{Name: "TensorScatterMax", To: "UNSORTED_SEGMENT_MAX MAXIMUM RESHAPE", Lower: lowerScatterBy("MAXIMUM", "UNSORTED_SEGMENT_MAX")},
	{Name: "TensorScatterMin", To: "UNSORTED_SEGMENT_MIN MINIMUM RESHAPE", Lower: lowerScatterBy("MINIMUM", "UNSORTED_SEGMENT_MIN")},
	{Name: "InplaceUpdate", To: scattering, Lower: lowerInplaceUpdate},
	{Name: "InplaceAdd", To: "SCATTER_ND ADD FLOOR_MOD", Lower: lowerInplaceBy("ADD")},
	{Name: "InplaceSub", To: "SCATTER_ND SUB FLOOR_MOD", Lower: lowerInplaceBy("SUB")},
	{Name: "SparseToDense", To: "SPARSE_TO_DENSE BITCAST", Lower: lowerSparseToDense},
	{Name: "InvertPermutation", To: "SCATTER_ND RESHAPE RANGE", Lower: lowerInvertPermutation},
	{Name: "DynamicStitch", To: stitching, Lower: lowerStitch},
	{Name: "ParallelDynamicStitch", To: stitching, Lower: lowerStitch},
}

const (
	scattering = "FLOOR_MOD DYNAMIC_UPDATE_SLICE RANGE MAXIMUM GREATER_EQUAL CONCATENATION UNSORTED_SEGMENT_MAX GATHER SELECT_V2 MUL SUM RESHAPE"
	stitching  = "CONCATENATION REDUCE_MAX ADD RANGE UNSORTED_SEGMENT_MAX MAXIMUM GATHER GREATER_EQUAL SELECT_V2"
)

var (
	scatterTypes = []tensor.DType{tensor.Float32, tensor.Int8, tensor.UInt8, tensor.Int32, tensor.Int64, tensor.Bool}
	sparseTypes  = []tensor.DType{tensor.Float32, tensor.Int64, tensor.Int32, tensor.Int8, tensor.UInt8}
	selectTypes  = []tensor.DType{tensor.Float32, tensor.Bool, tensor.Int8, tensor.UInt8, tensor.Int16, tensor.Int32, tensor.Int64, tensor.UInt32}
)

// scatter adds slices to zeros of a shape.
func (c *Context) scatter(index, updates, shape *ir.Value) *ir.Value {
	if policy := c.String("bad_indices_policy", ""); policy == "IGNORE" {
		if _, ok := c.whole(index); !ok {
			build.Refuse("indices that may be outside the shape")
		}
	}
	index, shape = c.index32(index), c.index32(shape)
	d := updates.Type.DType
	var y *ir.Value
	back := func(v *ir.Value) *ir.Value { return v }
	switch {
	case slices.Contains(scatterTypes, d):
		y = updates
	case d == tensor.Int16 || d == tensor.UInt16: // sums of narrow integers are those of wide ones
		y, back = c.castTo(updates, i32), func(v *ir.Value) *ir.Value { return c.castTo(v, d) }
	case d == tensor.UInt32 || d == tensor.UInt64:
		y, back = c.as(updates, scatterTypes...)
	case c.distinct(index): // nothing is added
		y, back = c.as(updates, scatterTypes...)
	default:
		build.Refuse("sums of %v at indices that may repeat", d)
	}
	rank := length(shape, "the shape")
	return back(c.EmitAs("SCATTER_ND", nil, []ir.Type{typed(y.Type.DType, unknownShape(rank)...)}, index, y, shape)[0])
}

// distinct reports whether the rows of an operand of indices are known to differ.
func (c *Context) distinct(index *ir.Value) bool {
	s := index.Type.Shape
	if n := len(s); n > 0 && s[:n-1].Elements() == 1 {
		return true
	}
	list, ok := c.whole(index)
	if !ok || len(s) == 0 || s[len(s)-1] < 1 {
		return false
	}
	seen := map[string]bool{}
	for row := range slices.Chunk(list, s[len(s)-1]) {
		key := tensor.Shape(row).String()
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}

// scattered reads the operands of an update: x seen as rows, each a slice that an index names; their number, and for each update the number of its row.
func (c *Context) scattered(x, index, updates *ir.Value) (rows, at, news *ir.Value, count build.Dim) {
	s := index.Type.Shape
	if len(s) == 0 || s[len(s)-1] < 0 || s[len(s)-1] > len(x.Type.Shape) {
		build.Damaged("indices of %v do not fit %v", index.Type, x.Type)
	}
	depth := s[len(s)-1]
	dims, index := c.Dims(c.name("dims"), x), c.index32(index)
	count = build.Dim{Size: 1}
	strides := make([]build.Dim, depth)
	for i := depth - 1; i >= 0; i-- {
		strides[i] = count
		count = c.timesDim(dims[i], count)
	}
	inner := build.Dim{Size: 1}
	for _, d := range dims[depth:] {
		inner = c.timesDim(inner, d)
	}
	at = index
	switch {
	case depth == 0:
		build.Refuse("indices of no dimension")
	case depth > 1:
		at = c.Emit("SUM", &op.Reduce{}, c.mul(index, c.Vector(c.name("strides"), strides)), c.Ints(c.name("axes"), -1))
	}
	one := []build.Dim{{Size: -1}}
	at = c.Reshape(c.name("rows"), at, one)
	news = c.Reshape(c.name("updates"), updates, []build.Dim{{Size: -1}, inner})
	if inner.Value == nil && inner.Size == 0 || news.Type.Shape[0] < 0 && at.Type.Shape[0] >= 0 {
		news = c.Reshape(c.name("updates"), updates, []build.Dim{c.Dims(c.name("at"), at)[0], inner})
	}
	return c.Reshape(c.name("table"), x, []build.Dim{count, inner}), at, same(updates, news), count
}

// lastOf returns for each of a number of rows which of the updates writes it last, negative for none.
func (c *Context) lastOf(at *ir.Value, count build.Dim) *ir.Value {
	if list, ok := c.whole(at); ok && count.Value == nil && count.Size <= maxPlaces {
		last := make([]int, count.Size)
		for i := range last {
			last[i] = -1
		}
		for i, row := range list {
			if row < 0 || row >= count.Size {
				build.Damaged("index %d is outside %d rows", row, count.Size)
			}
			last[row] = i
		}
		return c.Ints(c.name("last"), last...)
	}
	n := c.scalarOf(c.Dims(c.name("at"), at)[0])
	order := c.EmitAs("RANGE", nil, []ir.Type{typed(i32, at.Type.Shape[0])}, c.Builder.Int(c.name("first"), 0), n, c.Builder.Int(c.name("step"), 1))[0]
	types := []ir.Type{typed(i32, max(count.Size, -1))}
	return c.EmitAs("UNSORTED_SEGMENT_MAX", nil, types, order, at, c.scalarOf(count))[0]
}

func lowerScatterUpdate(c *Context) { c.Out(c.update(c.In(0), c.In(1), c.In(2))) }

// update replaces slices of x by their indices; of several updates of one slice the last counts, as in TensorFlow.
func (c *Context) update(x, index, updates *ir.Value) *ir.Value {
	s := index.Type.Shape
	if n := len(s); n > 0 && s[:n-1].Elements() == 1 && s[n-1] > 0 && s[n-1] <= len(x.Type.Shape) && x.Type.Static() {
		if slices.Contains(updateSliceTypes, x.Type.DType) || x.Type.DType.Bits() >= 32 {
			start, part := c.reshape(c.index32(index), s[n-1]), x.Type.Shape.Clone()
			for i := range s[n-1] {
				part[i] = 1
			}
			if rest := len(part) - s[n-1]; rest > 0 {
				zeros := c.Const(c.name("zeros"), tensor.New(i32, tensor.Shape{rest}))
				start = c.Emit("CONCATENATION", &op.Concat{}, start, zeros)
			}
			return c.updateSlice(x, c.reshape(updates, part...), start)
		}
	}
	rows, at, news, count := c.scattered(x, index, updates)
	last := c.lastOf(at, count)
	written := c.Emit("GREATER_EQUAL", nil, last, c.Builder.Int(c.name("zero"), 0))
	picked := c.gather(news, c.Emit("MAXIMUM", nil, last, c.Builder.Int(c.name("zero"), 0)), 0, 0)
	y := c.selectV2(c.Reshape(c.name("written"), written, []build.Dim{count, {Size: 1}}), picked, rows)
	return c.Reshape(c.name("result"), y, c.Dims(c.name("dims"), x))
}

// selectV2 is SELECT_V2 for elements of any type of fixed size.
func (c *Context) selectV2(condition, x, y *ir.Value) *ir.Value {
	x, back := c.as(x, selectTypes...)
	y, _ = c.as(y, selectTypes...)
	return back(c.Emit("SELECT_V2", nil, condition, x, y))
}

// lowerScatterBy makes the rule that combines slices with those that are there: sums are added to zeros first, extremes are those of all updates of a
// slice.
func lowerScatterBy(operator, segment string) func(*Context) {
	return func(c *Context) {
		x, index, updates := c.In(0), c.In(1), c.In(2)
		if segment == "" {
			shape := c.Vector(c.name("shape"), c.Dims(c.name("dims"), x))
			c.Out(c.Emit(operator, &op.Arith{}, x, c.scatter(index, updates, shape)))
			return
		}
		if d := x.Type.DType; d != f32 && d != i32 {
			build.Refuse("extremes of %v", d)
		}
		rows, at, news, count := c.scattered(x, index, updates)
		types := []ir.Type{typed(x.Type.DType, max(count.Size, -1), rows.Type.Shape[1])}
		y := c.Emit(operator, nil, rows, c.EmitAs(segment, nil, types, news, at, c.scalarOf(count))[0])
		c.Out(c.Reshape(c.name("result"), y, c.Dims(c.name("dims"), x)))
	}
}

// column returns indices of rows of x, or one of them, as a column, and slices that fit it. Indices outside x wrap.
func (c *Context) column(x, index, updates *ir.Value) (column, news *ir.Value) {
	if len(x.Type.Shape) == 0 {
		build.Damaged("a scalar has no rows")
	}
	index = c.Emit("FLOOR_MOD", nil, c.index32(index), c.scalarOf(c.Dims(c.name("dims"), x)[0]))
	if len(index.Type.Shape) == 0 {
		index, updates = c.reshape(index, 1), c.expand(updates, 0)
	}
	return c.expand(index, 1), updates
}

func lowerInplaceUpdate(c *Context) {
	index, updates := c.column(c.In(0), c.In(1), c.In(2))
	c.Out(c.update(c.In(0), index, updates))
}

func lowerInplaceBy(operator string) func(*Context) {
	return func(c *Context) {
		x := c.In(0)
		index, updates := c.column(x, c.In(1), c.In(2))
		c.Out(c.Emit(operator, &op.Arith{}, x, c.scatter(index, updates, c.Vector(c.name("shape"), c.Dims(c.name("dims"), x)))))
	}
}

func lowerSparseToDense(c *Context) {
	index, shape := c.In(0), c.In(1)
	if index.Type.DType != shape.Type.DType {
		index, shape = c.index32(index), c.index32(shape)
	}
	rank := length(shape, "the shape")
	values, back := c.as(c.In(2), sparseTypes...)
	off, _ := c.as(c.In(3), sparseTypes...)
	types := []ir.Type{typed(values.Type.DType, unknownShape(rank)...)}
	attr := &op.SparseToDense{}
	c.Out(back(c.EmitAs("SPARSE_TO_DENSE", attr, types, index, shape, values, off)[0]))
}

// lowerInvertPermutation puts 0, 1, 2, … to the places that the permutation names.
func lowerInvertPermutation(c *Context) {
	x := c.In(0)
	n := c.Dims(c.name("dims"), x)
	if len(n) != 1 {
		build.Damaged("a permutation of %v", x.Type)
	}
	order := c.EmitAs("RANGE", nil, []ir.Type{typed(i32, x.Type.Shape[0])}, c.Builder.Int(c.name("first"), 0), c.scalarOf(n[0]), c.Builder.Int(c.name("step"), 1))[0]
	c.Out(c.scatter(c.expand(x, 1), c.castTo(order, x.Type.DType), c.Vector(c.name("shape"), n)))
}
