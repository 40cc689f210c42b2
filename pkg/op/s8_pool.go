package op

import (
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// integerPool is a pool of images of integers.
type integerPool[T interface {
	tensor.Element
	int8 | int16
}] func(out, in []T, s kernel.IntPoolSpec) error

// prepare returns the kernel of a pool, whose operand's parameters are the result's.
func (p integerPool[T]) prepare(o *operands, f kernel.F32PoolSpec, limits func(Activation, kernel.S8Affine) (lo, hi int32)) (Kernel, error) {
	o.alike(o.node.Inputs[0], o.node.Outputs[0])
	s := kernel.IntPoolSpec{Window: f.Window, C: f.C}
	s.Lo, s.Hi = limits(o.node.Attr.(*Pool2D).Activation, o.perTensor(o.node.Outputs[0]))
	return func(c *Call) error { return p(tensor.View[T](c.Out[0]), tensor.View[T](c.In[0]), s) }, o.err
}
