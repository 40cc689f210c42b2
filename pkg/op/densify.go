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
	if v := n.Input(0); v == nil || v.Sparsity == nil || in[0].DType.Size() == 0 {
		o.fail("input 0 is no sparse constant of elements of whole bytes")
		return nil, o.err
	}
	return o.one(in[0].DType, in[0].Shape)
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
