package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// layer is a kernel with weights, as package kernel makes them.
type layer interface {
	Run(out, in []float32)
	RunWith(out, in, weights, bias, scratch []float32)
	Scratch() int
}

// scanned is a layer that takes the range of its result.
type scanned interface {
	RunScan(out, in []float32, scan *kernel.F32Scan)
}

// layerInputs says which inputs of a layer's node are what.
type layerInputs struct{ data, weights, bias int }

// prepare returns the kernel of a layer that build makes from the weights and the bias: from these if they are constants, else from nil.
func (i layerInputs) prepare(in []*tensor.Tensor, a Activation, build func(weights, bias []float32) (layer, error)) (Kernel, error) {
	run, _, err := i.link(in, a, build)
	return run, err
}

// link is prepare that also returns the layer if it can be a link of a chain, else nil.
func (i layerInputs) link(in []*tensor.Tensor, a Activation, build func(weights, bias []float32) (layer, error)) (Kernel, kernel.F32Link, error) {
	bias := func(in []*tensor.Tensor) *tensor.Tensor {
		if i.bias < len(in) {
			return in[i.bias]
		}
		return nil
	}
	if b := bias(in); in[i.weights].Known() && (b == nil || b.Known()) {
		l, err := build(f32(in[i.weights]), f32(b))
		if s, ok := l.(scanned); ok && a.isLimit() && err == nil {
			link, _ := l.(kernel.F32Link)
			return func(c *Call) error {
				s.RunScan(f32(c.Out[0]), f32(c.In[i.data]), &c.Seen)
				return nil
			}, link, nil
		}
		return func(c *Call) error {
			out := f32(c.Out[0])
			l.Run(out, f32(c.In[i.data]))
			a.finish(out)
			return nil
		}, nil, err
	}
	l, err := build(nil, nil)
	return func(c *Call) error {
		out := f32(c.Out[0])
		l.RunWith(out, f32(c.In[i.data]), f32(c.In[i.weights]), f32(bias(c.In)), c.Scratch(l.Scratch()))
		a.finish(out)
		return nil
	}, nil, err
}

// unlinked is Op.Prepare of an operator that has Op.Link.
func unlinked(link func(n *ir.Node, in, out []*tensor.Tensor) (Kernel, kernel.F32Link, error)) func(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
	return func(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
		run, _, err := link(n, in, out)
		return run, err
	}
}

// made turns the result of a kernel's constructor into a layer.
func made[L layer](l L, err error) (layer, error) { return l, err }

// unlink is what Op.Link returns for a kernel that is no link of a chain.
func unlink(run Kernel, err error) (Kernel, kernel.F32Link, error) { return run, nil, err }
