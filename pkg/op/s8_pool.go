package op

import "github.com/octetlite/octet/pkg/kernel"

// s8Pool returns the kernel of a pool of int8 images, whose parameters are the result's.
func (o *operands) s8Pool(f kernel.F32PoolSpec, run func(out, in []int8, s kernel.S8PoolSpec) error) (Kernel, error) {
	o.alike(o.node.Inputs[0], o.node.Outputs[0])
	s := kernel.S8PoolSpec{Window: f.Window, C: f.C}
	s.Lo, s.Hi = o.limits8(o.node.Attr.(*Pool2D).Activation, o.perTensor(o.node.Outputs[0]))
	return func(c *Call) error { return run(i8(c.Out[0]), i8(c.In[0]), s) }, o.err
}
