package op

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

var densifies = []Op{{
	Name: "DENSIFY", Doc: "A sparse constant with its zeros written out.",
	In: Exactly(1), Out: Exactly(1), Infer: inferDensify, Prepare: prepareDensify,
}}

func inferDensify(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	o := read(n, in)
	x := o.tensor(0)
	if v := n.Input(0); o.err == nil && v.Sparsity == nil {
		o.fail("%q is not sparse", v.Name)
	}
	return o.one(x.DType, x.Shape)
}

func prepareDensify(n *ir.Node, _, _ []*tensor.Tensor) (Kernel, error) {
	s := n.Inputs[0].Sparsity
	dims := make([]kernel.SparseDim, len(s.Dims))
	for i, d := range s.Dims {
		dims[i] = kernel.SparseDim{Size: d.Size}
		if !d.Dense {
			dims[i] = kernel.SparseDim{Segments: d.Segments, Indices: d.Indices}
			if d.Segments == nil {
				dims[i].Segments = []int{}
			}
		}
	}
	return func(c *Call) error {
		x, out := c.In[0], c.Out[0]
		return kernel.Densify(out.Data, x.Data, x.DType.Size(), out.Shape, s.Traversal, s.BlockMap, dims)
	}, nil
}
