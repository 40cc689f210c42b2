package op

import (
	"slices"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// s16Reductions are the reductions of int16 operands.
var s16Reductions = map[string]integerReduction{
	"MEAN":        s16Mean,
	"SUM":         s16ReduceSum,
	"REDUCE_PROD": s16Prod,
	"REDUCE_MAX":  extreme[int16](kernel.MaxOf),
	"REDUCE_MIN":  extreme[int16](kernel.MinOf),
}

// s16Mean is MEAN as TFLite's reference kernel computes it: the multiplier of a sum is divided by the count.
func s16Mean(o *operands, axes []int) Kernel {
	in, out := o.perTensor(o.node.Inputs[0]), o.perTensor(o.node.Outputs[0])
	r, count := o.s16Reduce(axes)
	m, shift := quant.Multiplier(float64(in.Scale) / float64(out.Scale))
	scale := kernel.NewMultiplier(quant.Share(m, shift, count))
	return func(c *Call) error {
		to := c.Out[0]
		r.Mean(i16(to), i16(c.In[0]), scale, scratch[int32](c, tensor.Int32, to.Elements()))
		return nil
	}
}

// s16ReduceSum is SUM as TFLite's optimized kernel computes it; its reference kernel takes int16 for uint8.
func s16ReduceSum(o *operands, axes []int) Kernel {
	scale := o.perTensor(o.node.Inputs[0]).Scale / o.perTensor(o.node.Outputs[0]).Scale
	r, _ := o.s16Reduce(axes)
	return func(c *Call) error {
		to := c.Out[0]
		r.Sum(i16(to), i16(c.In[0]), scale, scratch[int32](c, tensor.Int32, to.Elements()))
		return nil
	}
}

// s16Prod is REDUCE_PROD: each factor brings the operand's scale, and its share of the result's.
func s16Prod(o *operands, axes []int) Kernel {
	in, out := o.perTensor(o.node.Inputs[0]), o.perTensor(o.node.Outputs[0])
	r, count := o.s16Reduce(axes)
	scale := o.s16Scale(kernel.F64Exp(kernel.F64Log(float64(in.Scale)) - kernel.F64Log(float64(out.Scale))/float64(count)))
	return func(c *Call) error {
		to := c.Out[0]
		r.Prod(i16(to), i16(c.In[0]), scale, scratch[int64](c, tensor.Int64, to.Elements()))
		return nil
	}
}

// s16Reduce returns the reduction over axes, and the number of elements that become one, at least 1.
func (o *operands) s16Reduce(axes []int) (*kernel.S16Reduce, int) {
	shape, count := o.in[0].Shape, 1
	r := &kernel.S16Reduce{Shape: shape, Kept: slices.Clone(shape)}
	for _, a := range axes {
		count *= shape[a]
		r.Kept[a] = 1
	}
	return r, max(count, 1)
}
