package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// integerReduction returns the kernel of a reduction over axes of an operand whose integers stand for real numbers.
type integerReduction func(o *operands, axes []int) Kernel

// s8Reductions are the reductions of int8 operands.
var s8Reductions = map[string]integerReduction{
	"MEAN":       s8Mean,
	"SUM":        s8ReduceSum,
	"REDUCE_MAX": extreme[int8](kernel.MaxOf),
	"REDUCE_MIN": extreme[int8](kernel.MinOf),
}

// prepare is the Prepare of such a reduction, nil of none.
func (r integerReduction) prepare(types []tensor.DType) prepare {
	if r == nil {
		return nil
	}
	return func(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
		o := readReal(n, in)
		_, axes, _ := reduced(o, types)
		if o.err != nil {
			return nil, o.err
		}
		k := r(o, axes)
		return k, o.err
	}
}

// s8Mean is MEAN as TFLite's reference kernel computes it: the multiplier of a sum is divided by the count.
func s8Mean(o *operands, axes []int) Kernel {
	in, out := o.perTensor(o.node.Inputs[0]), o.perTensor(o.node.Outputs[0])
	sums, count := o.s8Sums(axes, in)
	m, shift := quant.Multiplier(float64(in.Scale) / float64(out.Scale))
	scale := kernel.NewMultiplier(quant.Share(m, shift, count))
	return func(c *Call) error {
		to := c.Out[0]
		sums.Mean(i8(to), i8(c.In[0]), scale, out.Zero, scratch[int32](c, tensor.Int32, to.Elements()))
		return nil
	}
}

// s8ReduceSum is SUM as TFLite's optimized kernel computes it; its reference kernel takes int8 for uint8.
func s8ReduceSum(o *operands, axes []int) Kernel {
	in, out := o.perTensor(o.node.Inputs[0]), o.perTensor(o.node.Outputs[0])
	sums, _ := o.s8Sums(axes, in)
	scale := in.Scale / out.Scale
	return func(c *Call) error {
		to := c.Out[0]
		sums.Sum(i8(to), i8(c.In[0]), scale, out.Zero, scratch[int32](c, tensor.Int32, to.Elements()))
		return nil
	}
}

// s8Sums returns the sums over axes, and the number of elements of each, at least 1.
func (o *operands) s8Sums(axes []int, in kernel.S8Affine) (*kernel.S8Sums, int) {
	shape, count := o.in[0].Shape, 1
	s := &kernel.S8Sums{Shape: shape, Kept: shape.Clone(), Zero: in.Zero}
	for _, a := range axes {
		count *= shape[a]
		s.Kept[a] = 1
	}
	return s, max(count, 1)
}

// extreme is REDUCE_MAX or REDUCE_MIN: integers with the same parameters have the order of the numbers that they stand for.
func extreme[T interface {
	tensor.Element
	int8 | int16
}](f kernel.Fold) integerReduction {
	return func(o *operands, axes []int) Kernel {
		o.alike(o.node.Inputs[0], o.node.Outputs[0])
		return func(c *Call) error {
			kernel.Reduce(tensor.View[T](c.Out[0]), tensor.View[T](c.In[0]), c.In[0].Shape, axes, f)
			return nil
		}
	}
}
