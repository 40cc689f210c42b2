package graphdef

import (
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// segments are the operators that join the rows with the same number.
var segments = []Op{
	{Name: "SegmentSum", To: "REDUCE_MAX ADD UNSORTED_SEGMENT_SUM CAST", Lower: segmentRule((*Context).segmentSum)},
	{Name: "SegmentProd", To: "REDUCE_MAX ADD UNSORTED_SEGMENT_PROD CAST", Lower: segmentRule(func(c *Context, rows, ids, n *ir.Value) *ir.Value {
		return c.unsorted("UNSORTED_SEGMENT_PROD", rows, ids, n)
	})},
	{Name: "SegmentMax", To: extremeOps + "UNSORTED_SEGMENT_MAX", Lower: segmentRule(segmentExtreme("UNSORTED_SEGMENT_MAX"))},
	{Name: "SegmentMin", To: extremeOps + "UNSORTED_SEGMENT_MIN", Lower: segmentRule(segmentExtreme("UNSORTED_SEGMENT_MIN"))},
	{Name: "SegmentMean", To: meanOps, Lower: segmentRule((*Context).segmentMean)},
	{Name: "SparseSegmentSum", To: "GATHER REDUCE_MAX ADD UNSORTED_SEGMENT_SUM CAST", Lower: sparseSegment((*Context).segmentSum)},
	{Name: "SparseSegmentMean", To: "GATHER " + meanOps, Lower: sparseSegment((*Context).segmentMean)},
	{Name: "SparseSegmentSqrtN", To: "GATHER SQRT " + meanOps, Lower: sparseSegment((*Context).segmentRootMean)},
	{Name: "SparseSegmentSumWithNumSegments", To: "GATHER UNSORTED_SEGMENT_SUM CAST", Lower: sparseSegment((*Context).segmentSum)},
	{Name: "SparseSegmentMeanWithNumSegments", To: "GATHER " + meanOps, Lower: sparseSegment((*Context).segmentMean)},
	{Name: "SparseSegmentSqrtNWithNumSegments", To: "GATHER SQRT " + meanOps, Lower: sparseSegment((*Context).segmentRootMean)},
	{Name: "UnsortedSegmentSum", To: "UNSORTED_SEGMENT_SUM CAST", Lower: unsortedRule("UNSORTED_SEGMENT_SUM")},
	{Name: "UnsortedSegmentProd", To: "UNSORTED_SEGMENT_PROD CAST", Lower: unsortedRule("UNSORTED_SEGMENT_PROD")},
	{Name: "UnsortedSegmentMax", To: "UNSORTED_SEGMENT_MAX CAST", Lower: unsortedRule("UNSORTED_SEGMENT_MAX")},
	{Name: "UnsortedSegmentMin", To: "UNSORTED_SEGMENT_MIN CAST", Lower: unsortedRule("UNSORTED_SEGMENT_MIN")},
	{Name: "SegmentSumV2", To: "UNSORTED_SEGMENT_SUM CAST", Lower: unsortedRule("UNSORTED_SEGMENT_SUM")},
	{Name: "SegmentProdV2", To: "UNSORTED_SEGMENT_PROD CAST", Lower: unsortedRule("UNSORTED_SEGMENT_PROD")},
	{Name: "SegmentMaxV2", To: "UNSORTED_SEGMENT_MAX CAST", Lower: unsortedRule("UNSORTED_SEGMENT_MAX")},
	{Name: "SegmentMinV2", To: "UNSORTED_SEGMENT_MIN CAST", Lower: unsortedRule("UNSORTED_SEGMENT_MIN")},
	{Name: "Bincount", To: "ONE_HOT SUM RESHAPE MUL CAST", Lower: lowerBincount},
	{Name: "DenseBincount", To: "ONE_HOT SUM REDUCE_MAX RESHAPE MUL CAST", Lower: lowerBincount},
	{Name: "HistogramFixedWidth", To: "SUB MUL DIV FLOOR CAST MAXIMUM MINIMUM ONE_HOT SUM", Lower: lowerHistogram},
}

// joinable lists the element types that the operators on segments take.
var joinable = elementwise{types: "f32 i32", wraps: true}

// joinSegments emits an operator on rows of data by way of a type that it takes.
func (c *Context) joinSegments(name string, data *ir.Value, lead int, first int, more ...*ir.Value) *ir.Value {
	d := data.Type.DType
	e := joinable
	e.wraps = name != "UNSORTED_SEGMENT_MAX" && name != "UNSORTED_SEGMENT_MIN"
	via := e.via(d)
	if via == tensor.Invalid {
		build.Refuse("segments of %v are not possible in TFLite%s", d, wayOut(d))
	}
	if lead > len(data.Type.Shape) {
		build.Damaged("numbers of %d dimensions for %v", lead, data.Type.Shape)
	}
	shape := append(tensor.Shape{first}, data.Type.Shape[lead:]...)
	in := append([]*ir.Value{c.castTo(data, via)}, more...)
	return c.castTo(c.EmitAs(name, nil, []ir.Type{{DType: via, Shape: shape}}, in...)[0], d)
}

// rowCounts is how many rows each segment has, as numbers of the data's type and in a shape that its segments broadcast with.
func (c *Context) rowCounts(data, ids, n *ir.Value) *ir.Value {
	ones := c.Emit("FILL", nil, c.Emit("SHAPE", &op.Shape{OutType: i32}, ids), c.number(data, 1))
	count := c.unsorted("UNSORTED_SEGMENT_SUM", ones, ids, n)
	dims := c.Dims(c.name("count"), count)
	for range len(data.Type.Shape) - 1 {
		dims = append(dims, build.Dim{Size: 1})
	}
	return c.Reshape(c.name("count"), count, dims)
}

func (c *Context) segmentSum(data, ids, n *ir.Value) *ir.Value {
	return c.unsorted("UNSORTED_SEGMENT_SUM", data, ids, n)
}

// segmentMean is 0 for segments without rows.
func (c *Context) segmentMean(data, ids, n *ir.Value) *ir.Value {
	count := c.rowCounts(data, ids, n)
	return c.apply("DIV", c.segmentSum(data, ids, n), c.apply("MAXIMUM", count, c.number(count, 1)))
}

// segmentRootMean is the sum over the root of the number of rows.
func (c *Context) segmentRootMean(data, ids, n *ir.Value) *ir.Value {
	count := c.rowCounts(data, ids, n)
	return c.apply("DIV", c.segmentSum(data, ids, n), c.apply("SQRT", c.apply("MAXIMUM", count, c.number(count, 1))))
}

// segmentExtreme is 0 for segments without rows.
func segmentExtreme(name string) func(c *Context, data, ids, n *ir.Value) *ir.Value {
	return func(c *Context, data, ids, n *ir.Value) *ir.Value {
		return c.where("EQUAL", c.rowCounts(data, ids, n), 0, c.number(data, 0), c.unsorted(name, data, ids, n))
	}
}

// The operators that the rules of several rows emit.
const (
	extremeOps = "REDUCE_MAX ADD SHAPE FILL UNSORTED_SEGMENT_SUM RESHAPE EQUAL SELECT SELECT_V2 CAST "
	meanOps    = "REDUCE_MAX ADD SHAPE FILL UNSORTED_SEGMENT_SUM RESHAPE MAXIMUM DIV CAST"
)

// segmentRule joins sorted rows as unsorted ones, since SEGMENT_SUM does not take numbers with gaps: there are as many results as the greatest number and one.
func segmentRule(join func(c *Context, data, ids, n *ir.Value) *ir.Value) func(*Context) {
	return inFloat32(func(c *Context) {
		ids := c.index32(c.In(1))
		c.Out(join(c, c.In(0), ids, c.segmentCount(ids)))
	})
}

func (c *Context) segmentCount(ids *ir.Value) *ir.Value {
	most := c.Emit("REDUCE_MAX", &op.Reduce{}, ids, c.Ints(c.name("axes"), 0))
	return c.apply("ADD", most, c.number(most, 1))
}

func unsortedRule(name string) func(*Context) {
	return inFloat32(func(c *Context) { c.Out(c.unsorted(name, c.In(0), c.index32(c.In(1)), c.index32(c.In(2)))) })
}

func (c *Context) unsorted(name string, data, ids, count *ir.Value) *ir.Value {
	n := -1
	if list, ok := c.whole(count); ok && len(list) == 1 && list[0] >= 0 {
		n = list[0]
	}
	return c.joinSegments(name, data, len(ids.Type.Shape), n, ids, count)
}

// sparseSegment joins the rows of operand 0 that operand 1 names, by the numbers in operand 2.
func sparseSegment(join func(c *Context, data, ids, n *ir.Value) *ir.Value) func(*Context) {
	return inFloat32(func(c *Context) {
		rows, ids := c.Emit("GATHER", &op.Gather{}, c.In(0), c.index32(c.In(1))), c.index32(c.In(2))
		if strings.HasSuffix(c.Def.Op, "WithNumSegments") {
			c.Out(join(c, rows, ids, c.index32(c.In(3))))
			return
		}
		c.Out(join(c, rows, ids, c.segmentCount(ids)))
	})
}

// lowerBincount counts how often each number below the size stands in a tensor, or in each row of a matrix, or adds up weights.
func lowerBincount(c *Context) {
	x, size, weights := c.index32(c.In(0)), c.index32(c.In(1)), c.In(2)
	if len(size.Type.Shape) > 0 {
		size = c.Reshape(c.name("size"), size, nil)
	}
	if c.Def.Op == "Bincount" || len(x.Type.Shape) == 0 {
		x = c.Reshape(c.name("numbers"), x, []build.Dim{{Size: -1}})
	}
	c.Out(c.counts(x, size, weights, c.Bool("binary_output", false)))
}

// counts adds up weights, or 1 where there are none, over the last axis of x, for each number below the size.
func (c *Context) counts(x, size, weights *ir.Value, binary bool) *ir.Value {
	d := weights.Type.DType
	via := joinable.via(d)
	if via == tensor.Invalid && d == i64 && weights.Type.Shape.Elements() == 0 {
		via = i32
	}
	if via == tensor.Invalid {
		build.Refuse("weights of %v are not possible in TFLite%s", d, wayOut(d))
	}
	axis := len(x.Type.Shape) - 1
	one, zero := c.Const(c.name("one"), scalar(via, 1)), c.Const(c.name("zero"), scalar(via, 0))
	hot := c.Emit("ONE_HOT", &op.OneHot{Axis: -1}, x, size, one, zero)
	join := "SUM"
	switch {
	case binary:
		join = "REDUCE_MAX"
	case weights.Type.Shape.Elements() != 0:
		dims := append(c.Dims(c.name("weights"), x), build.Dim{Size: 1})
		hot = c.apply("MUL", hot, c.Reshape(c.name("weights"), c.castTo(weights, via), dims))
	}
	return c.castTo(c.Emit(join, &op.Reduce{}, hot, c.Ints(c.name("axes"), axis)), d)
}

// lowerHistogram counts numbers in equal parts of a range; what lies outside counts in the first and in the last.
func lowerHistogram(c *Context) {
	x, bounds, bins := c.In(0), c.In(1), c.index32(c.In(2))
	if x.Type.DType != f32 || !bounds.Type.Shape.Equal(tensor.Shape{2}) {
		build.Refuse("a histogram of %v", x.Type.DType)
	}
	end := func(i int) *ir.Value {
		return c.Emit("GATHER", &op.Gather{}, bounds, c.Builder.Int(c.name("index"), i))
	}
	least := end(0)
	n := c.castTo(bins, f32)
	at := c.apply("FLOOR", c.apply("MUL", c.apply("DIV", c.apply("SUB", x, least), c.apply("SUB", end(1), least)), n))
	at = c.apply("MINIMUM", c.apply("MAXIMUM", at, c.number(at, 0)), c.apply("SUB", n, c.number(n, 1)))
	flat := c.Reshape(c.name("numbers"), c.castTo(at, i32), []build.Dim{{Size: -1}})
	none := c.Const(c.name("weights"), tensor.New(i32, tensor.Shape{0}))
	c.Out(c.castTo(c.counts(flat, bins, none, false), c.Type("dtype", i32)))
}
