package op

import (
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// s8Reduction makes the kernel of a reduction of count int8 elements each.
type s8Reduction func(sums *kernel.S8Sums, in, out kernel.S8Affine, count int) Kernel

// s8Mean is MEAN as TFLite's reference kernel computes it: the multiplier is divided by the count.
func s8Mean(sums *kernel.S8Sums, in, out kernel.S8Affine, count int) Kernel {
	m, shift := quant.Multiplier(float64(in.Scale) / float64(out.Scale))
	scale := kernel.NewMultiplier(quant.Share(m, shift, count))
	return func(c *Call) error {
		to := c.Out[0]
		sums.Mean(i8(to), i8(c.In[0]), scale, out.Zero, scratch[int32](c, tensor.Int32, to.Elements()))
		return nil
	}
}

// s8ReduceSum is SUM as TFLite's optimized kernel computes it; its reference kernel takes int8 for uint8.
func s8ReduceSum(sums *kernel.S8Sums, in, out kernel.S8Affine, _ int) Kernel {
	scale := in.Scale / out.Scale
	return func(c *Call) error {
		to := c.Out[0]
		sums.Sum(i8(to), i8(c.In[0]), scale, out.Zero, scratch[int32](c, tensor.Int32, to.Elements()))
		return nil
	}
}

// s8Reduction returns the kernel of a reduction over axes.
func (o *operands) s8Reduction(axes []int, r s8Reduction) (Kernel, error) {
	in, out := o.perTensor(o.node.Inputs[0]), o.perTensor(o.node.Outputs[0])
	if o.err != nil {
		return nil, o.err
	}
	shape := o.in[0].Shape
	sums, count := &kernel.S8Sums{Shape: shape, Kept: shape.Clone(), Zero: in.Zero}, 1
	for _, a := range axes {
		count *= shape[a]
		sums.Kept[a] = 1
	}
	return r(sums, in, out, max(count, 1)), nil
}
