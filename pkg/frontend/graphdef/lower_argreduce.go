package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// searches are the operators that find places of elements, or elements by their order.
var searches = []Op{
	{Name: "ArgMax", To: "ARG_MAX REDUCE_MAX EQUAL CAST", Lower: argReduction("ARG_MAX", "REDUCE_MAX")},
	{Name: "ArgMin", To: "ARG_MIN ARG_MAX REDUCE_MIN EQUAL CAST", Lower: argReduction("ARG_MIN", "REDUCE_MIN")},
	{Name: "TopK", Results: []string{"values", "indices"}, To: "TOPK_V2 CAST", Lower: func(c *Context) {
		c.Out(c.topK(c.In(0), c.Builder.Int(c.name("k"), c.Int("k", 0)), i32)...)
	}},
	{Name: "TopKV2", Results: []string{"values", "indices"}, To: "TOPK_V2 CAST", Note: "always sorted", Lower: func(c *Context) {
		c.Out(c.topK(c.In(0), c.In(1), c.Type("index_type", i32))...)
	}},
	{Name: "ApproxTopK", Results: []string{"values", "indices"}, To: "TOPK_V2 NEG SUB BITWISE_XOR", Note: "exact; along the last dimension", Lower: lowerApproxTopK},
	{Name: "NthElement", To: "TOPK_V2 GATHER NEG SUB BITWISE_XOR ADD", Lower: lowerNthElement},
}

// argTypes lists the element types that ARG_MAX and ARG_MIN take.
var argTypes = elementwise{types: "f32 bool i8 u8 i32"}

func argReduction(name, extreme string) func(*Context) {
	return func(c *Context) {
		x, axis := c.In(0), c.In(1)
		out := c.Type("output_type", i64)
		place := out
		if place != i32 {
			place = i64
		}
		if d := axis.Type.DType; d != i32 && d != i64 {
			axis = c.castTo(axis, i32)
		}
		search, via := name, argTypes.via(x.Type.DType)
		if via == tensor.Invalid && x.Type.DType != i64 && x.Type.DType != tensor.UInt32 {
			build.Refuse("%s of %v is not possible in TFLite%s", name, x.Type.DType, wayOut(x.Type.DType))
		}
		if via == tensor.Invalid { // the first place of the extreme
			x = c.castTo(x, i64)
			shape := tensor.Shape{}
			for range x.Type.Shape {
				shape = append(shape, -1)
			}
			most := c.EmitAs(extreme, &op.Reduce{KeepDims: true}, []ir.Type{{DType: i64, Shape: shape}}, x, c.castTo(axis, i32))[0]
			x, search = c.apply("EQUAL", x, most), "ARG_MAX"
		} else {
			x = c.castTo(x, via)
		}
		t := ir.Type{DType: place, Shape: make(tensor.Shape, max(len(x.Type.Shape)-1, 0))}
		for i := range t.Shape {
			t.Shape[i] = -1
		}
		c.Out(c.castTo(c.EmitAs(search, &op.ArgReduce{OutputType: place}, []ir.Type{t}, x, axis)[0], out))
	}
}

// topTypes lists the element types that TOPK_V2 takes.
var topTypes = elementwise{types: "f32 i8 u8 i16 i32 i64"}

// topK returns the k greatest elements of each row, and their places.
func (c *Context) topK(x, k *ir.Value, index tensor.DType) []*ir.Value {
	d := x.Type.DType
	via := topTypes.via(d)
	if via == tensor.Invalid {
		build.Refuse("the greatest of %v is not possible in TFLite%s", d, wayOut(d))
	}
	rank := len(x.Type.Shape)
	if rank == 0 {
		build.Damaged("the operand is a scalar")
	}
	shape := x.Type.Shape.Clone()
	shape[rank-1] = -1
	types := []ir.Type{{DType: via, Shape: shape}, {DType: i32, Shape: shape.Clone()}}
	r := c.EmitAs("TOPK_V2", nil, types, c.castTo(x, via), c.castTo(k, i32))
	return []*ir.Value{c.castTo(r[0], d), c.castTo(r[1], index)}
}

func lowerApproxTopK(c *Context) {
	x, k := c.In(0), c.Builder.Int(c.name("k"), c.Int("k", 0))
	if axis := c.Int("reduction_dimension", -1); axis != -1 && axis != len(x.Type.Shape)-1 {
		build.Refuse("along dimension %d, which is not the last one", axis)
	}
	if size := c.Int("reduction_input_size_override", -1); size >= 0 || !c.Bool("aggregate_to_topk", true) {
		build.Refuse("parts of an approximate order")
	}
	if c.Bool("is_max_k", true) {
		c.Out(c.topK(x, k, i32)...)
		return
	}
	r := c.topK(c.falling(x), k, i32)
	c.Out(c.falling(r[0]), r[1])
}

// falling maps numbers so that their order turns around; it is its own inverse.
func (c *Context) falling(x *ir.Value) *ir.Value {
	if x.Type.DType.Float() {
		return c.apply("NEG", x)
	}
	return c.invert(x)
}

// lowerNthElement is the last of the n + 1 least elements, or of the greatest.
func lowerNthElement(c *Context) {
	x, n := c.In(0), c.castTo(c.In(1), i32)
	turn := c.falling
	if c.Bool("reverse", false) {
		turn = func(v *ir.Value) *ir.Value { return v }
	}
	values := c.topK(turn(x), c.apply("ADD", n, c.number(n, 1)), i32)[0]
	c.Out(turn(c.Emit("GATHER", &op.Gather{Axis: len(x.Type.Shape) - 1}, values, n)))
}
