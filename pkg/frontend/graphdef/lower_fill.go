package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// fills are the operators that make tensors of one number, or of numbers in a row.
var fills = []Op{
	{Name: "Fill", To: "FILL BITCAST", Lower: func(c *Context) { c.Out(c.fill(c.In(0), c.In(1))) }},
	{Name: "Empty", To: "FILL", Lower: func(c *Context) { c.Out(c.fill(c.In(0), c.zero(c.Type("dtype", f32)))) }},
	{Name: "ZerosLike", To: "ZEROS_LIKE SHAPE BROADCAST_TO FILL", Lower: lowerZerosLike},
	{Name: "OnesLike", To: "SHAPE BROADCAST_TO FILL", Lower: func(c *Context) { c.Out(c.like(c.In(0), c.one(c.In(0).Type.DType))) }},
	{Name: "Range", To: "RANGE", Lower: lowerRange},
	{Name: "LinSpace", To: "MUL ADD SUB CONCATENATION RESHAPE", Note: "a known number of elements only", Lower: lowerLinSpace},
	{Name: "OneHot", To: "ONE_HOT CAST BITCAST", Lower: lowerOneHot},
}

var (
	fillTypes   = []tensor.DType{tensor.Float32, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64, tensor.Bool, tensor.String}
	oneHotTypes = []tensor.DType{tensor.Float32, tensor.Int8, tensor.UInt8, tensor.Int32, tensor.Int64, tensor.Bool}
)

// fill makes a tensor of one number.
func (c *Context) fill(shape, value *ir.Value) *ir.Value {
	rank := length(shape, "the shape")
	v, back := c.as(value, fillTypes...)
	return back(c.EmitAs("FILL", nil, []ir.Type{typed(v.Type.DType, unknownShape(rank)...)}, c.constant32(shape), v)[0])
}

// like makes a tensor of v's shape of one number.
func (c *Context) like(v, number *ir.Value) *ir.Value {
	if len(v.Type.Shape) == 0 {
		return number
	}
	shape := c.Shape(c.name("shape"), v)
	if v.Type.DType == tensor.String || len(v.Type.Shape) > broadcastRank {
		return c.fill(shape, number)
	}
	y, back := c.as(number, broadcastTypes...)
	return back(c.Emit("BROADCAST_TO", nil, y, shape))
}

func lowerZerosLike(c *Context) {
	switch v := c.In(0); v.Type.DType {
	case f32, i32, i64:
		c.Out(c.Emit("ZEROS_LIKE", nil, v))
	default:
		c.Out(c.like(v, c.zero(v.Type.DType)))
	}
}

func lowerRange(c *Context) {
	start, limit, delta := c.In(0), c.In(1), c.In(2)
	d := start.Type.DType
	back := func(v *ir.Value) *ir.Value { return v }
	switch d {
	case f32, i32, i64:
	case tensor.Int8, tensor.Int16, tensor.UInt8, tensor.UInt16:
		start, limit, delta = c.castTo(start, i32), c.castTo(limit, i32), c.castTo(delta, i32)
		back = func(v *ir.Value) *ir.Value { return c.castTo(v, d) }
	case tensor.UInt32:
		start, limit, delta = c.castTo(start, i64), c.castTo(limit, i64), c.castTo(delta, i64)
		back = func(v *ir.Value) *ir.Value { return c.castTo(v, d) }
	default:
		if t := foldRange(start, limit, delta); t != nil {
			c.Out(c.castTo(c.Const(c.name("range"), t), d))
			return
		}
		build.Refuse("a range of %v", d)
	}
	c.Out(back(c.EmitAs("RANGE", nil, []ir.Type{typed(start.Type.DType, -1)}, start, limit, delta)[0]))
}

// foldRange returns the float64 numbers of a range of constants, nil if they are not.
func foldRange(operands ...*ir.Value) *tensor.Tensor {
	var x [3]float64
	for i, v := range operands {
		if v.Const == nil || v.Type.DType != tensor.Float64 || v.Const.Elements() != 1 {
			return nil
		}
		x[i] = tensor.View[float64](v.Const)[0]
	}
	count := math.Ceil((x[1] - x[0]) / x[2])
	if !(count <= maxPlaces) {
		return nil
	}
	list := make([]float64, max(0, int(count)))
	for i := range list {
		list[i] = x[0] + float64(float64(i)*x[2])
	}
	return tensor.Of(tensor.Float64, tensor.Shape{len(list)}, list)
}

// lowerLinSpace makes numbers from start to stop at equal distances. The last one is stop itself.
func lowerLinSpace(c *Context) {
	start, stop := c.In(0), c.In(1)
	n := c.intOf(c.In(2), "the number of elements")
	if n < 1 || n > maxPlaces {
		build.Damaged("%d elements", n)
	}
	d := start.Type.DType
	switch {
	case d == tensor.Float64 && start.Const != nil && stop.Const != nil && len(start.Const.Data) == 8 && len(stop.Const.Data) == 8:
		a, b := tensor.View[float64](start.Const)[0], tensor.View[float64](stop.Const)[0]
		list := make([]float64, n)
		for i := range list {
			list[i] = a + float64((b-a)/float64(n-1)*float64(i))
		}
		if n > 1 {
			list[n-1] = b
		}
		list[0] = a
		c.Out(c.Const(c.name("linspace"), tensor.Of(tensor.Float64, tensor.Shape{n}, list)))
		return
	case d != f32:
		build.Refuse("numbers of %v", d)
	}
	last := c.reshape(stop, 1)
	if n == 1 {
		c.Out(c.reshape(start, 1))
		return
	}
	steps := make([]float32, n-1)
	for i := range steps {
		steps[i] = float32(i)
	}
	step := c.div(c.sub(stop, start), c.scalar(float32(n-1)))
	list := c.add(start, c.mul(step, c.Const(c.name("steps"), tensor.F32(tensor.Shape{n - 1}, steps...))))
	c.Out(c.Emit("CONCATENATION", &op.Concat{}, list, last))
}

func lowerOneHot(c *Context) {
	index, depth := c.In(0), c.In(1)
	if d := index.Type.DType; d != i32 && d != i64 {
		index = c.castTo(index, i32)
	}
	rank := len(index.Type.Shape)
	axis := c.Int("axis", -1)
	at := axisOf(axis, rank+1)
	on, off := c.In(2), c.In(3)
	d, wide := on.Type.DType, f32
	if d == tensor.Int16 || d == tensor.UInt16 {
		wide = i32
	}
	back := func(v *ir.Value) *ir.Value { return c.castTo(v, d) }
	if d.Bits() == 16 {
		on, off = c.castTo(on, wide), c.castTo(off, wide)
	} else {
		on, back = c.as(on, oneHotTypes...)
		off, _ = c.as(off, oneHotTypes...)
	}
	shape := append(append(index.Type.Shape[:at:at], -1), index.Type.Shape[at:]...)
	c.Out(back(c.EmitAs("ONE_HOT", &op.OneHot{Axis: axis}, []ir.Type{typed(on.Type.DType, shape...)}, index, c.index32(depth), on, off)[0]))
}
