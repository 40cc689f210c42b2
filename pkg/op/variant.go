package op

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// variant is an operator's kernel for one element type of its first operand.
type variant struct {
	dtype  tensor.DType
	kernel Kernel
}

// variants are an operator's kernels, one for each element type that it computes on.
type variants []variant

// types lists the element types.
func (v variants) types() []tensor.DType {
	types := make([]tensor.DType, len(v))
	for i := range v {
		types[i] = v[i].dtype
	}
	return types
}

// of returns the kernel for an element type.
func (v variants) of(d tensor.DType) (Kernel, error) {
	for i := range v {
		if v[i].dtype == d {
			return v[i].kernel, nil
		}
	}
	return nil, fmt.Errorf("input 0 is %v, want %s", d, oneOf(v.types()))
}

// eval is the kernel of all variants; the shape rule has made sure that there is one.
func (v variants) eval(c *Call) error {
	run, err := v.of(c.In[0].DType)
	if err != nil {
		return err
	}
	return run(c)
}

// or is the Prepare of an operator with these variants that takes another way where operand 0 stands for real numbers, if it has one.
func (v variants) or(i integers) prepare {
	return func(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
		if other := i.of(n.Input(0), in[0].DType); other != nil {
			return other(n, in, out)
		}
		return v.of(in[0].DType)
	}
}

// f32 returns the elements of a float32 operand or result, nil for an absent one.
func f32(t *tensor.Tensor) []float32 {
	if t == nil {
		return nil
	}
	return tensor.View[float32](t)
}
