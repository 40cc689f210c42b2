package graphdef

import (
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// uniques are the operators whose results have as many rows as the content of the operands says, and searches.
var uniques = []Op{
	{Name: "Where", To: "WHERE CAST NOT_EQUAL", Lower: func(c *Context) { c.Out(c.placesWhere(c.In(0))) }},
	{Name: "Unique", Results: []string{"y", "idx"}, To: "UNIQUE", Lower: lowerUnique},
	{Name: "UniqueV2", Results: []string{"y", "idx"}, To: "UNIQUE", Note: "vectors only", Lower: lowerUniqueV2},
	{Name: "UniqueWithCounts", Results: []string{"y", "idx", "count"}, To: "UNIQUE UNSORTED_SEGMENT_SUM", Lower: func(c *Context) { c.uniqueWithCounts() }},
	{Name: "UniqueWithCountsV2", Results: []string{"y", "idx", "count"}, To: "UNIQUE UNSORTED_SEGMENT_SUM", Note: "vectors only", Lower: func(c *Context) {
		c.oneAxis(c.In(1))
		c.uniqueWithCounts()
	}},
	{Name: "ListDiff", Results: []string{"out", "idx"}, To: "EQUAL REDUCE_ANY LOGICAL_NOT WHERE RESHAPE GATHER", Lower: lowerListDiff},
	{Name: "DynamicPartition", Results: []string{"outputs"}, To: "EQUAL WHERE RESHAPE GATHER", Lower: lowerPartition},
	{Name: "LowerBound", To: "LESS CAST SUM", Lower: lowerSearch("LESS")},
	{Name: "UpperBound", To: "LESS_EQUAL CAST SUM", Lower: lowerSearch("LESS_EQUAL")},
}

var (
	uniqueTypes = []tensor.DType{tensor.Float32, tensor.UInt8, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64}
	whereTypes  = []tensor.DType{tensor.Bool, tensor.Float32, tensor.Int64, tensor.Int32, tensor.Int8, tensor.UInt8, tensor.UInt32}
)

// placesWhere returns the indices of the elements that are true, or not 0: int64 of shape [n, rank].
func (c *Context) placesWhere(x *ir.Value) *ir.Value {
	switch d := x.Type.DType; {
	case slices.Contains(whereTypes, d):
	case d == tensor.Int16 || d == tensor.UInt16:
		x = c.castTo(x, i32)
	case d == tensor.Float16 || d == tensor.Float64:
		x = c.castTo(x, tensor.Bool)
	default:
		build.Refuse("elements of %v", d)
	}
	return c.EmitAs("WHERE", nil, []ir.Type{typed(i64, -1, len(x.Type.Shape))}, x)[0]
}

// rowsWhere returns the indices of the elements of a vector that are true.
func (c *Context) rowsWhere(x *ir.Value) *ir.Value {
	return c.Reshape(c.name("rows"), c.placesWhere(x), []build.Dim{{Size: -1}})
}

// oneAxis demands that an operand of axes names a vector's dimension, or none.
func (c *Context) oneAxis(axis *ir.Value) {
	list, ok := c.whole(axis)
	if rank := len(c.In(0).Type.Shape); !ok || rank != 1 || len(list) > 1 || len(list) == 1 && axisOf(list[0], rank) != 0 {
		build.Refuse("of something else than a vector")
	}
}

// unique returns the different elements of operand 0, and for each element the place of its equal among them.
func (c *Context) unique(index tensor.DType) (values, places *ir.Value) {
	x := c.In(0)
	if len(x.Type.Shape) != 1 {
		build.Refuse("of something else than a vector")
	}
	back := func(v *ir.Value) *ir.Value { return v }
	switch d := x.Type.DType; {
	case slices.Contains(uniqueTypes, d):
	case d == tensor.UInt32 || d == tensor.UInt64 || d == tensor.Bool || d == tensor.UInt16:
		x, back = c.as(x, uniqueTypes...) // the same bits are the same numbers
	case d == tensor.Float16:
		x, back = c.castTo(x, f32), func(v *ir.Value) *ir.Value { return c.castTo(v, d) }
	default:
		build.Refuse("elements of %v", d)
	}
	types := []ir.Type{typed(x.Type.DType, -1), typed(index, x.Type.Shape...)}
	r := c.EmitAs("UNIQUE", &op.Unique{IndexType: index}, types, x)
	return back(r[0]), r[1]
}

func lowerUnique(c *Context) {
	values, places := c.unique(c.Type("out_idx", i32))
	c.Out(values, places)
}

func lowerUniqueV2(c *Context) {
	c.oneAxis(c.In(1))
	lowerUnique(c)
}

func (c *Context) uniqueWithCounts() {
	d := c.Type("out_idx", i32)
	values, places := c.unique(i32)
	n := c.Dims(c.name("dims"), values)[0]
	ones := c.like(places, c.Builder.Int(c.name("one"), 1))
	counts := c.EmitAs("UNSORTED_SEGMENT_SUM", nil, []ir.Type{typed(i32, values.Type.Shape[0])}, ones, places, c.scalarOf(n))[0]
	c.Out(values, c.castTo(places, d), c.castTo(counts, d))
}

// lowerListDiff returns the elements of a vector that are not in another one, and their places.
func lowerListDiff(c *Context) {
	x, y := c.In(0), c.In(1)
	if len(x.Type.Shape) != 1 || len(y.Type.Shape) != 1 {
		build.Damaged("%v and %v are no vectors", x.Type, y.Type)
	}
	found := c.Emit("REDUCE_ANY", &op.Reduce{}, c.Emit("EQUAL", nil, c.expand(x, 1), c.expand(y, 0)), c.Ints(c.name("axes"), 1))
	places := c.rowsWhere(c.Emit("LOGICAL_NOT", nil, found))
	c.Out(c.gather(x, places, 0, 0), c.castTo(places, c.Type("out_idx", i32)))
}

// lowerPartition sorts rows into tensors by the number that each has.
func lowerPartition(c *Context) {
	x, parts, n := c.In(0), c.In(1), c.count("num_partitions")
	lead := len(parts.Type.Shape)
	if lead > len(x.Type.Shape) {
		build.Damaged("%v does not fit %v", parts.Type, x.Type)
	}
	if lead != 1 {
		one := []build.Dim{{Size: -1}}
		x = c.Reshape(c.name("data"), x, append(one, c.Dims(c.name("dims"), x)[lead:]...))
		parts = c.Reshape(c.name("partitions"), parts, one)
	}
	list := make([]*ir.Value, n)
	for i := range list {
		list[i] = c.gather(x, c.rowsWhere(c.Emit("EQUAL", nil, parts, c.Builder.Int(c.name("part"), i))), 0, 0)
	}
	c.Out(list...)
}

// lowerSearch makes the rule that counts, for each value, the elements of a sorted row that compare with it so.
func lowerSearch(compare string) func(*Context) {
	return func(c *Context) {
		rows, values := c.In(0), c.In(1)
		if len(rows.Type.Shape) != 2 || len(values.Type.Shape) != 2 {
			build.Damaged("%v and %v are no matrices", rows.Type, values.Type)
		}
		less := c.Emit(compare, nil, c.expand(rows, 1), c.expand(values, 2))
		n := c.Emit("SUM", &op.Reduce{}, c.castTo(less, i32), c.Ints(c.name("axes"), 2))
		c.Out(c.castTo(n, c.Type("out_type", i32)))
	}
}
