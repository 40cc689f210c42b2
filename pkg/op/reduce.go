package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// Reduce are the attributes of MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_PROD, REDUCE_ANY and REDUCE_ALL.
type Reduce struct{ KeepDims bool }

// reductions are the operators that join the elements along the axes in input 1.
var reductions = []Op{
	reduction("MEAN", "The mean of input 0 over the axes in input 1, of integers rounded towards zero.",
		fold(kernel.MeanOf), folds[int32](tensor.Int32, kernel.MeanOf), folds[int64](tensor.Int64, kernel.MeanOf), folds[uint8](tensor.UInt8, kernel.MeanOf)),
	reduction("SUM", "The sum of input 0 over the axes in input 1; integers wrap.",
		fold(kernel.SumOf), folds[int32](tensor.Int32, kernel.SumOf), folds[int64](tensor.Int64, kernel.SumOf)),
	reduction("REDUCE_PROD", "The product of input 0 over the axes in input 1; integers wrap.",
		fold(kernel.ProdOf), folds[int32](tensor.Int32, kernel.ProdOf), folds[int64](tensor.Int64, kernel.ProdOf)),
	reduction("REDUCE_MAX", "The greatest element of input 0 over the axes in input 1.",
		fold(kernel.MaxOf), folds[int32](tensor.Int32, kernel.MaxOf), folds[int64](tensor.Int64, kernel.MaxOf), folds[uint8](tensor.UInt8, kernel.MaxOf),
		folds[int8](tensor.Int8, kernel.MaxOf), folds[int16](tensor.Int16, kernel.MaxOf)),
	reduction("REDUCE_MIN", "The least element of input 0 over the axes in input 1.",
		fold(kernel.MinOf), folds[int32](tensor.Int32, kernel.MinOf), folds[int64](tensor.Int64, kernel.MinOf), folds[uint8](tensor.UInt8, kernel.MinOf),
		folds[int8](tensor.Int8, kernel.MinOf), folds[int16](tensor.Int16, kernel.MinOf)),
	reduction("REDUCE_ANY", "Whether one of the elements of input 0 over the axes in input 1 is true.", reducer{tensor.Bool, func(c *Call, axes []int) {
		kernel.Any(tensor.View[bool](c.Out[0]), tensor.View[bool](c.In[0]), c.In[0].Shape, axes)
	}}),
	reduction("REDUCE_ALL", "Whether all elements of input 0 over the axes in input 1 are true.", reducer{tensor.Bool, func(c *Call, axes []int) {
		kernel.All(tensor.View[bool](c.Out[0]), tensor.View[bool](c.In[0]), c.In[0].Shape, axes)
	}}),
}

// reducer is a reduction's kernel for one element type.
type reducer struct {
	dtype tensor.DType
	run   func(c *Call, axes []int)
}

func fold(f kernel.Fold) reducer {
	return reducer{tensor.Float32, func(c *Call, axes []int) {
		kernel.F32Reduce(f32(c.Out[0]), f32(c.In[0]), c.In[0].Shape, axes, f)
	}}
}

func folds[T interface {
	tensor.Element
	kernel.Integer
}](d tensor.DType, f kernel.Fold) reducer {
	return reducer{d, func(c *Call, axes []int) {
		kernel.Reduce(tensor.View[T](c.Out[0]), tensor.View[T](c.In[0]), c.In[0].Shape, axes, f)
	}}
}

func reduction(name, doc string, reducers ...reducer) Op {
	var types []tensor.DType
	for _, r := range reducers {
		types = append(types, r.dtype)
	}
	s8, s16 := s8Reductions[name], s16Reductions[name]
	i := integers{s8.prepare(types), s16.prepare(types)}
	build := func(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
		if k := i.of(n.Input(0), in[0].DType); k != nil {
			return k(n, in, out)
		}
		o := read(n, in)
		x, axes, _ := reduced(o, types)
		for _, r := range reducers {
			if r.dtype == x.DType {
				return func(c *Call) error {
					r.run(c, axes)
					return nil
				}, o.err
			}
		}
		return nil, o.err
	}
	return Op{
		Name: name, Doc: doc, In: Exactly(2), Out: Exactly(1), Attr: attr[Reduce], Prepare: late(build, 1),
		Infer: func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
			o := readEither(n, in, i.types()...)
			x, _, shape := reduced(o, types)
			return o.one(x.DType, shape)
		},
	}
}

// reduced reads the operands of a reduction, and returns the axes, each once, and the shape of the result.
func reduced(o *operands, types []tensor.DType) (x *tensor.Tensor, axes []int, shape tensor.Shape) {
	x = o.tensor(0, types...)
	gone := make([]bool, len(x.Shape))
	for _, a := range o.axes(1, len(x.Shape)) {
		if o.err == nil && !gone[a] {
			gone[a] = true
			axes = append(axes, a)
		}
	}
	shape = tensor.Shape{}
	for i, d := range x.Shape {
		switch {
		case !gone[i]:
			shape = append(shape, d)
		case o.node.Attr.(*Reduce).KeepDims:
			shape = append(shape, 1)
		}
	}
	return x, axes, shape
}
