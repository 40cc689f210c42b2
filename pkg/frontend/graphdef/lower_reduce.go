package graphdef

import (
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// reductions are the operators that join the elements along axes.
var reductions = []Op{
	{Name: "Sum", To: "SUM CAST", Lower: reduction("SUM")},
	{Name: "Prod", To: "REDUCE_PROD CAST", Lower: reduction("REDUCE_PROD")},
	{Name: "Max", To: "REDUCE_MAX CAST", Lower: reduction("REDUCE_MAX")},
	{Name: "Min", To: "REDUCE_MIN CAST", Lower: reduction("REDUCE_MIN")},
	{Name: "Mean", To: "MEAN CAST", Lower: reduction("MEAN")},
	{Name: "Any", To: "REDUCE_ANY", Lower: reduction("REDUCE_ANY")},
	{Name: "All", To: "REDUCE_ALL", Lower: reduction("REDUCE_ALL")},
	{Name: "EuclideanNorm", To: "SQUARE SUM SQRT", Lower: inFloat32(func(c *Context) {
		c.Out(c.apply("SQRT", c.reduce("SUM", c.square(c.In(0)))))
	})},
}

// reducible lists the element types that reductions have kernels for, on integers that stand for themselves.
var reducible = map[string]elementwise{
	"SUM":         {types: "f32 i32 i64", wraps: true},
	"REDUCE_PROD": {types: "f32 i32 i64", wraps: true},
	"REDUCE_MAX":  {types: "f32 i32 i64"},
	"REDUCE_MIN":  {types: "f32 i32 i64"},
	"MEAN":        {types: "f32 i32 i64"}, // the one of uint8 wants quantized numbers,
	"REDUCE_ANY":  {types: "bool"},
	"REDUCE_ALL":  {types: "bool"},
}

func reduction(name string) func(*Context) {
	return inFloat32(func(c *Context) { c.Out(c.reduce(name, c.In(0))) })
}

// reduce applies a reduction to x, over the axes in operand 1.
func (c *Context) reduce(name string, x *ir.Value) *ir.Value {
	axes, keep := c.In(1), c.Bool("keep_dims", false)
	known, ok := c.Known(axes)
	ok = ok && !slices.Contains(known, build.Unknown)
	if ok && !strings.HasPrefix(x.Type.DType.String(), "c") && reducesNothing(x.Type.Shape, known, keep) {
		return x
	}
	if ok {
		axes = c.axes(axes, known)
	} else {
		axes = c.castTo(axes, i32)
	}
	e, d := reducible[name], x.Type.DType
	via := e.via(d)
	if via == tensor.Invalid {
		if x.Const == nil || d != tensor.Float64 && d != tensor.BFloat16 && d != tensor.UInt64 {
			build.Refuse("%s of %v is not possible in TFLite%s", name, d, wayOut(d))
		}
		via = f32
	}
	y := c.EmitAs(name, &op.Reduce{KeepDims: keep}, []ir.Type{reducedType(via, x.Type.Shape, axes.Type.Shape, keep)}, c.convert(x, via), axes)[0]
	return c.convert(y, d)
}

// reducesNothing reports whether a reduction leaves a tensor as it is: there is no axis, or only axes of one element, which stay.
func reducesNothing(shape tensor.Shape, axes []int, keep bool) bool {
	for _, a := range axes {
		a, err := tensor.Axis(a, len(shape))
		if err != nil {
			build.Damaged("%w", err)
		}
		if !keep || shape[a] != 1 {
			return false
		}
	}
	return true
}

// axes is a constant of int32, of the shape that TensorFlow's has.
func (c *Context) axes(v *ir.Value, known []int) *ir.Value {
	list := make([]int32, len(known))
	for i, a := range known {
		list[i] = int32(a)
	}
	if v.Type.DType == i32 && v.Const != nil {
		return v
	}
	return c.Const(c.name("axes"), tensor.I32(v.Type.Shape, list...))
}

// reducedType is the type of a reduction over axes that are not known, as far as it follows from their number.
func reducedType(d tensor.DType, shape, axes tensor.Shape, keep bool) ir.Type {
	n := axes.Elements()
	rank := len(shape)
	if !keep && n < 0 {
		build.Refuse("the number of axes is not known when converting")
	}
	if !keep {
		rank = max(rank-n, 0)
	}
	t := ir.Type{DType: d, Shape: make(tensor.Shape, rank)}
	for i := range t.Shape {
		t.Shape[i] = -1
	}
	return t
}
